# SPDX-License-Identifier: GPL-2.0-only
"""Routing facts from makefiles, Kconfig files and ready-made configurations, without make."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from migrate.kernel.kbuild import toolchains
from migrate.kernel.kbuild.defconfigs import Defconfigs
from migrate.kernel.kbuild.expression import And, Not, Or, Other, Symbol, parse_expression
from migrate.kernel.kbuild.kconfig import Kconfig
from migrate.kernel.kbuild.kconfig_file import parse as parse_kconfig
from migrate.kernel.kbuild.makefiles import Guard, parse
from migrate.kernel.kbuild.routes import Kbuild
from migrate.kernel.kbuild.toolchains import Architecture, architectures, toolchains_report
from migrate.kernel.tree import Tree


def ways_of(text: str, word: str) -> set[str]:
    makefile = parse("drivers/x/Makefile", text, lambda _: None)
    return {" & ".join(sorted(str(g) for g in way)) for way in makefile.ways(word)}


@pytest.mark.parametrize(
    ("text", "word", "ways"),
    [
        ("obj-y += a.o b.o\n", "a.o", {""}),
        ("obj-y += ab.o\n", "a.o", set()),
        ("obj-$(CONFIG_A) += a.o\n", "a.o", {"CONFIG_A"}),
        ("obj-${CONFIG_A} := a.o\n", "a.o", {"CONFIG_A"}),
        ("obj-$(CONFIG_A) += a.o\nobj-$(CONFIG_B) += a.o\n", "a.o", {"CONFIG_A", "CONFIG_B"}),
        ("obj-$(CONFIG_A) += d.o\nd-y := a.o \\\n\tb.o\n", "b.o", {"CONFIG_A"}),
        ("obj-$(CONFIG_A) += d.o\nd-objs += a.o\n", "a.o", {"CONFIG_A"}),
        ("obj-$(CONFIG_A) += d.o\nd-$(CONFIG_B) += a.o\n", "a.o", {"CONFIG_A & CONFIG_B"}),
        ("obj-$(CONFIG_A) += d.o\nl-y := a.o\nd-y := $(l-y)\n", "a.o", {"CONFIG_A"}),
        ("obj-y += $(l-m)\nl-$(CONFIG_A) := a.o\n", "a.o", {"CONFIG_A=m"}),
        ("lib-y += a.o\n", "a.o", {""}),
        ("obj-y += trace_$(BITS).o\n", "trace_64.o", {""}),
        ("obj-$(subst m,y,$(CONFIG_A)) += hv/\n", "hv/", {"CONFIG_A"}),
        ("ifdef CONFIG_A\nobj-y += a.o\nelse\nobj-y += b.o\nendif\n", "a.o", {"CONFIG_A"}),
        ("ifdef CONFIG_A\nobj-y += a.o\nelse\nobj-y += b.o\nendif\n", "b.o", {"!CONFIG_A"}),
        ("ifdef CONFIG_A\n\tifdef CONFIG_B\n\tendif\nendif\nobj-y += a.o\n", "a.o", {""}),
        ("\tifdef CONFIG_A\nobj-y += b.o\n\telse\nobj-y += a.o\n\tendif\n", "a.o", {"!CONFIG_A"}),
        ("ifndef CONFIG_A\nobj-y += a.o\nendif\n", "a.o", {"!CONFIG_A"}),
        ("ifeq ($(CONFIG_A),y)\nobj-y += a.o\nendif\n", "a.o", {"CONFIG_A=y"}),
        ("ifneq ($(CONFIG_A),)\nobj-y += a.o\nendif\n", "a.o", {"CONFIG_A"}),
        ("ifeq ($(SOMETHING),y)\nobj-y += a.o\nendif\n", "a.o", {""}),
        ("D := ../far\nobj-y += $(D)/a.o\n", "../far/a.o", {""}),
        ("# obj-y += a.o\n", "a.o", set()),
        ("x:\n\tcc -o a.o\n", "a.o", set()),
        ("define recipe\nobj-y += a.o\nendef\n", "a.o", set()),
        ("ccflags-y += a.o\n", "a.o", set()),
        ("obj-$(CONFIG_A) += a.o\nobj-y += a.o\n", "a.o", {""}),
        ("l-y := a.o\nl-$(CONFIG_A) := b.o\nobj-y := $(l-y)\n", "a.o", {"!CONFIG_A"}),
        ("l-y := a.o\nl-$(CONFIG_A) := b.o\nobj-y := $(l-y)\n", "b.o", {"CONFIG_A=y"}),
        ("l-y := a.o\nl-$(CONFIG_A) += b.o\nobj-y := $(l-y)\n", "a.o", {""}),
    ],
)
def test_how_an_object_gets_on_kbuilds_lists(text: str, word: str, ways: set[str]) -> None:
    assert ways_of(text, word) == ways


def test_a_guard_is_met_by_its_values_only() -> None:
    assert Guard("A", ("y", "m")).met({"A": "m"})
    assert not Guard("A", ("y",)).met({"A": "m"})
    assert Guard("A", ("",)).met({}) and not Guard("A", ("",)).met({"A": "y"})


def test_a_makefile_that_includes_itself_ends() -> None:
    text = "include $(srctree)/drivers/x/Makefile\nobj-y += a.o\n"
    assert parse("drivers/x/Makefile", text, lambda _: text).ways("a.o")


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("A", Symbol("A")),
        ("!A", Not(Symbol("A"))),
        ("A && B", And((Symbol("A"), Symbol("B")))),
        ("A || B && C", Or((Symbol("A"), And((Symbol("B"), Symbol("C")))))),
        ("(A || B) && !C", And((Or((Symbol("A"), Symbol("B"))), Not(Symbol("C"))))),
        ("A=y", Symbol("A")),
        ("A = n", Not(Symbol("A"))),
        ("A!=n", Symbol("A")),
        ("A >= 5", Other("A>=5")),
        ("m", Other("m")),
        ("$(cc-option,-mfoo)", Other("$(cc-option,-mfoo)")),
        ("A &&", Other("A &&")),
    ],
)
def test_expressions(text: str, tree: object) -> None:
    assert parse_expression(text) == tree


KCONFIG = """\
menu "Devices"
\tdepends on HAS_IO

config ALPHA
\ttristate "Alpha"
\tdepends on BETA || GAMMA
\tselect HIDDEN
\thelp
\t  config NOT_AN_ENTRY
\t  depends on NOTHING

if DELTA
config EPSILON
\tbool
\tdefault y
endif
endmenu

choice
config ONE
\tbool "one"
endchoice

config LAST
\tbool "last" \\
\t  if X
"""


def test_kconfig_entries_with_what_is_around_them() -> None:
    found = {d.symbol: d for d in parse_kconfig("drivers/Kconfig", KCONFIG)}
    assert sorted(found) == ["ALPHA", "EPSILON", "LAST", "ONE"]
    alpha = found["ALPHA"]
    assert alpha.tristate and alpha.prompt and alpha.selects == ("HIDDEN",)
    assert alpha.needs == (Symbol("HAS_IO"), Or((Symbol("BETA"), Symbol("GAMMA"))))
    assert not found["EPSILON"].prompt and Symbol("DELTA") in found["EPSILON"].needs
    assert found["ONE"].chosen and not found["ALPHA"].chosen
    assert found["LAST"].needs == () and found["LAST"].prompt


TREE = {
    "Makefile": "VERSION = 6\ncore-y := mm/\n",
    "Kbuild": "obj-y += drivers/\n",
    "drivers/Makefile": "obj-$(CONFIG_NET) += net/\nobj-y += soc/\nobj-y += misc/\n",
    "drivers/net/Makefile": "obj-$(CONFIG_ALPHA) += alpha.o\nalpha-y := hw/engine.o main.o\n",
    "drivers/net/main.c": '#include "part.c"\n',
    "drivers/net/part.c": "int x;\n",
    "drivers/soc/Makefile": "obj-$(CONFIG_SOC_HV) += hv.o\n",
    "drivers/misc/Makefile": "obj-$(CONFIG_UV) += uv.o\n",
    "virt/kvm/Makefile.kvm": "KVM ?= ../../../virt/kvm\nkvm-y := $(KVM)/kvm_main.o\n",
    "arch/x86/Kbuild": "obj-$(CONFIG_KVM) += kvm/\n",
    "arch/x86/kvm/Makefile": "include $(srctree)/virt/kvm/Makefile.kvm\n"
    "obj-$(CONFIG_KVM) += kvm.o\n",
    "arch/s390/Makefile": "core-y += arch/s390/kvm/\n",
    "arch/s390/kvm/Makefile": "KVM := ../../../virt/kvm\nkvm-objs := $(KVM)/kvm_main.o\n"
    "obj-y += kvm.o\n",
    "arch/x86/Kconfig": 'config X86\n\tdef_bool y\nconfig UV\n\tbool "UV"\n\tdepends on X86\n',
    "arch/powerpc/Kconfig": "config PPC\n\tdef_bool y\nconfig SOC\n\tbool\n"
    'choice\nconfig CPU_SERVER\n\tbool "server"\nconfig CPU_BOARD\n\tbool "board"\n'
    "\tselect SOC\nendchoice\n"
    'config VIRT\n\tbool "virt"\nif VIRT\nconfig KVM_BOARD\n\tbool "kvm"\n'
    "\tdepends on SOC && !BIG\n\tselect KVM\nendif\nconfig KVM\n\tbool\n"
    'config BIG\n\tbool "big"\n',
    "drivers/Kconfig": 'config SOC_HV\n\ttristate "hv"\n\tdepends on SOC\n'
    'config ALPHA\n\ttristate "alpha"\n\tdepends on COMPILE_TEST || PPC\n'
    'config COMPILE_TEST\n\tbool "test"\n',
    "arch/powerpc/configs/server_defconfig": "CONFIG_CPU_SERVER=y\n",
    "arch/powerpc/configs/board.config": "CONFIG_CPU_BOARD=y\n",
    "arch/powerpc/configs/hw.config": "CONFIG_SOC_HV=m\n# CONFIG_BIG is not set\n",
    "arch/powerpc/Makefile": "board_defconfig:\n\t$(call merge_into_defconfig,board.config,\\\n"
    "\t\thw)\n",
}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    for path, text in TREE.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    for args in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "x"]):
        subprocess.run(["git", "-C", str(tmp_path), *args], check=True)
    return Tree(tmp_path, "HEAD")


def routed(tree: Tree, path: str) -> dict[str, tuple[str, list[str]]]:
    return {
        owner.makefile: (owner.target, [" & ".join(map(str, sorted(w))) for w in owner.ways])
        for owner in Kbuild(tree).owners(path)
    }


def test_the_object_of_a_parents_makefile(tree: Tree) -> None:
    assert routed(tree, "drivers/net/hw/engine.c") == {
        "drivers/net/Makefile": ("drivers/net/hw/engine.o", ["CONFIG_ALPHA & CONFIG_NET"])
    }


def test_a_file_that_another_one_includes(tree: Tree) -> None:
    assert routed(tree, "drivers/net/part.c") == {
        "drivers/net/Makefile": ("drivers/net/main.o", ["CONFIG_ALPHA & CONFIG_NET"])
    }


def test_objects_that_architectures_build(tree: Tree) -> None:
    owners = Kbuild(tree).owners("virt/kvm/kvm_main.c")
    assert [(o.arch, o.target, o.object) for o in owners] == [
        ("s390", "arch/s390/kvm/../../../virt/kvm/kvm_main.o", "virt/kvm/kvm_main.o"),
        ("x86", "arch/x86/kvm/../../../virt/kvm/kvm_main.o", "virt/kvm/kvm_main.o"),
    ]
    assert [[str(g) for w in o.ways for g in w] for o in owners] == [[], ["CONFIG_KVM"]]


def test_a_file_without_a_makefile(tree: Tree) -> None:
    assert Kbuild(tree).owners("drivers/net/nobody.c") == ()
    assert Kbuild(tree).owners("tools/testing/prog.c") == ()


def test_where_symbols_can_be_set(tree: Tree) -> None:
    kconfig = Kconfig(tree)
    assert kconfig.architectures(["SOC_HV"]) == {"powerpc"}
    assert kconfig.architectures(["UV"]) == {"x86"}
    assert kconfig.architectures(["ALPHA"]) is None
    assert kconfig.architectures(["UV", "SOC_HV"]) == frozenset()
    assert kconfig.architectures(["NO_SUCH_SYMBOL"]) == frozenset()


def test_what_has_to_be_set(tree: Tree) -> None:
    kconfig = Kconfig(tree)
    board = {"CPU_BOARD": "y", "SOC": "y", "BIG": "y"}
    assert kconfig.wishes(["KVM_BOARD", "KVM"], "powerpc", board) == {
        "KVM_BOARD": "y",
        "VIRT": "y",
        "BIG": "n",
    }
    assert kconfig.wishes(["SOC_HV"], "powerpc", board) == {"SOC_HV": "m"}
    assert kconfig.wishes(["SOC_HV"], "powerpc", {"SOC": "y", "SOC_HV": "y"}) == {}


def test_another_kind_of_machine_is_not_wished_for(tree: Tree) -> None:
    assert Kconfig(tree).wishes(["SOC_HV"], "powerpc", {"CPU_SERVER": "y"}) is None


def test_ready_made_configurations_by_what_they_set(tree: Tree) -> None:
    powerpc = next(a for a in architectures() if a.name == "powerpc")
    defconfigs = Defconfigs(tree)
    assert sorted(defconfigs.of(powerpc)) == ["board_defconfig", "server_defconfig"]
    assert defconfigs.setting(powerpc, ["SOC_HV"]) == ["board_defconfig"]
    related = Kconfig(tree).related(["KVM_BOARD"], "powerpc")
    assert "CPU_BOARD" in related
    assert defconfigs.best(powerpc, related)[0] == "board_defconfig"


def test_the_miniature_kernel_is_routed_whole(mini: Path) -> None:
    kbuild = Kbuild(Tree(mini, "HEAD"))
    sources = [p for p in kbuild.tree.files if p.endswith(".c")]
    assert len(sources) > 20
    assert [p for p in sources if not kbuild.owners(p)] == []


def test_every_architecture_has_a_line_of_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchains.shutil, "which", lambda _: None)
    report = toolchains_report()
    assert [state.arch for state in report] == [a.name for a in architectures()]
    assert all(state.version is None and state.debian_package for state in report)


def test_the_first_compiler_that_is_installed_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def compiler(name: str, code: int) -> None:
        (tmp_path / name).write_text(f"#!/bin/sh\necho {name} 1.0; exit {code}\n")
        (tmp_path / name).chmod(0o755)

    arch = Architecture("vax", "vax", (), ("vax-broken-", "vax-good-"), "gcc-vax", ())
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert toolchains.find_toolchain(arch) is None
    assert toolchains.missing_compiler(arch) == "vax: no compiler vax-broken-gcc; Debian: gcc-vax"
    compiler("vax-broken-gcc", 1)
    compiler("vax-good-gcc", 0)
    found = toolchains.find_toolchain(arch)
    assert found and (found.compiler, found.version) == ("vax-good-gcc", "vax-good-gcc 1.0")
    compiler("vax-good-gcc", 0)
    (tmp_path / "vax-good-gcc").write_text("#!/bin/sh\necho vax-good-gcc 1.0 # other\n")
    changed = toolchains.find_toolchain(arch)
    assert changed and changed.identity != found.identity
