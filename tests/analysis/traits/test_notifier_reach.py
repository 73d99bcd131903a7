# SPDX-License-Identifier: GPL-2.0-only
"""An MMU notifier covers pages when what it does may come to where they are kept."""

from __future__ import annotations

import pytest

from migrate.analysis.model import Action, PinGroup
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.memory import pairing_of

DRIVER = """
#include <linux/mmu_notifier.h>

struct tray {
	struct page *page;
	struct tray *next;
};

struct bench {
	struct mmu_interval_notifier notifier;
	struct work_struct work;
	struct tray *tray;
	int busy;
};

static int tray_fill(struct tray *tray, unsigned long start)
{
	if (get_user_pages_fast(start, 1, FOLL_WRITE, &tray->page) != 1)
		return -EFAULT;
	memset(page_address(tray->page), 0, PAGE_SIZE);
	return 0;
}

static void tray_empty(struct tray *tray)
{
	put_page(tray->page);
}

static long tray_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct tray *tray = file->private_data;

	if (cmd)
		return tray_fill(tray, arg);
	tray_empty(tray);
	return 0;
}

static const struct file_operations tray_fops = {
	.unlocked_ioctl = tray_ioctl,
};

MORE

static bool bench_invalidate(struct mmu_interval_notifier *notifier,
		const struct mmu_notifier_range *range, unsigned long seq)
{
	struct bench *bench = container_of(notifier, struct bench, notifier);

	DONE
	return true;
}

static const struct mmu_interval_notifier_ops bench_ops = {
	.invalidate = bench_invalidate,
};

int bench_watch(struct bench *bench, unsigned long start)
{
	return mmu_interval_notifier_insert(&bench->notifier, current->mm, start, PAGE_SIZE,
		OPS);
}
"""
KICKED = "static void bench_kick(struct bench *bench)\n{\n\t%s\n}\n"
PUT_OFF = "static void bench_work(struct work_struct *work)\n{\n\t%s\n}\n"


def rule_of(done: str, more: str = "", ops: str = "&bench_ops") -> tuple[Action, str]:
    text = DRIVER.replace("MORE", more).replace("DONE", done).replace("OPS", ops)
    (group,) = pairing_of({"drivers/demo/demo.c": text}).groups
    found = verdict(group, pins_read_only=True)
    return found.action, found.rule


@pytest.mark.parametrize(
    ("done", "more"),
    [
        ("bench->busy = 0;", ""),
        ("mutex_lock(&bench->lock);\n\tbench->busy = 0;\n\tmutex_unlock(&bench->lock);", ""),
        ("bench_kick(bench);", KICKED % "wake_up_elsewhere(&bench->busy);"),
        ("queue_work(bench->queue, &bench->work);", PUT_OFF % "bench_relax(work);"),
    ],
)
def test_a_notifier_that_never_comes_to_the_pages_is_another_matter(done: str, more: str) -> None:
    assert rule_of(done, more) == (Action.PIN, "data_written")


@pytest.mark.parametrize(
    ("done", "more"),
    [
        # Put off, or left to somebody who may call back.
        (
            "queue_work(bench->queue, &bench->work);",
            PUT_OFF % "tray_empty(to_bench(work)->tray);"
            + "void bench_init(struct bench *bench)\n{\n\tINIT_WORK(&bench->work, bench_work);\n}",
        ),
        (
            "bench_tell(bench);",
            KICKED % "tray_empty(bench->tray);"
            + "static const struct teller bench_teller = {\n\t.kick = bench_kick,\n};\n",
        ),
        # The last reference to a file ends in its operations.
        ("fput(bench->file);", ""),
    ],
)
def test_a_notifier_that_may_come_to_the_pages_may_cover_them(done: str, more: str) -> None:
    assert rule_of(done, more) == (Action.MANUAL, "notifier_near")


CALLED_BACK = (
    KICKED % "tray_empty(bench->tray);"
    + "static const struct teller bench_teller = {\n\t.kick = bench_kick,\n};\n"
)
"""Code that empties the tray, and that somebody else calls."""


@pytest.mark.parametrize(
    ("done", "closed"),
    [
        # All that it does is known.
        ("bench->busy = 0;", True),
        ("memset(&bench->busy, 0, sizeof(bench->busy));", True),
        ("bench_note(bench);\n\tbench_note(bench);", True),
        # It may lead there through somebody else, whatever comes after that.
        ("bench_tell(bench);\n\tbench_note(bench);", False),
        ("bench->tell(bench);\n\tbench_note(bench);", False),
        ("queue_work(bench->queue, &bench->work);\n\tbench_note(bench);", False),
        ("put_user(bench, &bench->busy);\n\tbench_note(bench);", False),
        ("bench_note(bench bench);\n\tbench_note(bench);", False),
        ("bench_defer(bench);\n\tbench_note(bench);", False),
    ],
)
def test_what_is_called_back_matters_if_the_notifier_calls_who_knows_what(
    done: str, closed: bool
) -> None:
    note = "static void bench_note(struct bench *bench)\n{\n\tbench->busy++;\n}\n"
    defer = "static inline void bench_defer(struct bench *b)\n{\n\tb->busy++;\n}\n"
    text = DRIVER.replace("MORE", CALLED_BACK + note).replace("DONE", done)
    text = "#include <linux/bench.h>\n" + text.replace("OPS", "&bench_ops")
    text = text.replace("container_of(notifier, struct bench, notifier)", "(void *)notifier")
    files = {"drivers/demo/demo.c": text, "include/linux/bench.h": "struct bench;\n" + defer}
    (group,) = pairing_of(files).groups
    found = verdict(group, pins_read_only=True)
    assert found.rule == ("data_written" if closed else "notifier_near")


def test_operations_that_are_not_known_may_do_anything() -> None:
    assert rule_of("bench->busy = 0;", ops="bench->ops") == (Action.MANUAL, "notifier_near")
    unknown = (
        "static const struct mmu_interval_notifier_ops other_ops = {\n\t.invalidate = far,\n};"
    )
    assert rule_of("", unknown, ops="&other_ops") == (Action.MANUAL, "notifier_near")


COPYING = """
static void tray_map(struct gnttab_copy *op, struct tray *tray, unsigned long start)
{
	unsigned long frame;

	if (get_user_pages_fast(start, 1, FOLL_WRITE, &tray->page) != 1)
		return;
	frame = page_to_pfn(tray->page);
	op->dest.u.gmfn = frame;
	gnttab_batch_copy(op, 1);
}
"""
REQUESTS = """
struct gnttab_copy {
	struct {
		union {
			unsigned int ref;
			unsigned long gmfn;
		} u;
	} source, dest;
};
struct gnttab_map {
	struct {
		union {
			unsigned long gmfn;
		} u;
	} dest;
};
void gnttab_batch_copy(struct gnttab_copy *batch, unsigned count);
"""


def copying_group(
    done: str, copying: str = COPYING, more: str = "", requests: str = REQUESTS
) -> PinGroup:
    """The group of pages that a hypervisor copies to, beside a notifier that does `done`."""
    start, end = DRIVER.index("static int tray_fill"), DRIVER.index("static void tray_empty")
    text = DRIVER[:start] + copying + DRIVER[end:]
    text = text.replace("return tray_fill(tray, arg);", "tray_map(to_op(cmd), tray, arg);")
    text = text.replace("MORE", more).replace("DONE", done).replace("OPS", "&bench_ops")
    files = {"drivers/demo/demo.c": "#include <xen/grant_table.h>\n" + text}
    (group,) = pairing_of({**files, "include/xen/grant_table.h": requests}).groups
    return group


def copied(done: str, copying: str = COPYING, requests: str = REQUESTS) -> tuple[Action, str]:
    found = verdict(copying_group(done, copying, requests=requests), pins_read_only=True)
    return found.action, found.rule


def test_a_request_for_a_copy_is_nothing_that_a_notifier_takes_back() -> None:
    assert copied("bench->busy = 0;") == (Action.PIN, "device_access")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gnttab_copy_ptr", (Action.PIN, "device_access")),
        ("gnttab_map_ptr", (Action.MANUAL, "notifier_near")),
    ],
)
def test_a_side_of_a_request_may_have_a_name(name: str, expected: tuple[Action, str]) -> None:
    """As it has from Linux 6.1 on."""
    named = REQUESTS.replace("\tstruct {\n\t\tunion", f"\tstruct {name} {{\n\t\tunion", 1)
    assert copied("bench->busy = 0;", requests=named) == expected


def test_a_mapping_may_be_taken_back() -> None:
    mapping = COPYING.replace("gnttab_copy", "gnttab_map")
    assert copied("bench->busy = 0;", mapping) == (Action.MANUAL, "notifier_near")


def test_a_notifier_may_come_to_the_pages_that_are_copied_to() -> None:
    assert copied("tray_empty(bench->tray);") == (Action.KEEP, "mmu_notifier")


def test_a_page_that_is_found_again_in_a_request_is_released_there() -> None:
    drop = "put_page(pfn_to_page(op->dest.u.gmfn));"
    more = f"void tray_drop(struct gnttab_copy *op)\n{{\n\t{drop}\n}}\n"
    releases = copying_group("bench->busy = 0;", more=more).releases
    assert [release.function for release in releases] == ["tray_empty", "tray_drop"]
