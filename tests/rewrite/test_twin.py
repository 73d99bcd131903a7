# SPDX-License-Identifier: GPL-2.0-only
"""The twin of a helper that takes pages from an iterator, on a tree that has nothing of its own to
pin them by, and the callers that move to it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from migrate.analysis.audit.run import audit
from migrate.analysis.model import Action
from migrate.analysis.pairing.pair import pair
from migrate.kernel.signatures import GUP_NAMES, PIN_NAMES
from migrate.rewrite.api.introduce import api_change
from migrate.rewrite.groups.engine import rewrite
from migrate.rewrite.model import ApiChange, FileChange
from migrate.rewrite.profile.counterparts import Counterparts
from migrate.rewrite.profile.profiles import load_profile
from migrate.rewrite.profile.verdicts import classify
from migrate.rewrite.result.audited import rewrite_audited
from tests.analysis.memory import SKELETON, MemoryTree, scan_of, tree_of
from tests.rewrite.test_api import added_by
from tests.rewrite.trees import DATA, make_tree
from tests.shapes.world import SHAPES

PROFILE = load_profile("vaddr-pin")
HEADER, SOURCE = "include/linux/uio.h", "lib/iov_iter.c"
HELPER = SHAPES / "extra-pages-of-an-iterator" / "lib" / "iov_iter.c"
_UIO = (SKELETON / HEADER).read_text()
OLDER = _UIO[: _UIO.index("ssize_t iov_iter_extract_pages")] + (
    "static inline bool user_backed_iter(const struct iov_iter *i)\n"
    "{\n\treturn i->nr_segs;\n}\n\n#endif\n"
)
"""A header without iov_iter_extract_pages()."""

CODE = """\
long f(struct iov_iter *iter, struct page **given)
{
	unsigned long start;
	struct page **pages;
	long got;
	int i;

	TAKE
	if (got <= 0)
		return got;
	memset(page_address(PAGES[0]), 0, 1);
	DROP
	return 0;
}
"""
ALLOC = "got = iov_iter_get_pages_alloc2(iter, &pages, 4096, &start);"
FILL = "got = iov_iter_get_pages2(iter, given, 4096, most_wanted, &start);"
DROP = "for (i = 0; i < got; i++)\n\t\tput_page(PAGES[i]);"


def tree_with(code: str) -> MemoryTree:
    return tree_of(
        {
            "drivers/a/a.c": code.encode(),
            SOURCE: HELPER.read_bytes() + b"EXPORT_SYMBOL(iov_iter_get_pages_alloc2);\n",
            HEADER: OLDER.encode(),
            "mm/gup.c": (DATA / "sources" / "6.1.gup.c").read_bytes(),
        }
    )


def outcome(code: str, profile: str = "vaddr-pin") -> tuple[str, ApiChange | None]:
    """The file as it is after the rewrite, or why it stays, and the API that it needs."""
    loaded, tree = load_profile(profile), tree_with(code)
    found = classify(tree, pair(tree, scan_of(tree)), profile=loaded)
    (verdict,) = [v for v in found.verdicts if v.group.startswith("drivers/")]
    if verdict.action is not Action.PIN:
        return verdict.reason, None
    done = rewrite(tree, found, loaded, lambda path: path)
    assert not done.failures
    return done.changes[0].files[0].after.decode(), done.api


@pytest.mark.parametrize(
    ("take", "pages", "name"),
    [(ALLOC, "pages", "get_pages_alloc2"), (FILL, "given", "get_pages2")],
)
def test_a_caller_that_drops_its_pages_moves(take: str, pages: str, name: str) -> None:
    code = CODE.replace("TAKE", take).replace("DROP", DROP).replace("PAGES", pages)
    text, api = outcome(code)
    twin = name.replace("get_pages", "vaddr_pin_pages")
    asked = f"if (iov_iter_vaddr_will_pin(iter))\n\t\tput_user_pages({pages}, got);"
    expected = code.replace(f"iov_iter_{name}", f"iov_iter_{twin}")
    expected = expected.replace(DROP.replace("PAGES", pages), asked).replace("\tint i;\n", "")
    assert text == expected
    assert api is not None
    assert f"lib/iov_iter: introduce iov_iter_{twin}()" in api.subjects


@pytest.mark.parametrize(
    ("take", "pages"), [(ALLOC, "pages"), (FILL, "given")], ids=["alloc", "fill"]
)
def test_the_result_is_right_and_stays_as_it_is(take: str, pages: str) -> None:
    """The audit finds nothing in the whole tree, and a second rewrite changes nothing."""
    code = CODE.replace("TAKE", take).replace("DROP", DROP).replace("PAGES", pages)
    tree = tree_with(code)
    found = classify(tree, pair(tree, scan_of(tree)), profile=PROFILE)
    done = rewrite_audited(tree, found, PROFILE, lambda path: path)
    assert len(done.changes) == 1 and not done.failures
    files = [f for part in (*done.api.commits, done.changes[0].files) for f in part]
    after = tree.with_files({file.path: file.after for file in files})
    every = scan_of(after, names=(*GUP_NAMES, *PIN_NAMES))
    assert audit(after, every, pair(after, every)).findings == ()
    again = classify(after, pair(after, scan_of(after)), profile=PROFILE)
    assert {v.action for v in again.verdicts} <= {Action.KEEP, Action.MANUAL}
    assert all("drivers/" not in v.group for v in again.verdicts)


def test_a_caller_that_does_not_is_left_to_a_person() -> None:
    code = CODE.replace("TAKE", ALLOC).replace("DROP", "").replace("PAGES", "pages")
    reason, _ = outcome(code)
    assert reason == (
        "The pages come from iov_iter_get_pages_alloc2(). iov_iter_vaddr_pin_pages_alloc2() pins"
        " them, and then every completion has to know what iov_iter_vaddr_will_pin() returned. But"
        " f() does not drop them itself."
    )


def test_a_profile_without_an_api_has_no_twin() -> None:
    code = CODE.replace("TAKE", ALLOC).replace("DROP", DROP).replace("PAGES", "pages")
    reason, _ = outcome(code, "pin-user-pages")
    assert "vaddr" not in reason and reason


def test_one_helper_that_pins_is_enough() -> None:
    """Where the tree has iov_iter_extract_pages(), nothing is added."""
    files = {HEADER: _UIO.encode(), SOURCE: b"", "mm/gup.c": b""}
    parts = Counterparts(tree_of(files), load_profile("vaddr-pin"))
    rule = parts.helper("iov_iter_get_pages2")
    assert rule is not None and rule.pins == "iov_iter_extract_pages"
    assert not any(name.startswith("iov_iter_") for name in parts.introduced)


# What is added to the tree


def twin_of(folder: Path, version: str, later: str = "") -> ApiChange:
    """The API of a tree whose uio.h has `later` as its end, instead of a declaration before."""
    newer = version.startswith("6")
    header = (DATA / "twin" / "uio.h").read_text()
    if later:
        header = header.replace(ASKED, "").replace("#endif\n", f"#endif\n{later}", 1)
    before, _, rest = header.partition("#if NEWER\n")
    new, _, rest = rest.partition("#else\n")
    old, _, rest = rest.partition("#endif\n")
    kind = "2" if newer else ""
    source = "".join(
        f"ssize_t {name}(struct iov_iter *i)\n{{\n\treturn 0;\n}}\nEXPORT_SYMBOL({name});\n\n"
        for name in (f"iov_iter_get_pages{kind}", f"iov_iter_get_pages_alloc{kind}")
    )
    files = {
        HEADER: (before + (new if newer else old) + rest).encode(),
        SOURCE: source.encode(),
        "drivers/a/Makefile": b"obj-$(CONFIG_A) += a.o\n",
        "Kconfig": b'config A\n\ttristate "a"\n',
    }
    if newer:
        files["include/linux/mm_types.h"] = b"enum {\n\tFOLL_NOFAULT = 1 << 16,\n};\n"
    names = [f"iov_iter_vaddr_pin_pages{k}{kind}" for k in ("", "_alloc")]
    calls = "".join(f"\t{name}();\n" for name in (*names, "iov_iter_vaddr_will_pin"))
    change = FileChange("drivers/a/a.c", b"", f"void f(void)\n{{\n{calls}}}\n".encode())
    return api_change(Counterparts(make_tree(folder, version, files), PROFILE), [change])


VERSIONS = ("4.9", "5.3", "6.1")


@pytest.mark.parametrize("version", VERSIONS)
def test_the_text_is_as_recorded(version: str, tmp_path: Path) -> None:
    change = twin_of(tmp_path, version)
    assert change.subjects[1].startswith("lib/iov_iter: introduce iov_iter_vaddr_pin_pages")
    added = added_by(change.commits[1])
    assert added == (DATA / "api" / f"{version}.twin.txt").read_text()
    assert all(len(line.expandtabs(8)) <= 80 for line in added.splitlines())
    assert len(change.commits[1]) == 2, "the header and the file of the helper"


ASKED = "static inline bool iter_is_iovec(const struct iov_iter *i);\n"


def test_what_the_header_defines_later_is_declared_before(tmp_path: Path) -> None:
    """As in Linux 4.9: an implicit declaration does not build."""
    later = ASKED.replace("(", "(\n\t\t", 1).replace(";", "\n{\n\treturn true;\n}")
    change = twin_of(tmp_path, "4.9", later)
    header = next(file for file in change.commits[1] if file.path == HEADER).after.decode()
    declared, used, defined = (header.index(word) for word in (ASKED, "will_pin(", "return true"))
    assert declared < used < defined
    assert header.count("iter_is_iovec(const") == 1, "declared once, besides the definition"


def test_what_is_said_of_it(tmp_path: Path) -> None:
    change = twin_of(tmp_path, "6.1")
    body = " ".join(change.bodies[1].split())
    assert "Pages of other iterators are only lent, without a reference of their own" in body
    assert (
        "iov_iter_vaddr_pin_pages2() and iov_iter_vaddr_pin_pages_alloc2() are called by code that"
        " may be a module, and are therefore exported." in body
    )
    described = change.commits[2][0].after.decode()
    assert "\n``iov_iter_vaddr_pin_pages2()`` takes the arguments of\n" in described
    assert "``iov_iter_get_pages_alloc2()``.\nPages of user memory are pinned." in described


RESULTS = {
    "6.1": """\
all of a segment: 5000 behind 100, 2 pins, 0 references, flags 1, arrays 0, 96 left
what comes behind it: 96 behind 0, 1 pins, 0 references, flags 1, arrays 0, 0 left
one page, to be read: 3996 behind 100, 1 pins, 0 references, flags 0, arrays 0, 1100 left
fewer than wanted: 3996 behind 100, 1 pins, 0 references, flags 1, arrays 1, 1100 left
none: -14 behind 0, 0 pins, 0 references, flags 0, arrays 0, 5096 left
of nothing: 0 behind 0, 0 pins, 0 references, flags 0, arrays 0, 0 left
lent: 8192 behind 10, 0 pins, 0 references, flags 0, arrays 0, 4096 left
lent with an array: 12288 behind 10, 0 pins, 0 references, flags 0, arrays 1, 0 left
kernel memory: -14 behind 0, 0 pins, 0 references, flags 0, arrays 0, 10 left
one buffer: 200 behind 4000, 2 pins, 0 references, flags 3, arrays 0, 0 left
""",
    "5.3": """\
all of a segment: 5000 behind 100, 2 pins, 0 references, flags 1, arrays 0, 5096 left
one page, to be read: 3996 behind 100, 1 pins, 0 references, flags 0, arrays 0, 5096 left
fewer than wanted: 3996 behind 100, 1 pins, 0 references, flags 1, arrays 1, 5096 left
none: -14 behind 0, 0 pins, 0 references, flags 0, arrays 0, 5096 left
of nothing: 0 behind 0, 0 pins, 0 references, flags 0, arrays 0, 0 left
lent: 8192 behind 10, 0 pins, 0 references, flags 0, arrays 0, 12288 left
lent with an array: 12288 behind 10, 0 pins, 0 references, flags 0, arrays 1, 12288 left
kernel memory: -14 behind 0, 0 pins, 0 references, flags 0, arrays 0, 10 left
""",
}


@pytest.mark.parametrize("version", VERSIONS)
def test_it_pins_user_memory_and_borrows_the_rest(version: str, tmp_path: Path) -> None:
    """The code that is added, as a program: which pages have a pin or a reference when it is done,
    in which arrays, and where the iterator is then."""
    commit = twin_of(tmp_path / "tree", version).commits[1]
    code = {file.path: added_by((file,)).partition("\n")[2] for file in commit}
    for path, name in ((HEADER, "twin.h"), (SOURCE, "twin.c")):
        (tmp_path / name).write_text(code[path].replace("EXPORT_SYMBOL(iov_iter_vaddr", "//"))
    world = (DATA / "twin" / "world.c").read_bytes()
    (tmp_path / "world.c").write_bytes(world)
    newer = int(version.startswith("6"))
    build = ["gcc", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-Wno-unused-parameter"]
    build += ["-Wno-sign-compare", "-fsanitize=undefined,address", f"-DNEWER={newer}", "world.c"]
    subprocess.run([*build, "-o", "world"], cwd=tmp_path, check=True)
    ran = subprocess.run(["./world"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert ran.stdout == RESULTS["6.1" if newer else "5.3"]
