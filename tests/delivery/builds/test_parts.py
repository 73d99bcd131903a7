# SPDX-License-Identifier: GPL-2.0-only
"""The parts of the build stage that need no make: messages, states, keys, shared jobs."""

from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path

import pytest

from migrate.delivery.builds.diagnostics import diagnostics, news, shortened
from migrate.delivery.builds.outcome import judge
from migrate.delivery.builds.plan import State, next_stop
from migrate.delivery.builds.states import States, is_environment
from migrate.delivery.builds.store import Store
from migrate.delivery.compile.dependencies import read_dependencies
from migrate.delivery.compile.jobs import JobServer, run_parallel
from migrate.delivery.compile.make import MakeRun, _split, comparable
from migrate.delivery.compile.model import Attempt, AttemptStatus, Recipe, Unit
from migrate.delivery.model import Branch, BuildStatus, Commit

GCC = """\
In file included from include/linux/a.h:5,
                 from drivers/x.c:3:
include/linux/b.h: In function 'helper':
include/linux/b.h:{line}:9: warning: unused variable 'v' [-Wunused-variable]
   12 |  int v;
      |      ^
drivers/x.c: In function 'one':
drivers/x.c:{line}:2: error: 'gone' undeclared (first use in this function)
   40 |  gone();
drivers/x.c:{line}:2: note: each undeclared identifier is reported only once
cc1: some warnings being treated as errors
drivers/x.o: warning: objtool: one()+0x{line}: unreachable instruction
"""


def test_what_make_says_of_a_makefile_belongs_to_no_object() -> None:
    """Make 4.3 on Linux 5.3 said so behind the line of an object that had compiled silently."""
    text = """\
  CC [M]  drivers/staging/one/fileops.o
scripts/Makefile.build:42: drivers/staging/two/deep/Makefile: No such file or directory
make[2]: *** No rule to make target 'drivers/staging/two/deep/Makefile'.
make[2]: Failed to remake makefile 'drivers/staging/two/deep/Makefile'.
  CC      drivers/staging/two/deep/arm.o
drivers/x/Kbuild.inc:7: warning: overriding recipe for target 'a.o'
  CC [M]  drivers/three.o
drivers/three.c:42:1: warning: unused variable 'Makefile' [-Wunused-variable]
make[1]: *** [Makefile:1772: drivers/staging/two/deep/arm.o] Error 2
"""
    run = MakeRun(2, text, 1.0)
    _split(run)
    assert run.objects == {
        "drivers/staging/one/fileops.o": "",
        "drivers/staging/two/deep/arm.o": "",
        "drivers/three.o": text.splitlines()[7] + "\n",
    }
    assert run.failed == {"drivers/staging/two/deep/arm.o"}


def test_messages_with_their_place_and_their_lines() -> None:
    warning, error, tool = diagnostics(GCC.format(line=10))
    assert warning.identity == (
        "warning",
        "include/linux/b.h",
        "In function 'helper'",
        "unused variable 'v' [-Wunused-variable]",
    )
    assert warning.text.startswith("In file included from") and "int v;" in warning.text
    assert error.is_error and "only once" in error.text and "cc1" not in error.text
    assert "objtool" in tool.text


def test_moved_lines_are_no_news() -> None:
    assert news(GCC.format(line=10), GCC.format(line=99)) == []


NOTED = """In file included from include/linux/pagemap.h:8,
                 from drivers/a.c:3:
include/linux/copy.h:8:17: warning: 'stack' may be used uninitialized [-Wmaybe-uninitialized]
    8 |                 check(ptr);
      |                 ^~~~~~~~~~
include/linux/copy.h: In function 'args':
include/linux/copy.h:4:13: note: by argument 1 of type 'const void *' to 'check' declared here
    4 | extern void check(const void *ptr);
      |             ^~~~~
drivers/a.c:{line}:26: note: 'stack' declared here
  {line} |         struct vec stack[8];
      |                    ^~~~~
"""


def test_what_a_note_quotes_is_no_news_when_it_moves() -> None:
    """A note behind the name of a function: gcc 12 says that of code that was inlined."""
    assert news(NOTED.format(line=65), NOTED.format(line=564)) == []
    other = NOTED.format(line=65) + "make: odd\n  9 |         quoted\nodd again\n"
    found = [d.text for d in news(NOTED.format(line=65), other)]
    assert found == ["make: odd\n  9 |         quoted", "odd again"]


def test_the_file_for_the_assembler_has_another_name_each_time(tmp_path: Path) -> None:
    said = "/var/tmp/ccA{n}l8G7.s:15{n}: Warning: odd\ndrivers/ccat.s:1: odd\n{tree}/a.c:1: odd\n"
    one, two = (comparable(said.format(n=n, tree=tmp_path), tmp_path) for n in (1, 2))
    assert one == "{standard input}:151: Warning: odd\ndrivers/ccat.s:1: odd\na.c:1: odd\n"
    assert one != two and news(one, two) == []


def test_the_same_message_in_another_function_is_news() -> None:
    after = GCC.format(line=10).replace("'one':", "'two':")
    (found,) = news(GCC.format(line=10), after)
    assert "'gone' undeclared" in found.text


def test_a_message_is_news_as_often_as_it_is_new() -> None:
    line = "a.c:1:1: warning: odd [-Wodd]\n"
    assert len(news(line, line * 3)) == 2


def test_sparse_continuations_belong_to_their_message() -> None:
    text = (
        "a.c:3:9: warning: incorrect type in argument 1 (different address spaces)\n"
        "a.c:3:9:    expected void *to\n"
    )
    (found,) = diagnostics(text)
    assert "expected void" in found.text


def test_long_output_is_cut_and_says_so() -> None:
    cut = shortened("\n".join(map(str, range(100))))
    assert cut.splitlines()[-1] == "[40 more lines]"
    assert shortened("a\nb") == "a\nb"


def test_output_is_given_to_the_object_that_wrote_it() -> None:
    run = MakeRun(
        2,
        "  CALL    scripts/checksyscalls.sh\n"
        "  CC [M]  drivers/a.o\n"
        "a warning\n"
        "  CC      arch/x86/kvm/../../../virt/kvm/k.o\n"
        "an error\n"
        "make[3]: *** [scripts/Makefile.build:250: arch/x86/kvm/../../../virt/kvm/k.o] Error 1\n"
        "make[2]: Target 'x' not remade because of errors.\n"
        "stray\n"
        "  CHECK   drivers/a.c\n"
        "a check\n",
        1.0,
    )
    _split(run)
    assert run.objects == {"drivers/a.o": "a warning\na check\n", "virt/kvm/k.o": "an error\n"}
    assert run.failed == {"virt/kvm/k.o"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("  CC a.o\nfoo.c:1:2: error: bad\nmake: *** [x] Error 1\n", "foo.c:1:2: error: bad"),
        ("Makefile:9: *** no compiler.  Stop.\n", "Makefile:9: *** no compiler.  Stop."),
        ("", "it said nothing"),
        (
            "/usr/bin/ld: b.o: multiple definition of `x'; a.o: first defined here\n"
            "collect2: error: ld returned 1 exit status\nmake: *** [Makefile:9: t] Error 1\n",
            "/usr/bin/ld: b.o: multiple definition of `x'; a.o: first defined here",
        ),
        (
            "  HOSTLD  scripts/kconfig/conf\nscripts/Kconfig.include:40: linker 'x' not found\n"
            "make[2]: *** [scripts/kconfig/Makefile:77: allmodconfig] Error 1\n"
            "make[1]: *** [Makefile:714: allmodconfig] Error 2\n",
            "scripts/Kconfig.include:40: linker 'x' not found",
        ),
        (
            "  HOSTCC [M]  scripts/x.o\nmake[1]: *** [Makefile:7: x] Error 1\n",
            "make[1]: *** [Makefile:7: x] Error 1",
        ),
        (
            "make[1]: Nothing to be done for 'y'.\nmake: *** [Makefile:7: x] Error 1\n",
            "make: *** [Makefile:7: x] Error 1",
        ),
    ],
)
def test_why_make_failed(text: str, why: str) -> None:
    assert MakeRun(2, text, 0.0).why == why


def test_dependencies_from_kbuild_and_from_the_compiler(tmp_path: Path) -> None:
    tree, folder = tmp_path / "tree", tmp_path / "out"
    (folder / "d").mkdir(parents=True)
    assert read_dependencies(folder, "d/a.o", tree) == ()
    (folder / "d/.a.o.d").write_text(
        f"a.o: {tree}/d/a.c \\\n {tree}/arch/../include/b.h include/generated/g.h \\\n"
        f" /usr/lib/gcc/stddef.h\n\n{tree}/include/b.h:\n"
    )
    assert read_dependencies(folder, "d/a.o", tree) == ("d/a.c", "include/b.h")
    (folder / "d/.a.o.cmd").write_text(
        f"cmd_d/a.o := gcc {tree}/not/this.c\n\nsource_d/a.o := {tree}/d/a.c\n\n"
        f"deps_d/a.o := \\\n  $(wildcard include/config/X) \\\n  {tree}/include/c.h \\\n\n"
        "d/a.o: $(deps_d/a.o)\n"
    )
    assert read_dependencies(folder, "d/a.o", tree) == ("d/a.c", "include/c.h")


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("drivers/x/Makefile", True),
        ("lib/Kconfig.debug", True),
        ("scripts/gcc-version.sh", True),
        ("scripts/mod/modpost.c", True),
        ("kernel/bounds.c", True),
        ("arch/x86/entry/syscalls/syscall_64.tbl", True),
        ("drivers/x/x.c", False),
        ("include/linux/mm.h", False),
        ("Documentation/core-api/pin_user_pages.rst", False),
        ("MAINTAINERS", False),
        ("arch/arm/boot/dts/board.dts", False),
    ],
)
def test_what_changes_how_other_files_are_compiled(path: str, counts: bool) -> None:
    assert is_environment(path) is counts


class History:
    """A small repository whose commits are made from dicts of files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "-q")
        self.ids: list[str] = []
        self.commits: list[Commit] = []

    def git(self, *args: str) -> str:
        done = subprocess.run(["git", *args], cwd=self.folder, check=True, capture_output=True)
        return done.stdout.decode().strip()

    def commit(self, files: dict[str, str | None], message: str = "x") -> str:
        for path, text in files.items():
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink() if text is None else file.write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        self.ids.append(self.git("rev-parse", "HEAD"))
        if len(self.ids) > 1:
            self.commits.append(Commit(self.ids[-1], self.ids[-2], "", "", (), tuple(files)))
        return self.ids[-1]

    def states(self) -> States:
        return States(self.folder, Branch("p", "r", self.ids[0], tuple(self.commits)))


@pytest.fixture
def history(tmp_path: Path) -> History:
    found = History(tmp_path)
    found.commit({"a.c": "1", "b.c": "1", "Makefile": "1", "x.h": "1", "doc.rst": "1"})
    return found


def test_states_follow_every_kind_of_change(history: History) -> None:
    base = history.ids[0]
    changed = history.commit({"a.c": "2"})
    added = history.commit({"sub dir/new.c": "1"})
    gone = history.commit({"b.c": None})
    states = history.states()
    assert states.blob(base, "a.c") != states.blob(changed, "a.c") == states.blob(gone, "a.c")
    assert [states.blob(c, "sub dir/new.c") != "" for c in states.commits] == [0, 0, 1, 1]
    assert [states.blob(c, "b.c") != "" for c in states.commits] == [1, 1, 1, 0]
    assert states.digest(base, ("b.c", "x.h")) == states.digest(added, ("b.c", "x.h"))
    assert states.digest(base, ("a.c",)) != states.digest(changed, ("a.c",))
    assert states.digest(gone, ("b.c",)) != states.digest(added, ("b.c",))


def test_the_environment_is_makefiles_and_the_names_of_headers(history: History) -> None:
    base = history.ids[0]
    same = [history.commit({"a.c": "2"}), history.commit({"x.h": "2"})]
    same.append(history.commit({"doc.rst": "2"}))
    makefile = history.commit({"Makefile": "2"})
    header = history.commit({"y.h": "1"})
    back = history.commit({"y.h": None, "Makefile": "1"})
    environment = history.states().environment
    assert {environment(c) for c in same} == {environment(base)} == {environment(back)}
    assert len({environment(base), environment(makefile), environment(header)}) == 3


UNIT = Unit("a.c", "x86_64", Recipe("allmodconfig"), "a.o")
OTHER = Unit("b.c", "x86_64", Recipe("allmodconfig"), "b.o")


class Memory(dict[str, str]):
    def get(self, key: str) -> str | None:  # type: ignore[override]
        return super().get(key)

    def put(self, key: str, value: str) -> None:
        self[key] = value


def attempt(*paths: str, status: AttemptStatus = AttemptStatus.COMPILED) -> Attempt:
    return Attempt(status, "said", paths, 1.0)


def test_a_result_counts_where_the_same_files_were_read(history: History) -> None:
    other = history.commit({"b.c": "2"})
    header = history.commit({"x.h": "2"})
    makefile = history.commit({"x.h": "1", "Makefile": "2"})
    store = Store(cache := Memory(), history.states())
    store.know(UNIT, "config", ("gcc",))
    store.put(UNIT, other, attempt("a.c", "x.h"))
    assert store.get(UNIT, history.ids[0]) == attempt("a.c", "x.h")
    assert store.get(UNIT, header) is None
    assert store.get(UNIT, makefile) is None
    later = Store(cache, history.states())
    later.know(UNIT, "config", ("gcc",))
    found = later.get(UNIT, other)
    assert found and (found.output, found.seconds) == ("said", 0.0)
    for config, context in (
        ("other", ("gcc",)),
        ("config", ("gcc 13",)),
        ("config", ("gcc", "W=1")),
    ):
        later.know(UNIT, config, context)
        assert later.get(UNIT, other) is None


def test_a_result_without_dependencies_counts_for_its_tree_only(history: History) -> None:
    commit = history.commit({"doc.rst": "2"})
    reworded = history.commit({}, "another message")
    store = Store(Memory(), history.states())
    store.know(UNIT, "config", ())
    store.put(UNIT, commit, attempt(status=AttemptStatus.ERROR))
    assert store.get(UNIT, commit) and store.get(UNIT, reworded)
    assert store.get(UNIT, history.ids[0]) is None


def test_what_make_did_not_get_to_is_not_kept(history: History) -> None:
    store = Store(cache := Memory(), history.states())
    store.know(UNIT, "config", ())
    store.put(UNIT, history.ids[0], attempt(status=AttemptStatus.NO_MAKE))
    assert cache == {}


def test_damaged_rows_count_as_missing(history: History) -> None:
    store = Store(cache := Memory(), history.states())
    store.know(UNIT, "config", ())
    store.put(UNIT, history.ids[0], attempt("a.c"))
    for key in cache:
        cache[key] = "{half"
    fresh = Store(cache, history.states())
    fresh.know(UNIT, "config", ())
    assert fresh.get(UNIT, history.ids[0]) is None


def test_one_build_at_the_tip_answers_for_many_commits(history: History) -> None:
    first = history.commit({"a.c": "2"})
    second = history.commit({"b.c": "2"})
    pending = {State(UNIT, first), State(OTHER, second)}
    assert next_stop(pending, set(), history.states(), []) == (second, [UNIT, OTHER])


def test_an_object_that_changes_again_is_built_at_its_commit_too(history: History) -> None:
    first = history.commit({"a.c": "2"})
    history.commit({"x.h": "2"})
    tip = history.commit({"a.c": "3"})
    pending = {State(UNIT, first), State(UNIT, tip)}
    commit, units = next_stop(pending, set(), history.states(), ["x.h"])
    assert (commit, units) == (first, [UNIT])
    assert next_stop({State(UNIT, tip)}, set(), history.states(), ["x.h"]) == (tip, [UNIT])


def test_a_guess_that_did_not_hold_is_not_made_again(history: History) -> None:
    first = history.commit({"a.c": "2"})
    tip = history.commit({"b.c": "2"})
    pending = {State(UNIT, first)}
    assert next_stop(pending, {State(UNIT, tip)}, history.states(), []) == (first, [UNIT])


WARNING = "a.c: In function 'f':\na.c:{}:1: warning: odd [-Wodd]\n"
ERROR_TEXT = "a.c: In function 'f':\na.c:{}:1: error: bad\n"
C, E, M, N = (
    AttemptStatus.COMPILED,
    AttemptStatus.ERROR,
    AttemptStatus.NOT_MADE,
    AttemptStatus.NO_MAKE,
)


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        (None, (C, ""), BuildStatus.BUILT),
        (None, (C, WARNING.format(3)), BuildStatus.WARNED),
        ((C, WARNING.format(1)), (C, WARNING.format(3)), BuildStatus.BUILT),
        ((C, ""), (C, WARNING.format(3)), BuildStatus.WARNED),
        ((E, ERROR_TEXT.format(1)), (C, ""), BuildStatus.BUILT),
        ((C, ""), (E, ERROR_TEXT.format(3)), BuildStatus.FAILED),
        (None, (E, ERROR_TEXT.format(3)), BuildStatus.FAILED),
        ((E, ERROR_TEXT.format(1)), (E, ERROR_TEXT.format(3)), BuildStatus.FAILED_BEFORE),
        ((C, ""), (N, "prepare broke"), BuildStatus.FAILED),
        ((C, ""), (M, "no rule"), BuildStatus.FAILED),
        ((N, "no libelf"), (N, "no libelf"), BuildStatus.NOT_BUILDABLE),
        ((M, "no rule"), (M, "no rule"), BuildStatus.NOT_BUILDABLE),
        ((N, "no libelf"), (E, ERROR_TEXT.format(3)), BuildStatus.FAILED),
    ],
)
def test_before_and_after(
    before: tuple[AttemptStatus, str] | None,
    after: tuple[AttemptStatus, str],
    status: BuildStatus,
) -> None:
    earlier = Attempt(*before, (), 0.0) if before else None
    found = judge("c", UNIT, earlier, Attempt(*after, (), 0.0), built_elsewhere=False)
    assert found.status is status
    with_reason = (BuildStatus.NOT_BUILDABLE, BuildStatus.FAILED_BEFORE)
    assert bool(found.reason) is (status in with_reason)
    assert bool(found.output) is (status in (BuildStatus.FAILED, BuildStatus.WARNED))


def test_jobs_are_shared_and_handed_on() -> None:
    """Three makes and four jobs: what is in the pipe, and what the last one may use."""
    waiting = threading.Barrier(2, timeout=10)
    seen: dict[str, int] = {}

    def work(name: str, server: JobServer) -> str:
        if name != "last":
            waiting.wait()
            return name
        time.sleep(0.3)
        import os

        os.set_blocking(server.descriptors[0], False)
        seen["free"] = len(os.read(server.descriptors[0], 100))
        os.write(server.descriptors[1], b"+" * seen["free"])
        return name

    assert run_parallel(work, ["last", "a", "b"], 4) == ["last", "a", "b"]
    assert seen["free"] == 3


def test_more_work_than_jobs_is_done_in_order_of_arrival() -> None:
    running: list[int] = []
    most: list[int] = []

    def work(item: int, _: JobServer) -> int:
        running.append(item)
        most.append(len(running))
        time.sleep(0.01)
        running.remove(item)
        return item * 2

    assert run_parallel(work, list(range(6)), 2) == [0, 2, 4, 6, 8, 10]
    assert max(most) <= 2
    assert run_parallel(work, [], 2) == []


def test_an_error_in_one_lane_ends_all() -> None:
    def work(item: int, _: JobServer) -> int:
        if item == 0:
            raise ValueError("no")
        time.sleep(0.05)
        return item

    with pytest.raises(ValueError, match="no"):
        run_parallel(work, list(range(50)), 2)
