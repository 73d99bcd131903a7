# SPDX-License-Identifier: GPL-2.0-only
"""Old trees under new toolchains, on the miniature kernel: remedies, folders that cannot be
prepared, makefiles that name objects of other folders, and other compilers."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.base.errors import Refusal
from migrate.delivery.compile.choices import check_options, read_choice
from migrate.delivery.compile.model import BuildOptions
from migrate.delivery.model import BuildStatus, ObjectBuild
from migrate.kernel.kbuild import toolchains
from tests.delivery.builds.test_branch import CHUTE, KEEL, SLATE, World

YYLLOC = "ld: scripts/dtc/dtc-parser.tab.o: multiple definition of `yylloc'; first defined here"
CLUMSY = "int clumsy(void) { int unused_after_all; unused_after_all = 1; return 0; }\n"


class OldWorld(World):
    """A kernel in which the preparation of a build can be told to fail, and is counted."""

    @property
    def counter(self) -> Path:
        return self.room.parent / "prepared"

    @property
    def times_prepared(self) -> int:
        return len(self.counter.read_text().splitlines()) if self.counter.exists() else 0

    def set_base(self, *changes: tuple[str, str, str]) -> None:
        """Replace in files of the kernel, as the commit that the branch is based on."""
        for path, old, new in changes:
            text = (self.tree / path).read_text()
            assert old in text, f"{old} is not in {path}"
            (self.tree / path).write_text(text.replace(old, new, 1))
        self.base = self.commit("Become old")

    def fail_preparing(self, condition: str, words: str, version: str = "5.3") -> None:
        """Have `make prepare` say `words` and fail while the shell's `condition` holds."""
        major, minor = version.split(".")
        said = words.replace("`", "\\`").replace("'", "'\\''")
        recipe = (
            "include/generated/utsrelease.h: hostprogs\n"
            ".PHONY: hostprogs\n"
            "hostprogs:\n"
            f'\t@echo try >> {self.counter}; if {condition}; then echo "  HOSTLD  scripts/x";'
            f' echo "{said}"; exit 1; fi\n'
        )
        self.set_base(
            ("Makefile", "VERSION = 6", f"VERSION = {major}"),
            ("Makefile", "PATCHLEVEL = 1", f"PATCHLEVEL = {minor}"),
            (
                "Makefile",
                "include/generated/utsrelease.h: $(srctree)/Makefile",
                recipe + "include/generated/utsrelease.h: $(srctree)/Makefile",
            ),
        )


@pytest.fixture
def world(mini: Path, tmp_path: Path) -> OldWorld:
    return OldWorld(mini, tmp_path / "room")


@pytest.fixture
def compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`compiler(name, version, flag)`: have a compiler that is the machine's own with `flag`."""

    def install(name: str, version: str, flag: str = "") -> None:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        script = folder / name
        script.write_text(
            f'#!/bin/sh\ntest "$1" = --version && echo "{name} (Test) {version}" && exit\n'
            f'exec gcc {flag} "$@"\n'
        )
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        monkeypatch.setattr(toolchains, "_GCC", (4, 10))

    return install


def built(world: World, **options: object) -> dict[str, ObjectBuild]:
    return {o.path: o for o in world.build(**options).objects}


def test_a_remedy_is_found_tried_once_and_said(world: OldWorld) -> None:
    world.fail_preparing('echo "$(HOSTCC)" | grep -qv -e -fcommon', YYLLOC)
    for path in (SLATE, CHUTE, KEEL):
        world.change(path, "int harmless;\n")
    report = world.build()
    assert {o.status for o in report.objects} == {BuildStatus.BUILT}
    assert world.times_prepared == 2
    (line,) = report.how
    assert report.final
    assert line.startswith("x86_64: make 'HOSTCC=gcc -fcommon', because scripts/dtc defines")
    # The folder remembers, and the results do not depend on programs of the build.
    world.change(SLATE, "int more;\n")
    again = world.build()
    assert {o.status for o in again.objects} == {BuildStatus.BUILT}
    assert world.times_prepared == 3 and again.how == report.how


def test_a_remedy_is_only_for_the_kernels_that_need_it(world: OldWorld) -> None:
    world.fail_preparing('echo "$(HOSTCC)" | grep -qv -e -fcommon', YYLLOC, version="6.1")
    world.change(SLATE, "int harmless;\n")
    assert built(world)[SLATE].status is BuildStatus.NOT_BUILDABLE


def test_a_folder_that_cannot_be_prepared_is_tried_at_the_tip_and_at_the_base(
    world: OldWorld,
) -> None:
    world.fail_preparing("true", "scripts/x.c:1:1: error: nobody knows what this means")
    for number in range(3):
        for path in (SLATE, CHUTE, KEEL):
            world.change(path, f"int harmless_{number};\n")
    report = world.build()
    assert world.times_prepared == 2 and not report.final
    assert len(report.objects) == 9 and report.how == ()
    for item in report.objects:
        assert item.status is BuildStatus.NOT_BUILDABLE
        assert "make stopped before any object: scripts/x.c:1:1: error: nobody" in item.reason
        assert re.search(r"\(log: \S+\.log\)$", item.reason)


def test_advice_for_what_no_variable_can_cure(world: OldWorld) -> None:
    world.fail_preparing(
        "true", "scripts/sign-file.c:1:1: fatal error: openssl/bio.h: No such file"
    )
    world.change(SLATE, "int harmless;\n")
    found = built(world)[SLATE]
    assert found.status is BuildStatus.NOT_BUILDABLE
    assert "the headers of OpenSSL are not installed: install libssl-dev" in found.reason


def test_a_preparation_that_the_branch_breaks_is_the_branchs_doing(world: OldWorld) -> None:
    """At the base it works, so every commit is looked at by itself."""
    world.fail_preparing("grep -q BREAKS $(srctree)/mm/Makefile", "scripts/x.c:1: error: odd")
    good = world.change(SLATE, "int harmless;\n")
    bad = world.change("mm/Makefile", "# BREAKS\n")
    bad_too = world.change(SLATE, "int more;\n")
    found = {(o.commit, o.path): o.status for o in world.build().objects}
    assert found[good, SLATE] is BuildStatus.BUILT
    assert found[bad, SLATE] is BuildStatus.FAILED
    assert found[bad_too, SLATE] is BuildStatus.FAILED_BEFORE


def test_a_warning_that_became_an_error_at_the_parent_is_a_warning_again(world: OldWorld) -> None:
    folder = str(Path(SLATE).parent)
    world.append(f"{folder}/Makefile", "ccflags-y += -Werror\n")
    world.append(SLATE, CLUMSY)
    world.base = world.commit("Be clumsy, and strict about it")
    world.change(SLATE, "int harmless;\n")
    report = world.build()
    (item,) = report.objects
    assert (item.status, item.output) == (BuildStatus.BUILT, "")
    assert item.how and "KCFLAGS=-Wno-error" in item.how[0]
    compiled = world.compiled()
    assert built(world)[SLATE].how == item.how
    assert world.compiled() == [], f"all of {compiled} is known"


def test_what_the_branch_itself_does_wrong_is_not_cured(world: OldWorld) -> None:
    folder = str(Path(SLATE).parent)
    world.append(f"{folder}/Makefile", "ccflags-y += -Werror\n")
    world.base = world.commit("Be strict")
    world.change(SLATE, CLUMSY)
    found = built(world)[SLATE]
    assert found.status is BuildStatus.FAILED and found.how == ()
    assert "set but not used" in found.output


def test_what_an_earlier_commit_of_the_branch_did_wrong_is_not_cured_either(
    world: OldWorld,
) -> None:
    folder = str(Path(SLATE).parent)
    world.append(f"{folder}/Makefile", "ccflags-y += -Werror\n")
    world.base = world.commit("Be strict")
    bad = world.change(SLATE, CLUMSY)
    later = world.change(SLATE, "int harmless;\n")
    report = world.build()
    found = {o.commit: o.status for o in report.objects}
    assert found == {bad: BuildStatus.FAILED, later: BuildStatus.FAILED_BEFORE}
    assert report.how == ()


OLD_RULE = """\
.PHONY: $(single-goals)
build-dir = $(patsubst %/,%,$(dir $@))
$(single-goals): prepare
	$(Q)$(MAKE) $(build)=$(build-dir) $@
"""
NEW_RULE = """\
.PHONY: $(single-goals) __single
$(single-goals): __single
	@:
__single: prepare
	$(Q)$(MAKE) $(build)=. $(single-goals)
"""
LENIENT = "include $(firstword $(wildcard $(src)/Kbuild $(src)/Makefile))"
STRICT = "include $(or $(firstword $(wildcard $(src)/Kbuild $(src)/Makefile)),$(src)/Makefile)"
DEEP = "drivers/misc/chute/deep/deep.c"


def _with_old_rule(world: OldWorld) -> None:
    """Until 5.3, make looked for the makefile of an object in the object's own folder."""
    source = world.tree / DEEP
    source.parent.mkdir()
    source.write_text("int deep(int *count);\nint deep(int *count)\n{\n\treturn *count;\n}\n")
    world.append("drivers/misc/chute/Makefile", "obj-y += deep/deep.o\nccflags-y += -DOF_CHUTE\n")
    world.set_base(("Makefile", NEW_RULE, OLD_RULE), ("scripts/Makefile.build", LENIENT, STRICT))


def test_an_object_of_the_parents_makefile_builds_with_its_flags(world: OldWorld) -> None:
    _with_old_rule(world)
    world.change(DEEP, "#ifndef OF_CHUTE\n#error flags of another folder\n#endif\n")
    world.change(SLATE, "int harmless;\n")
    found = built(world)
    assert found[DEEP].status is BuildStatus.BUILT, found[DEEP]
    assert found[SLATE].status is BuildStatus.BUILT, found[SLATE]


def test_an_object_that_make_fails_without_a_compilers_word_was_not_tried(
    world: OldWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_old_rule(world)
    world.change(DEEP, "int harmless;\n")
    monkeypatch.setattr(
        "migrate.delivery.compile.folder.BuildFolder._by_owner", lambda _, units: {"": units}
    )
    found = built(world)[DEEP]
    assert found.status is BuildStatus.NOT_BUILDABLE
    assert "make failed, and no compiler says why" in found.reason
    assert "deep/Makefile" in found.reason


def test_the_compiler_that_the_user_names(world: OldWorld, compiler: Callable[..., None]) -> None:
    compiler("mine", "3.0", "-DMINE")
    world.change(SLATE, "#ifndef MINE\n#error not mine\n#endif\n")
    assert built(world)[SLATE].status is BuildStatus.FAILED
    found = built(world, choice=read_choice("x86_64=mine", None, llvm=False))[SLATE]
    assert found.status is BuildStatus.BUILT
    assert found.how == ("x86_64: mine 3.0, which was asked for",)


def test_the_prefix_that_the_user_names(world: OldWorld, compiler: Callable[..., None]) -> None:
    compiler("my-gcc", "3.0", "-DMINE")
    world.change(SLATE, "#ifndef MINE\n#error not mine\n#endif\n")
    choice = read_choice(None, "x86_64=my-", llvm=False)
    assert toolchains.find_toolchain(toolchains.architectures()[0], choice)
    found = built(world, choice=choice)[SLATE]
    assert "my-ld" in found.reason or found.status is BuildStatus.BUILT


def test_what_the_user_names_has_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for compilers, prefixes, words in (
        ("x86_64=nowhere", None, "x86_64: no compiler nowhere, which was asked for"),
        (None, "arm64=nowhere-", "arm64: no compiler nowhere-gcc"),
        ("vax=gcc", None, "vax is not known"),
    ):
        choice = read_choice(compilers, prefixes, llvm=False)
        with pytest.raises(Refusal, match=words):
            check_options(BuildOptions(choice=choice))
    for there, missing in (("", "clang"), ("clang", "ld.lld"), ("clang ld.lld", "llvm-ar")):
        monkeypatch.setattr("shutil.which", lambda name, all=there: name if name in all else None)
        with pytest.raises(Refusal, match=f"{missing} is not installed") as refusal:
            check_options(BuildOptions(choice=read_choice(None, None, llvm=True)))
        assert "leave --llvm out" in refusal.value.next_step
    for wrong in ("gcc-11", "=gcc", "x86_64=", "x86_64=gcc,"):
        with pytest.raises(Refusal, match=r"--cc .* names no architecture"):
            read_choice(wrong, None, llvm=False)


def test_another_compiler_is_taken_for_what_the_usual_one_does_not_build(
    world: OldWorld, compiler: Callable[..., None]
) -> None:
    compiler("gcc-9", "9.9.9", "-DNINE")
    compiler("gcc-4", "4.4.4", "-DFOUR")
    world.append(SLATE, "#ifndef NINE\n#error too new\n#endif\n")
    world.base = world.commit("Need an old compiler")
    world.change(SLATE, "int harmless;\n")
    world.change(CHUTE, "int harmless;\n")
    found = built(world)
    assert found[SLATE].status is BuildStatus.BUILT, found[SLATE]
    assert re.fullmatch(
        r"x86_64: gcc-9 9\.9\.9, because gcc [\d.]+ does not build it", found[SLATE].how[0]
    )
    assert found[CHUTE].status is BuildStatus.BUILT and found[CHUTE].how == ()
    again = built(world)
    assert world.compiled() == [] and again[SLATE].how == found[SLATE].how


def test_no_other_compiler_hides_what_the_branch_did_wrong(
    world: OldWorld, compiler: Callable[..., None]
) -> None:
    compiler("gcc-9", "9.9.9", "-DNINE")
    bad = world.change(SLATE, "#ifndef NINE\n#error wrong\n#endif\n")
    later = world.change(SLATE, "int harmless;\n")
    report = world.build()
    found = {o.commit: o.status for o in report.objects}
    assert found == {bad: BuildStatus.FAILED, later: BuildStatus.FAILED_BEFORE}
    assert report.how == ()


def test_another_compiler_for_a_folder_that_the_usual_one_cannot_prepare(
    world: OldWorld, compiler: Callable[..., None]
) -> None:
    compiler("gcc-9", "9.9.9")
    world.fail_preparing('echo "$(CC)" | grep -qv gcc-9', "scripts/x.c:1: error: too new")
    for path in (SLATE, CHUTE):
        world.change(path, "int harmless;\n")
    report = world.build()
    assert {o.status for o in report.objects} == {BuildStatus.BUILT}
    assert all("gcc-9" in line for line in report.how) and report.how


def test_what_no_compiler_builds_stays_what_it_is(
    world: OldWorld, compiler: Callable[..., None]
) -> None:
    compiler("gcc-9", "9.9.9")
    world.append(SLATE, "#error whatever compiles this\n")
    world.base = world.commit("Be broken")
    world.change(SLATE, "int harmless;\n")
    found = built(world)[SLATE]
    assert found.status is BuildStatus.FAILED_BEFORE and found.how == ()
    assert found.reason.endswith("error: #error whatever compiles this")


def test_the_compiler_speaks_english_whatever_the_user_speaks(
    world: OldWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's makefile has `unexport LC_ALL`, and messages are compared by their words."""
    for name in ("LANG", "LC_MESSAGES", "LC_CTYPE"):
        monkeypatch.setenv(name, "de_DE.UTF-8")
    said = '$(error "$(LANG) $(LC_MESSAGES) $(LC_CTYPE)")\n'
    world.append("arch/x86/Makefile", f"ifneq ($(filter %.o,$(MAKECMDGOALS)),)\n{said}endif\n")
    world.base = world.commit("Say which language is spoken")
    world.change(SLATE, "int harmless;\n")
    assert '"C C C"' in built(world)[SLATE].reason
