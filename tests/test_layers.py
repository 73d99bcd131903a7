# SPDX-License-Identifier: GPL-2.0-only
"""The layers and doors of docs/design.md, read off the imports and calls of the package."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "migrate"

# From the left to the right: a module imports from its own line and from those below it.
LAYERS = (
    ("cli", "__main__", "api"),
    ("runs",),
    ("delivery",),
    ("rewrite",),
    ("analysis",),
    ("kernel",),
    ("base",),
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}

# The rooms of a layer, in the same order. A module that is in none of them is its layer's floor:
# every room may import it, and it imports no room.
ROOMS = {
    "delivery": ("mail", "report", "commits", "proof", "builds", "compile"),
    "rewrite": ("result", "groups", "fixes", "loops", "api", "steps", "text", "profile"),
    "analysis": (
        *(
            "audit",
            "verdicts",
            "contracts",
            "pairing",
            "flags",
            "heap",
            "valueflow",
            "acquires",
            "traits",
        ),
        *("program", "paths", "ir", "frontend"),
    ),
    "kernel": ("people", "kbuild"),
    "base": ("stores", "programs", "files"),
}

MOST_MODULES = 16
"""In one folder; more, and nobody finds the room."""

# Only these may do it, each with the reason why.
SUBPROCESS = {
    "base/programs/process.py": "the door",
    "base/programs/process_pool.py": "copies of the tool itself, which are no other programs",
}
SQLITE = {"base/stores/database.py": "the door"}
TEMPLATES = {
    "base/programs/sandbox.py": "the only environment there is",
    "base/programs/templates.py": "where jinja2 is, for the child",
}
TERMINAL = {
    "cli/console.py": "the door",
    "cli/main.py": "--version must not wait for the console",
    "cli/ending.py": "the end of a killed or broken command, when the console cannot be relied on",
}
SYNTAX = {
    "analysis/frontend/": "types, declarations, and code that is not understood",
    "analysis/ir/builder.py": "places of what is lowered",
    "analysis/ir/lowering.py": "statements to instructions",
    "analysis/ir/lowering_branches.py": "statements that branch, loop and jump",
    "analysis/ir/lowering_expressions.py": "expressions to those of the IR",
    "analysis/ir/lowering_operands.py": "names, members, elements, casts and initialisers",
    "analysis/ir/macro_blocks.py": "what the parser makes of a block behind a macro",
    "analysis/acquires/finder.py": "finds calls on its own, beside spatch",
}
"""Of the analysis only these read syntax trees; all else reads instructions."""
OF_A_NODE = {"child_by_field_name", "children_by_field_name", "named_children", "named_child"} | {
    *("descendant_for_byte_range", "next_named_sibling", "prev_named_sibling", "root_node")
}
STARTERS = {"Popen", "system", "popen", "fork", "forkpty", "posix_spawn", "posix_spawnp"}
SQL = re.compile(
    r"\s*(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM"
    r"|CREATE\s+(TABLE|INDEX)|DROP\s+TABLE|PRAGMA\s|BEGIN\s+(IMMEDIATE|EXCLUSIVE))",
    re.S,
)


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


SOURCES = {name_of(path): path.read_text() for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(text) for name, text in SOURCES.items()}


def top(name: str) -> str:
    """The part of a path or of a dotted name below `migrate` that has a place in LAYERS."""
    return re.split(r"[/.]", name)[0]


def imported(tree: ast.AST) -> Iterator[str]:
    """Every dotted name that is imported, also inside functions and for type checkers."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a module belongs"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_imports(tree: ast.AST) -> set[str]:
    """The tops below `migrate` that are imported."""
    names = {name.removeprefix("migrate.") for name in imported(tree) if name != "migrate"}
    return {top(name) for name in names if top(name) in RANK}


def upward(name: str, tree: ast.AST) -> list[str]:
    """The imports of module `name` that go to the left."""
    return sorted(t for t in own_imports(tree) if RANK[t] < RANK[top(name)])


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def strings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def starts_programs(tree: ast.AST) -> bool:
    if any(top(name) in ("subprocess", "pty", "multiprocessing") for name in imported(tree)):
        return True
    for call in calls(tree):
        function = call.func
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            starter = function.attr in STARTERS or function.attr.startswith(("exec", "spawn"))
            if function.value.id in ("os", "git") and starter:
                return True
    return False


def speaks_sql(tree: ast.AST) -> bool:
    return any(top(name) == "sqlite3" for name in imported(tree)) or any(
        SQL.match(text) for text in strings(tree)
    )


def fills_templates(tree: ast.AST) -> bool:
    return any(top(name) == "jinja2" for name in imported(tree))


def makes_environments(tree: ast.AST) -> list[str]:
    """What of jinja2 is called that makes an environment, or a template by itself."""
    names = [ast.unparse(call.func).rpartition(".")[2] for call in calls(tree)]
    return [n for n in names if n.endswith("Environment") or n in ("Template", "overlay")]


def prints(tree: ast.AST) -> bool:
    for call in calls(tree):
        text = ast.unparse(call.func)
        if text in ("print", "rich.print", "typer.echo", "typer.secho", "input"):
            return True
        if re.fullmatch(r"sys\.(__)?std(out|err)(__)?(\.buffer)?\.write(lines)?", text):
            return True
        if text == "os.write" and ast.unparse(call.args[0]) in ("1", "2"):
            return True
    return any(name.startswith("rich.console") for name in imported(tree))


def modules() -> list[str]:
    return [name.removesuffix(".py") for name in SOURCES if name != "__init__.py"]


@pytest.mark.parametrize("name", modules())
def test_imports_go_to_the_right(name: str) -> None:
    assert top(name) in RANK, f"give {name} a place in LAYERS and in docs/design.md"
    assert upward(name, TREES[f"{name}.py"]) == []


def dotted(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


MODULES = {dotted(name): tree for name, tree in TREES.items()}


def imports_of(name: str, known: Mapping[str, ast.AST]) -> set[str]:
    """The modules of ours that module `name` imports; a package stands for its __init__."""
    found = set()
    for full in imported(known[name]):
        inner = full.removeprefix("migrate.")
        if inner in known:
            found.add(inner)
    return found - {name}


def room_of(name: str) -> tuple[str, int] | None:
    """The layer of a module and the rank of its room there; of the floor, the lowest rank."""
    parts = name.split(".")
    rooms = ROOMS.get(parts[0])
    if rooms is None or len(parts) < 2:
        return None
    return parts[0], rooms.index(parts[1]) if parts[1] in rooms else len(rooms)


def out_of_order(known: Mapping[str, ast.AST]) -> list[str]:
    """Imports inside a layer that go to a room on the left, as "a imports b"."""
    found = []
    for name in sorted(known):
        here = room_of(name)
        for other in sorted(imports_of(name, known)):
            there = room_of(other)
            if here and there and here[0] == there[0] and there[1] < here[1]:
                found.append(f"{name} imports {other}")
    return found


def circles(known: Mapping[str, ast.AST]) -> set[tuple[str, ...]]:
    """The sets of modules each of which reaches all others of its set by imports."""
    reach = {name: imports_of(name, known) for name in known}
    for middle in known:
        for name in known:
            if middle in reach[name]:
                reach[name] |= reach[middle]
    return {
        tuple(sorted(n for n in reach[name] if name in reach[n]))
        for name in known
        if name in reach[name]
    }


def test_imports_inside_a_layer_go_to_the_right() -> None:
    assert out_of_order(MODULES) == []


def test_no_modules_go_in_circles() -> None:
    assert circles(MODULES) == set()


def rooms_of(layer: str) -> set[str]:
    """The folders with modules in `layer`."""
    return {n.split("/")[1] for n in SOURCES if n.startswith(f"{layer}/") and n.count("/") > 1}


@pytest.mark.parametrize("layer", ROOMS)
def test_rooms_are_those_that_are_there(layer: str) -> None:
    assert rooms_of(layer) == set(ROOMS[layer])


def reads_syntax(module: ast.AST) -> bool:
    """Whether a module imports tree_sitter, or asks a node for those around it."""
    parsed = any("tree_sitter" in found for found in imported(module))
    return parsed or any(
        isinstance(node, ast.Attribute) and node.attr in OF_A_NODE for node in ast.walk(module)
    )


def test_only_the_frontend_and_the_lowering_read_syntax() -> None:
    found = {n for n in SOURCES if n.startswith("analysis/") and reads_syntax(TREES[n])}
    assert {n for n in found if not n.startswith(tuple(SYNTAX))} == set()
    assert {place for place in SYNTAX if not any(n.startswith(place) for n in found)} == set()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from tree_sitter import Node", True),
        ("import tree_sitter_c", True),
        ("x = source.root.descendant_for_byte_range(1, 2)", True),
        ("from migrate.analysis.ir.instructions import Store", False),
    ],
)
def test_a_module_that_reads_syntax_is_seen(text: str, expected: bool) -> None:
    assert reads_syntax(ast.parse(text)) == expected


def test_no_folder_is_too_full() -> None:
    count = Counter(name.rpartition("/")[0] for name in SOURCES if not name.endswith("__init__.py"))
    assert {folder: n for folder, n in count.items() if n > MOST_MODULES} == {}


def test_a_circle_and_a_wrong_room_are_seen() -> None:
    known = {
        "analysis.ir.x": ast.parse("from migrate.analysis.audit import y"),
        "analysis.audit.y": ast.parse("import migrate.analysis.ir.x"),
        "analysis.model": ast.parse("from migrate.analysis.ir.x import f"),
    }
    assert circles(known) == {("analysis.audit.y", "analysis.ir.x")}
    assert out_of_order(known) == [
        "analysis.ir.x imports analysis.audit.y",
        "analysis.model imports analysis.ir.x",
    ]


def only_in(allowed: dict[str, str], found: set[str]) -> None:
    assert found <= set(allowed)
    assert set(allowed) <= found, "an exception that nobody needs any more"


def test_programs_are_started_behind_one_door() -> None:
    only_in(SUBPROCESS, {name for name, tree in TREES.items() if starts_programs(tree)})


def test_sql_is_behind_one_door() -> None:
    only_in(SQLITE, {name for name, tree in TREES.items() if speaks_sql(tree)})


def test_templates_are_behind_one_door() -> None:
    only_in(TEMPLATES, {name for name, tree in TREES.items() if fills_templates(tree)})
    made = {name: found for name, tree in TREES.items() if (found := makes_environments(tree))}
    assert made == {"base/programs/sandbox.py": ["ImmutableSandboxedEnvironment"]}


def test_the_terminal_is_behind_one_door() -> None:
    only_in(TERMINAL, {name for name, tree in TREES.items() if prints(tree)})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("base/x", "import migrate.kernel.tree"),
        ("kernel/x", "def f():\n    from migrate.analysis import model"),
        ("runs/x", "from migrate import cli"),
        ("delivery/x", "if TYPE_CHECKING:\n    from migrate.cli.console import Console"),
    ],
)
def test_an_import_to_the_left_is_seen(name: str, text: str) -> None:
    assert len(upward(name, ast.parse(text))) == 1


def test_other_ways_through_the_wall_are_seen() -> None:
    assert starts_programs(ast.parse("from subprocess import run"))
    assert starts_programs(ast.parse("import os\nos.execvp('ls', ['ls'])"))
    assert speaks_sql(ast.parse("db.execute('SELECT a FROM b')"))
    assert not speaks_sql(ast.parse("say('Select a tree from the list')"))
    assert fills_templates(
        ast.parse("def f():\n    from jinja2.sandbox import SandboxedEnvironment")
    )
    assert makes_environments(ast.parse("e = jinja2.Environment()")) == ["Environment"]
    assert prints(ast.parse("import sys\nsys.stderr.write('x')"))
    assert prints(ast.parse("print('x')"))
    assert not prints(ast.parse("stream.write('x')"))


def test_the_design_names_the_same_layers() -> None:
    design = (PACKAGE.parent / "docs/design.md").read_text()
    drawn = re.search(r"^ +(cli -> .*)$", design, re.M)
    assert drawn and drawn[1].split(" -> ") == [names[0] for names in LAYERS]
