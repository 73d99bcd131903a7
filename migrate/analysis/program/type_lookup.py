# SPDX-License-Identifier: GPL-2.0-only
"""The types of variables, members and results, as seen from one place of a tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from migrate.analysis.frontend.corpus import is_header_for_all
from migrate.analysis.frontend.syntax import Function
from migrate.analysis.frontend.types import (
    SCALARS,
    SHORT,
    Declarations,
    StructDef,
    TypeRef,
    base_type,
    declarations,
)
from migrate.analysis.ir.expressions import CallResult, Cast
from migrate.analysis.ir.instructions import Leave
from migrate.analysis.ir.model import CALLED, TYPED, Access, AccessPath, Call, FunctionFacts, Value
from migrate.analysis.program.functions import Functions, is_macro
from migrate.analysis.program.include_graph import IncludeGraph

CONTAINERS = frozenset(
    {"scatterlist", "sg_table", "sg_append_table", "bio_vec", "skb_frag_struct", "skb_frag"}
    | {"sg_page_iter"}
)
"""The kernel's container structs for pages."""

_BYTES = frozenset({"unsigned char", "signed char", "unsigned long long", "long long"})
"""Types of bytes, and of numbers that can hold an address, in addition to SCALARS."""

_MOST_TYPEDEFS = 8
"""The maximum depth of typedefs of typedefs, which may be circular."""

_LIKE = re.compile(r"(__)?typeof|(__)?auto(_type)?\b")
"""A type that is that of an expression: typeof(x), __auto_type."""


class TypeLookup:
    """Declarations, structs and types of one tree, each looked up once."""

    def __init__(self, functions: Functions, wide: IncludeGraph) -> None:
        self._functions, self._wide = functions, wide
        self._declarations: dict[str, Declarations] = {}
        self._structs: dict[tuple[str, str], StructDef | None] = {}
        self._typedefs: dict[tuple[str, str], TypeRef | None] = {}
        self._names: dict[tuple[str, str], frozenset[str]] = {}

    def forget(self) -> None:
        """Forget all declarations except those of headers for the whole kernel."""
        known = self._declarations.items()
        self._declarations = {p: found for p, found in known if is_header_for_all(p)}
        for found in (self._structs, self._typedefs, self._names):
            found.clear()

    def declarations(self, path: str) -> Declarations:
        """The declarations of a file at file scope; empty if the tree has no such file."""
        self._functions.read.add(path)
        if path not in self._declarations:
            source = self._functions.glance(path)
            self._declarations[path] = (
                declarations(source) if source is not None else Declarations({}, {}, {})
            )
        return self._declarations[path]

    def struct(self, tag: str, path: str) -> StructDef | None:
        """The definition of struct or union `tag` as seen from `path`, or None."""
        key = (tag, path)
        if key not in self._structs:
            self._structs[key] = self._find_struct(tag, path)
        return self._structs[key]

    def _find_struct(self, tag: str, path: str) -> StructDef | None:
        for name in self._functions.corpus.struct_files(tag, path) if tag else ():
            declared = self.declarations(name)
            found = declared.structs.get(tag)
            if found is not None or declared.unread:
                return found
        alias = self._typedef(tag, path) if tag else None
        body = alias.inline if alias is not None else None
        return body if body is not None and body.tag == tag else None

    def of(self, name: str, facts: FunctionFacts) -> TypeRef | None:
        """The type of a variable as seen in a function."""
        path = facts.function.path
        if name.startswith(TYPED):
            return self.resolve(TypeRef(name[1:], 1), path) if name[1:] else None
        if name.startswith(CALLED):
            return self._result_type(facts.calls[int(name[1:])], path)
        found = facts.types.get(name) or self._global_type(name, path)
        return self.resolve(found, path) if found is not None else None

    def _global_type(self, name: str, path: str) -> TypeRef | None:
        found = self.declarations(path).variables.get(name)
        if found is None:
            headers = [h for h in self._functions.files_with(path, name) if h.endswith(".h")]
            declared = (self.declarations(h).variables.get(name) for h in headers)
            found = next((kind for kind in declared if kind is not None), None)
        return found

    def _result_type(self, call: Call, path: str, depth: int = 0) -> TypeRef | None:
        """The type that a call returns, from the definition of the function or from a type that is
        passed to the macro."""
        for text in _given_types(call.sources):
            return TypeRef(text, 1)
        for function in self._functions.definitions(call.name, path):
            if is_macro(function):
                made = self._macro_type(function, path, depth)
                if made is not None:
                    return made
                continue
            kind = base_type(function.node, function.path)
            if kind is not None:
                return self.resolve(TypeRef(kind.tag, 1, kind.inline, kind.tagged), path)
        return None

    def _macro_type(self, macro: Function, path: str, depth: int) -> TypeRef | None:
        """The type of a macro in `path` whose body is one expression: a cast or a call."""
        facts = self._functions.facts(macro)
        left = [i.value for i in facts.lowered.order if isinstance(i, Leave) and i.value]
        if len(left) != 1 or depth >= _MOST_TYPEDEFS:
            return None
        match left[0]:
            case Cast(type=TypeRef(depth=1) as kind):
                return self.resolve(kind, path)
            case CallResult(number):
                return self._result_type(facts.calls[number], path, depth + 1)
        return None

    def at(self, loc: AccessPath, facts: FunctionFacts) -> TypeRef | None:
        """The type of an access path, pointers and arrays along it ignored."""
        kind = self.of(loc.base, facts)
        for member in loc.members:
            if kind is None:
                return None
            kind = self.of_member(kind, member, facts.function.path)
        return kind

    def is_array(self, loc: AccessPath, facts: FunctionFacts) -> bool:
        """Whether `loc` is an array of pages: a store through one of its names is visible through
        all."""
        kind = self.at(loc, facts)
        return kind is not None and kind.tag in ("page", "folio") and kind.depth > 1

    def is_untyped(self, loc: AccessPath, facts: FunctionFacts) -> bool:
        """Whether `loc` may point to anything: to void or to bytes, or as a number."""
        kind = self.at(loc, facts)
        return (
            kind is not None
            and (kind.tag in SCALARS or kind.tag in _BYTES)
            and not self.holds_no_page(loc, facts)
        )

    def is_slot(self, access: Access, facts: FunctionFacts) -> bool:
        """Whether the accessed object is itself a pointer: `maps[i]` of `void *maps[4]`."""
        kind = self.at(access.loc, facts) if not access.member else None
        return kind is not None and access.level < kind.depth

    def holds_no_page(self, loc: AccessPath, facts: FunctionFacts) -> bool:
        """Whether `loc` cannot hold a pointer to a page: it is too small, or an array of addresses
        for a device."""
        kind = self.at(loc, facts)
        if kind is None:
            return False
        short = kind.depth == 0 and kind.tag in SHORT
        return short or (kind.depth > 0 and kind.tag == "dma_addr_t")

    def pointers(self, values: tuple[Value, ...], facts: FunctionFacts) -> tuple[Value, ...]:
        """The operands of an expression that are pointers: in `pages + n`, pages; in `x ? page :
        alloc_page()`, both."""
        if len(values) < 2:
            return values
        pointing = {v: self._is_pointer(v, facts) for v in values}
        if True not in pointing.values():
            return values
        return tuple(v for v in values if v.chosen or pointing[v] is not False)

    def _is_pointer(self, value: Value, facts: FunctionFacts) -> bool | None:
        """Whether an operand is a pointer; None for a parameter of a macro, and for a variable that
        has the type of another: these may be one."""
        kind = self.at(value, facts) if isinstance(value, AccessPath) else None
        if kind is None or not isinstance(value, AccessPath):
            return False
        given = is_macro(facts.function) and value.base in facts.parameters
        if (given and not value.members) or (kind.depth == 0 and _LIKE.match(kind.tag)):
            return None
        return kind.depth > 0

    def _typedef(self, name: str, path: str) -> TypeRef | None:
        key = (name, path)
        if key not in self._typedefs:
            near = self._functions.corpus.typedef_files(name, path)
            known = (self.declarations(p).typedefs.get(name) for p in (path, *near))
            found = next((kind for kind in known if kind is not None), None)
            tag = self._functions.corpus.public_pointers.get(name) if found is None else None
            self._typedefs[key] = TypeRef(tag, 1, tagged=True) if tag is not None else found
        return self._typedefs[key]

    def resolve(self, kind: TypeRef, path: str) -> TypeRef:
        """Resolve a type that may be a typedef."""
        if not kind.tag and kind.inline is not None and kind.inline.tag:
            return replace(kind, tag=kind.inline.tag, tagged=True)
        for _ in range(_MOST_TYPEDEFS):
            if not kind.tag or kind.tagged or kind.tag in SCALARS:
                break
            alias = self._typedef(kind.tag, path)
            if alias is None:
                break
            named = alias.inline.tag if alias.inline is not None and not alias.tag else alias.tag
            same = kind.tag == named
            kind = replace(
                kind,
                tag=named,
                depth=kind.depth + alias.depth,
                inline=alias.inline,
                tagged=alias.tagged or alias.inline is not None,
                inside=kind.inside and alias.depth == 0,
                array=alias.array if kind.depth == 0 else kind.array,
            )
            if same:
                break
        return kind

    def names(self, tag: str, path: str) -> frozenset[str]:
        """Every name for struct `tag`, or a pointer to it, in the files of the scope of `path`: its
        tag, its typedefs, and typedefs of these."""
        key = (tag, self._functions.corpus.scope_folder(path))
        if key not in self._names:
            body = self.struct(tag, path)
            found, fresh = {tag}, [tag] if tag else []
            handles = self._functions.corpus.public_pointers.items()
            public = [name for name, meant in handles if tag and meant == tag]
            found.update(public)
            fresh += public
            while fresh:
                word = fresh.pop()
                home = (body.path,) if body is not None else ()
                for file in {*home, *self._functions.files_with(path, word)}:
                    for name, kind in self.declarations(file).typedefs.items():
                        if name not in found and self.resolve(kind, file).tag in found:
                            found.add(name)
                            fresh.append(name)
            self._names[key] = frozenset(found)
        return self._names[key]

    def naming(self, tag: str, path: str) -> tuple[str, ...]:
        """The files of the scope of `path` that contain a name for struct `tag`."""
        words = sorted(self.names(tag, path))
        return tuple(dict.fromkeys(f for w in words for f in self._functions.files_with(path, w)))

    def resolved(self, facts: FunctionFacts) -> FunctionFacts:
        """`facts` with typedefs resolved in the types of locals."""
        path = facts.function.path
        for name, kind in facts.types.items():
            facts.types[name] = self.resolve(kind, path)
        return facts

    def of_member(self, owner: TypeRef, member: str, path: str) -> TypeRef | None:
        """The type of `member` of a struct of type `owner`, as seen from `path`."""
        body = owner.inline or self.struct(owner.tag, path)
        found = body.members.get(member) if body is not None else None
        return self.resolve(found, path) if found is not None else None

    def own_file(self, tag: str, path: str) -> str:
        """The .c file that defines struct `tag` as seen from `path`; "" if a header does."""
        body = self.struct(tag, path)
        return body.path if body is not None and body.path.endswith(".c") else ""

    def is_public(self, tag: str, path: str) -> bool:
        """Whether a header defines the struct that is for the whole kernel, or is included by files
        outside of its own scope."""
        body = self.struct(tag, path)
        if body is None or body.path.startswith("include/"):
            return True
        if body.path.startswith("arch/") and "/include/" in body.path:
            return True
        return body.path.endswith(".h") and self._wide.is_shared(body.path)


def _given_types(sources: tuple[str, ...]) -> Iterator[str]:
    """The tags of the struct types among the arguments of a macro; the parser may read the two
    words of `struct tag` as two arguments."""
    for number, text in enumerate(sources):
        tag = text.removeprefix("struct ")
        if tag != text and tag.isidentifier():
            yield tag
        elif text == "struct" and number + 1 < len(sources):
            yield sources[number + 1]
