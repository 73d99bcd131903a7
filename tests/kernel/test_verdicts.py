# SPDX-License-Identifier: GPL-2.0-only
"""The analysis of real kernels against what people decided about each site by hand."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from migrate.analysis.model import Action, PinGroup, Place
from migrate.kernel.signatures import GUP_NAMES, PIN_NAMES
from scripts.kernel_figures import FIGURES, PROFILES, Analysis, figures, version_of

DATA = Path(__file__).parent / "data"
ANY = "*"
"""In the table: every function of the file."""


def rows() -> list[dict[str, str]]:
    with (DATA / "verdicts-6.1.csv").open(newline="") as table:
        return list(csv.DictReader(table))


def is_meant(row: dict[str, str], group: PinGroup) -> bool:
    return any(
        a.place.path == row["path"] and row["function"] in (ANY, a.function) for a in group.acquires
    )


def group_at(analysis: Analysis, path: str, function: str) -> PinGroup:
    """The one group that starts in `function`."""
    groups = analysis.pairing.groups
    (found,) = [g for g in groups if is_meant({"path": path, "function": function}, g)]
    return found


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['path']}:{row['function']}")
def test_verdict(row: dict[str, str], profile: str, analysis_6_1: Analysis) -> None:
    pairs = analysis_6_1.classifications[profile].pairs()
    found = [verdict for group, verdict in pairs if is_meant(row, group)]
    assert found, "no group has this site"
    for verdict in found:
        assert verdict.action in row[profile].split("|"), verdict.reason
        if verdict.action is Action.PIN:
            assert verdict.case in row["case"].split("|") + [row["case"].rstrip("?")] + (
                # Given to a device: how long it is held is said by the warning, too.
                ["1", "2"] if row["case"] in ("1", "2") else []
            )


def test_the_table_has_every_direct_acquire(analysis_6_1: Analysis) -> None:
    """A site outside of the table would be judged by nobody."""
    listed = rows()
    assert len(listed) == 37
    for acquire in analysis_6_1.scan.acquires:
        if acquire.name not in GUP_NAMES or acquire.place.path.startswith("include/"):
            continue
        assert any(
            row["path"] == acquire.place.path and row["function"] in (ANY, acquire.function)
            for row in listed
        ), acquire


@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_outside_of_the_table_is_converted(profile: str, analysis_6_1: Analysis) -> None:
    for group, verdict in analysis_6_1.classifications[profile].pairs():
        if verdict.action not in (Action.PIN, Action.FOLLOW):
            continue
        accepted = [row for row in rows() if verdict.action in row[profile].split("|")]
        for acquire in group.acquires:
            assert any(
                (row["path"], row["function"]) == (acquire.place.path, acquire.function)
                for row in accepted
            ), acquire


def test_every_acquire_is_in_exactly_one_group(analysis: Analysis) -> None:
    counted = Counter(a.place for group in analysis.pairing.groups for a in group.acquires)
    assert counted == Counter(a.place for a in analysis.scan.acquires)


def test_no_release_is_in_two_groups(analysis: Analysis) -> None:
    counted = Counter(r.place for group in analysis.pairing.groups for r in group.releases)
    assert [place for place, count in counted.items() if count > 1] == []


def check_lines(analysis: Analysis, found: list[tuple[Place, str]]) -> None:
    """Each place is there, and its line is the text."""
    assert found
    for place, text in found:
        contents = analysis.tree.read(place.path)
        assert contents is not None, place
        line = contents.decode("utf-8", "replace").splitlines()[place.line - 1]
        assert line.strip() == text, place


def test_every_acquire_and_release_is_a_line_of_the_tree(analysis: Analysis) -> None:
    groups = analysis.pairing.groups
    calls = [(x.place, x.text) for group in groups for x in (*group.acquires, *group.releases)]
    check_lines(analysis, calls)


def test_every_piece_of_evidence_is_a_line_of_the_tree(analysis: Analysis) -> None:
    edges = [(e.place, e.text) for group in analysis.pairing.groups for e in group.edges]
    check_lines(analysis, edges)


def test_the_finders_agree(analysis: Analysis) -> None:
    """Where they do not, the site is never converted; on these kernels only in macros."""
    for unparsed in analysis.scan.unparsed:
        assert "iov_iter" in unparsed.place.path, unparsed


@pytest.mark.parametrize("profile", PROFILES)
def test_a_pin_has_releases_and_no_gaps(profile: str, analysis: Analysis) -> None:
    for group, verdict in analysis.classifications[profile].pairs():
        if verdict.action is Action.PIN:
            assert group.releases, group.name
            assert group.gaps == (), group.name


# What pairing over members, functions and files has to find, counted in the source by hand.

COMPLETE = {
    ("drivers/misc/vmw_vmci/vmci_host.c", "vmci_host_setup_notify"): {
        ("drivers/misc/vmw_vmci/vmci_context.c", "vmci_ctx_unset_notify"): 1
    },
    ("arch/powerpc/kvm/e500_mmu.c", "kvm_vcpu_ioctl_config_tlb"): {
        ("arch/powerpc/kvm/e500_mmu.c", "kvm_vcpu_ioctl_config_tlb"): 1,
        ("arch/powerpc/kvm/e500_mmu.c", "free_gtlb"): 1,
    },
    (
        "drivers/virt/nitro_enclaves/ne_misc_dev.c",
        "ne_set_user_memory_region_ioctl",
    ): {
        ("drivers/virt/nitro_enclaves/ne_misc_dev.c", "ne_set_user_memory_region_ioctl"): 1,
        (
            "drivers/virt/nitro_enclaves/ne_misc_dev.c",
            "ne_enclave_remove_all_mem_region_entries",
        ): 1,
    },
    ("drivers/misc/vmw_vmci/vmci_queue_pair.c", "qp_host_get_user_memory"): {
        ("drivers/misc/vmw_vmci/vmci_queue_pair.c", "qp_release_pages"): 1
    },
    ("fs/exec.c", "get_arg_page"): {("fs/exec.c", "put_arg_page"): 1},
}


@pytest.mark.parametrize("site", COMPLETE, ids=lambda site: site[1])
def test_every_release_is_found(site: tuple[str, str], analysis_6_1: Analysis) -> None:
    group = group_at(analysis_6_1, *site)
    assert group.gaps == ()
    assert Counter((r.place.path, r.function) for r in group.releases) == COMPLETE[site]


def test_a_page_that_is_returned_is_followed_to_all_callers(analysis_6_1: Analysis) -> None:
    group = group_at(analysis_6_1, "arch/s390/kvm/interrupt.c", "get_map_page")
    assert group.gaps == ()
    assert {r.place.path for r in group.releases} == {"arch/s390/kvm/interrupt.c"}
    assert len(group.releases) >= 2


def test_two_arrays_with_one_release_helper_are_one_group(analysis_6_1: Analysis) -> None:
    name = ("drivers/misc/vmw_vmci/vmci_queue_pair.c", "qp_host_get_user_memory")
    assert len(group_at(analysis_6_1, *name).acquires) == 2


MIXED = {
    # put_page() on a pinned page: wrong in the kernel, and found by the audit.
    "6.1": {"drivers/virt/acrn/hsm.c:acrn_dev_ioctl", "net/rds/rdma.c:rds_pin_pages"},
    "6.12": {"drivers/virt/acrn/hsm.c:acrn_dev_ioctl"},
}


def test_what_pins_already_is_paired_with_its_releases(analysis: Analysis) -> None:
    """Of each function that pins, the releases are found, or it is said what is in the way."""
    for group in analysis.pinned.groups:
        through_helper = all(a.name not in PIN_NAMES for a in group.acquires)
        if group.releases or group.gaps or through_helper:
            continue
        # The tests of GUP itself let go by a switch over all kinds of release.
        assert {a.place.path.split("/")[0] for a in group.acquires} == {"mm"}, group.name
    whole = [g for g in analysis.pinned.groups if g.releases and not g.gaps]
    mixed = {g.name for g in whole if any("unpin" not in r.name for r in g.releases)}
    major, minor, *_ = version_of(analysis).split(".")
    if f"{major}.{minor}" not in MIXED:
        pytest.skip(f"nobody has looked at what is mixed on {major}.{minor} yet: {sorted(mixed)}")
    assert mixed == MIXED[f"{major}.{minor}"]


def test_figures(analysis: Analysis) -> None:
    """Stored by `python -m scripts.kernel_figures`, never typed."""
    stored = json.loads(FIGURES.read_text("utf-8"))
    version = version_of(analysis)
    if version not in stored:
        pytest.skip(f"no figures of {version} are stored: python -m scripts.kernel_figures")
    assert figures(analysis) == stored[version]
