# SPDX-License-Identifier: GPL-2.0-only
"""Pages with which nothing is done are pinned where a hypervisor works on their data by address."""

from __future__ import annotations

import pytest

from migrate.analysis.model import Action, Verdict
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.memory import pairing_of

HEADER = """
#define set_handle(handle, value) do { (handle).p = value; } while (0)
int HYPERVISOR_dm_op(int domain, unsigned int count, struct relay_arg *args);
int HYPERVISOR_event(int domain, struct relay_arg *args);
"""
DRIVER = """
#include <xen/hypercall.h>

struct relay_buffer {
	void __user *start;
	unsigned long size;
};

struct relay_arg {
	union { void __user *p; } handle;
	unsigned long size;
};

static int relay_hold(struct relay_buffer *buffers, unsigned int count, struct page **pages)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		int held = get_user_pages_fast((unsigned long)buffers[i].start, 1, FOLL_WRITE, pages);

		if (held < 0)
			return held;
		pages += held;
	}
	return 0;
}

static void relay_let_go(struct page **pages, unsigned int count)
{
	unsigned int i;

	if (!pages)
		return;
	for (i = 0; i < count; i++) {
		if (pages[i])
			put_page(pages[i]);
	}
}

static long relay_do(struct relay_buffer *buffers, unsigned int count, int domain)
{
	struct relay_arg *args = kcalloc(count, sizeof(*args), GFP_KERNEL);
	struct relay_arg *other = kcalloc(count, sizeof(*args), GFP_KERNEL);
	struct page **pages = kcalloc(count, sizeof(*pages), GFP_KERNEL);
	unsigned int i;
	long ret;

	ret = relay_hold(buffers, count, pages);
	if (ret)
		goto out;
	for (i = 0; i < count; i++)
		set_handle(args[i].handle, buffers[i].start);
	ret = HYPERVISOR_dm_op(domain, count, args);
out:
	relay_let_go(pages, count);
	kfree(args);
	kfree(other);
	kfree(pages);
	return ret;
}
"""
ENTRY = """
static long relay_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return relay_do((void *)arg, cmd, 1);
}
static const struct file_operations relay_fops = { .unlocked_ioctl = relay_ioctl };
"""
CALL = "ret = HYPERVISOR_dm_op(domain, count, args);"


def decided(*changes: tuple[str, str], beside: str = "") -> Verdict:
    """The verdict for the driver with each `changes` made, and `beside` in the same file."""
    text = DRIVER
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    files = {"include/xen/hypercall.h": HEADER, "drivers/relay/relay.c": text + ENTRY + beside}
    (group,) = pairing_of(files).groups
    return verdict(group, pins_read_only=True)


def test_they_are_held_for_the_hypervisor() -> None:
    found = decided()
    assert (found.action, found.rule, found.case) == (Action.PIN, "held_for_addresses", "1")
    assert [e.text for e in found.evidence] == [CALL]
    assert "HYPERVISOR_dm_op()" in found.reason


def test_a_function_that_does_all_of_it() -> None:
    hold = DRIVER[DRIVER.index("static int relay_hold") : DRIVER.index("static void relay_let")]
    call = "get_user_pages_fast((unsigned long)buffers->start, 1, FOLL_WRITE, pages)"
    found = decided((hold, ""), ("relay_hold(buffers, count, pages)", call))
    assert found.rule == "held_for_addresses"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param([(CALL, "")], id="only faulted in"),
        pytest.param([(CALL, "ret = relay_tell(domain, count, args);")], id="nobody knows why"),
        pytest.param([(CALL, "ret = HYPERVISOR_event(domain, args);")], id="another hypercall"),
        pytest.param([(CALL, CALL.replace("args", "other"))], id="other memory"),
        pytest.param([(CALL, "copy_to_user(buffers->start, &ret, 8);")], id="the kernel itself"),
        pytest.param([(CALL, "for (i = 0; pages[i]; i++)\n\t\tret++;")], id="only counted"),
        pytest.param([(CALL, "ret = PageDirty(pages[0]);")], id="only looked at"),
        pytest.param([(CALL, CALL + " ret += PageDirty(pages[0]);")], id="looked at as well"),
        pytest.param([(CALL, ""), ("\tkfree(args);", f"\t{CALL}\n\tkfree(args);")], id="after"),
        pytest.param(
            [(CALL, ""), ("\tret = relay_hold", f"\t{CALL}\n\tret = relay_hold")], id="before"
        ),
        pytest.param([("FOLL_WRITE", "0")], id="not to be written to"),
    ],
)
def test_they_may_be_held_for_something_else(changes: list[tuple[str, str]]) -> None:
    found = decided(*changes)
    assert found.action is not Action.PIN, found.reason


def test_one_caller_that_does_not_is_enough() -> None:
    beside = """
static void relay_probe(struct relay_buffer *buffers)
{
	struct page *pages[1];

	relay_hold(buffers, 1, pages);
	relay_let_go(pages, 1);
}
"""
    assert decided(beside=beside).rule == "nothing_recognised"


def test_a_notifier_of_the_file_may_be_for_them() -> None:
    beside = """
static int relay_watch(struct relay *relay, struct mm_struct *mm)
{
	return mmu_notifier_register(&relay->notifier, mm);
}
"""
    assert decided(beside=beside).action is not Action.PIN
