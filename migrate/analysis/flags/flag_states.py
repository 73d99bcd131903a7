# SPDX-License-Identifier: GPL-2.0-only
"""What is known of a page and of the flag that goes with it, at each place of one function.

Both are expressions as they are written: two variables, or two members of one object. What holds
at a place holds on every way there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from enum import Enum

from tree_sitter import Node

from migrate.analysis.flags.walk import Trail, is_null, target_of, value_of, walk
from migrate.analysis.frontend.syntax import Function, Source, call_arguments, name_of, nodes, strip

_TRUE, _FALSE = frozenset({"1", "true"}), frozenset({"0", "false"})


class Flag(Enum):
    """What is known of a flag."""

    GIVEN = "the one that came with the page"
    GIVEN_SET = "the one that came with the page, and it is set"
    GIVEN_CLEAR = "the one that came with the page, and it is not set"
    SET = "set, whatever came with the page"
    CLEAR = "not set, whatever came with the page"
    OTHER = "anything"


class Page(Enum):
    """What is known of a page."""

    GIVEN = "the one that came with the flag"
    NULL = "none"
    OTHER = "anything"


Known = tuple[Flag, Page]

_TESTED = {
    Flag.GIVEN: (Flag.GIVEN_SET, Flag.GIVEN_CLEAR),
    Flag.GIVEN_SET: (Flag.GIVEN_SET, None),
    Flag.GIVEN_CLEAR: (None, Flag.GIVEN_CLEAR),
    Flag.SET: (Flag.SET, None),
    Flag.CLEAR: (None, Flag.CLEAR),
    Flag.OTHER: (Flag.SET, Flag.CLEAR),
}
"""What is known behind a test, when it says yes and when it says no."""


@dataclass(frozen=True)
class Callees:
    """What is known of functions by their names: which leave the members of all objects alone,
    and which get the values of their arguments and no more."""

    keep_members: Callable[[str], bool]
    take_values: Callable[[str], bool]


def constant(node: Node) -> bool | None:
    """Whether `node` is 1 or true, or 0 or false; None for anything else."""
    text = name_of(strip(node))
    return text in _TRUE if text in _TRUE | _FALSE else None


@dataclass(frozen=True)
class Term:
    """A variable, or a member of the object `owner`, as it is written."""

    text: str
    owner: str
    variables: frozenset[str]

    @property
    def member(self) -> str:
        """The name of the member alone; of a variable its own."""
        return self.text.rpartition(".")[2].rpartition(">")[2]


def term(source: Source, node: Node) -> Term | None:
    """`node` as a term; None for an expression that is more than variables, members, indices."""
    node = strip(node)
    variables: set[str] = set()
    if not _only_names(node, variables):
        return None
    owner = node.child_by_field_name("argument") if node.type == "field_expression" else None
    if owner is None and node.type != "identifier":
        return None
    return Term(
        packed(source, node),
        packed(source, owner) if owner is not None else "",
        frozenset(variables),
    )


def packed(source: Source, node: Node) -> str:
    """`node` as it is written, without white space and the parentheses around it."""
    return "".join(source.code(strip(node)).split())


def _only_names(node: Node, variables: set[str]) -> bool:
    if node.type == "identifier":
        variables.add(name_of(node))
        return True
    if node.type == "number_literal":
        return True
    if node.type not in ("field_expression", "subscript_expression"):
        return False
    inner = [node.child_by_field_name(name) for name in ("argument", "index")]
    return all(_only_names(part, variables) for part in inner if part is not None)


def known_at(
    source: Source,
    function: Function,
    flag: Term,
    page: Term | None,
    callees: Callees,
) -> dict[int, set[Known]] | None:
    """What may be known of `flag` and `page` at each call and each assignment, by the byte where
    it starts; None when the function is not understood well enough.

    A place that cannot be reached is not there.
    """
    if function.body.has_error or not _is_plain(function, flag, page):
        return None
    question = _Question(source, flag, page, callees)
    start = _start(function, flag, page)
    return question.known if walk(question, function.body, start) else None


def _start(function: Function, flag: Term, page: Term | None) -> Known:
    """Parameters and members come with each other, other variables with nothing."""
    parameters = {
        name_of(n) for p in function.parameters for n in nodes(p) if n.type == "identifier"
    }
    given_flag = bool(flag.owner) or flag.text in parameters
    given_page = page is not None and (bool(page.owner) or page.text in parameters)
    return (
        Flag.GIVEN if given_flag else Flag.OTHER,
        Page.GIVEN if given_page else Page.OTHER,
    )


def _is_plain(function: Function, flag: Term, page: Term | None) -> bool:
    """Whether the variables mean one thing each and are only changed by statements of their own,
    and nothing is left to the preprocessor."""
    names = flag.variables | (page.variables if page is not None else frozenset())
    for node in nodes(function.body):
        if node.type.startswith("preproc_"):
            return False
        if node.type in ("declaration", "parameter_declaration"):
            for name in _declared(node):
                if name in names and _hides(function, node, name):
                    return False
        elif _changes(node) & names and not _is_statement(node):
            return False
        elif node.type == "pointer_expression" and node.children[0].type == "&":
            argument = node.child_by_field_name("argument")
            if argument is not None and _taken(strip(argument), names, flag, page):
                return False
    return True


def _declared(node: Node) -> Iterator[str]:
    for child in node.children_by_field_name("declarator"):
        found = next((n for n in nodes(child) if n.type == "identifier"), None)
        current: Node | None = child
        while current is not None and current.type != "identifier":
            current = current.child_by_field_name("declarator")
        yield name_of(current if current is not None else found or child)


def _hides(function: Function, node: Node, name: str) -> bool:
    """Whether a declaration is not the only one of `name`, or not in the outermost block."""
    own = [
        n
        for where in (*function.parameters, function.body)
        for n in nodes(where)
        if n.type in ("declaration", "parameter_declaration") and name in _declared(n)
    ]
    return len(own) > 1 or node.parent != function.body


def _changes(node: Node) -> set[str]:
    """The plain variable that `node` stores to."""
    target = target_of(node) if node.type == "assignment_expression" else None
    if node.type == "update_expression":
        target = node.child_by_field_name("argument")
    target = strip(target) if target is not None else None
    return {name_of(target)} if target is not None and target.type == "identifier" else set()


def _is_statement(node: Node) -> bool:
    holder = node.parent
    if holder is None or holder.type not in ("expression_statement", "for_statement"):
        return False
    return holder.type != "for_statement" or node != holder.child_by_field_name("condition")


def _taken(argument: Node, names: frozenset[str], flag: Term, page: Term | None) -> bool:
    """Whether the address of one of the variables, or of a member in question, is taken."""
    if argument.type == "identifier":
        return name_of(argument) in names
    members = {t.member for t in (flag, page) if t and t.owner}
    named = argument.child_by_field_name("field") if argument.type == "field_expression" else None
    return named is not None and name_of(named) in members


@dataclass
class _Question:
    source: Source
    flag: Term
    page: Term | None
    callees: Callees
    known: dict[int, set[Known]] = field(default_factory=dict)

    def visit(self, node: Node, state: Known, _trail: Trail) -> Known:
        if node.type == "call_expression":
            self.known.setdefault(node.start_byte, set()).add(state)
            return self._called(node, state)
        if node.type in ("assignment_expression", "init_declarator"):
            self.known.setdefault(node.start_byte, set()).add(state)
            return self._stored(node, state)
        if node.type == "update_expression":
            argument = node.child_by_field_name("argument")
            return self._changed(argument, state) if argument is not None else state
        return state

    def _called(self, node: Node, state: Known) -> Known:
        callee = node.child_by_field_name("function")
        name = name_of(callee) if callee is not None and callee.type == "identifier" else ""
        flag, page = state
        if not name or not self.callees.take_values(name):
            given = {packed(self.source, argument) for argument in call_arguments(node)}
            flag = Flag.OTHER if self.flag.text in given else flag
            page = Page.OTHER if self.page is not None and self.page.text in given else page
        if name and self.callees.keep_members(name):
            return flag, page
        return self._anything_changed((flag, page))

    def _stored(self, node: Node, state: Known) -> Known:
        target, value = target_of(node), value_of(node)
        if target is None or value is None:
            return state
        operator = node.child_by_field_name("operator")
        plain = node.type == "init_declarator" or (operator is not None and operator.type == "=")
        text = packed(self.source, target)
        if text == self.flag.text and not self.flag.owner and plain:
            said = constant(value)
            return (Flag.OTHER if said is None else Flag.SET if said else Flag.CLEAR), state[1]
        if self.page is not None and text == self.page.text and not self.page.owner and plain:
            return state[0], Page.NULL if is_null(value) else Page.OTHER
        return self._changed(target, state)

    def _changed(self, target: Node, state: Known) -> Known:
        """Something was stored to `target` that is not looked at."""
        flag, page = state
        target = strip(target)
        if target.type == "identifier":
            name = name_of(target)
            if name == self.flag.text:
                flag = Flag.OTHER
            if self.page is not None and name == self.page.text:
                page = Page.OTHER
            owners = (t for t in (self.flag, self.page) if t is not None and t.owner)
            return (
                self._anything_changed((flag, page))
                if any(name in t.variables for t in owners)
                else (flag, page)
            )
        return self._anything_changed((flag, page))

    def _anything_changed(self, state: Known) -> Known:
        """Members may be others now; those of one object still came with each other."""
        flag, page = state
        if self.flag.owner:
            flag = Flag.GIVEN
        if self.page is not None and self.page.owner:
            page = Page.GIVEN
        return flag, page

    def decide(self, node: Node, state: Known) -> tuple[Known | None, Known | None]:
        tested = self._tested(node)
        if tested is None:
            return state, state
        what, positive = tested
        flag, page = state
        if what == self.flag.text:
            yes, no = (None if f is None else (f, page) for f in _TESTED[flag])
        elif page is Page.NULL:
            yes, no = None, state
        else:
            yes, no = state, (flag, Page.NULL)
        return (yes, no) if positive else (no, yes)

    def _tested(self, node: Node) -> tuple[str, bool] | None:
        """The term that a condition asks for, and whether it says yes when it is not 0."""
        node = strip(node)
        wanted = {self.flag.text} | ({self.page.text} if self.page is not None else set())
        if node.type == "binary_expression":
            operator, right = (
                node.child_by_field_name("operator"),
                node.child_by_field_name("right"),
            )
            left = node.child_by_field_name("left")
            if left is None or right is None or operator is None:
                return None
            if operator.type not in ("==", "!="):
                return None
            if not (is_null(right) and name_of(strip(right)) in ("0", "false", "NULL")):
                return None
            text = packed(self.source, left)
            return (text, operator.type == "!=") if text in wanted else None
        text = packed(self.source, node)
        return (text, True) if text in wanted else None

    def meet(self, state: Known, _others: Collection[Known]) -> Known:
        return state

    def leave(self, _node: Node, _state: Known, _trail: Trail) -> None:
        return None
