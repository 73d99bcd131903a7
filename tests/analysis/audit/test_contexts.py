# SPDX-License-Identifier: GPL-2.0-only
"""Releases that may sleep, and where they are called."""

from __future__ import annotations

import pytest

from migrate.analysis.audit.model import AuditRule, Finding
from tests.analysis.audit.test_audit import findings

CODE = """
struct demo {
	struct page *page;
	spinlock_t lock;
	struct tasklet_struct task;
};
int demo_start(struct demo *demo, unsigned long start)
{
	if (pin_user_pages_fast(start, 1, FOLL_WRITE | FOLL_LONGTERM, &demo->page) != 1)
		return -EFAULT;
	return 0;
}
static void demo_release(struct demo *demo, int flag)
{
	unpin_user_pages_dirty_lock(&demo->page, 1, true);
}
static void demo_task(struct tasklet_struct *task)
{
	struct demo *demo = container_of(task, struct demo, task);

	TASK
}
void demo_end(struct demo *demo, int flag)
{
	BODY
}
"""


def found(body: str, task: str = "") -> list[Finding]:
    text = CODE.replace("BODY", body).replace("TASK", task)
    return [f for f in findings(text) if f.rule is AuditRule.SLEEPS]


LOCKED = "spin_lock(&demo->lock);\n\tdemo_release(demo, flag);\n\tspin_unlock(&demo->lock);"


@pytest.mark.parametrize(
    ("body", "task", "why"),
    [
        (LOCKED, "", "nothing may sleep from here on"),
        (LOCKED.replace("spin_", "read_"), "", "nothing may sleep from here on"),
        ("rcu_read_lock();\n\tdemo_release(demo, 1);\n\trcu_read_unlock();", "", "nothing may"),
        ("tasklet_setup(&demo->task, demo_task);", "demo_release(demo, 1);", "made a tasklet"),
    ],
)
def test_what_may_sleep_where_nothing_may(body: str, task: str, why: str) -> None:
    (finding,) = found(body, task)
    assert finding.text == "unpin_user_pages_dirty_lock(&demo->page, 1, true);"
    assert finding.message.startswith("unpin_user_pages_dirty_lock() may sleep")
    assert finding.evidence[0].kind == "calls demo_release()"
    assert finding.evidence[-1].kind.startswith(why)


@pytest.mark.parametrize(
    ("body", "task"),
    [
        ("demo_release(demo, flag);", ""),
        # given up before
        ("spin_lock(&demo->lock);\n\tspin_unlock(&demo->lock);\n\tdemo_release(demo, 1);", ""),
        # another lock than the one that is given up: a mutex sleeps itself
        (LOCKED.replace("spin_", "mutex_"), ""),
        # not on every way
        ("if (flag)\n\t\tspin_lock(&demo->lock);\n\tdemo_release(demo, flag);", ""),
        # a tasklet that does something else
        ("tasklet_setup(&demo->task, demo_task);\n\tdemo_release(demo, flag);", "demo->page++;"),
        # somebody asks first
        (f"if (in_interrupt())\n\t\treturn;\n\t{LOCKED}", ""),
    ],
)
def test_where_sleeping_is_allowed(body: str, task: str) -> None:
    assert found(body, task) == []


def test_nothing_dirty_needs_no_lock_of_a_page() -> None:
    text = CODE.replace("BODY", LOCKED).replace("TASK", "")
    assert [f.rule for f in findings(text)] == [AuditRule.SLEEPS]
    assert findings(text.replace("1, true)", "1, false)")) == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("guard(spinlock)(&demo->lock);", ""),
        ("guard(raw_spinlock_irqsave)(&demo->lock);", ""),
        ("guard(rcu)();", ""),
        ("scoped_guard(spinlock_irqsave, &demo->lock) {", "}"),
        ("if (!spin_trylock(&demo->lock))\n\t\treturn;", "spin_unlock(&demo->lock);"),
        ("bit_spin_lock(0, &demo->word);", "bit_spin_unlock(0, &demo->word);"),
        ("void *at = kmap_atomic(demo->page);", "kunmap_atomic(at);"),
    ],
)
def test_other_ways_to_take_a_lock(before: str, after: str) -> None:
    (finding,) = found(f"{before}\n\tdemo_release(demo, flag);\n\t{after}")
    assert finding.rule is AuditRule.SLEEPS


@pytest.mark.parametrize(
    "body",
    [
        "guard(mutex)(&demo->mutex);\n\tdemo_release(demo, flag);",
        "if (flag) {\n\t\tguard(spinlock)(&demo->lock);\n\t\tflag = 0;\n\t}\n"
        "\tdemo_release(demo, flag);",
        "scoped_guard(spinlock, &demo->lock) {\n\t\tflag = 0;\n\t}\n\tdemo_release(demo, flag);",
        "if (spin_trylock(&demo->lock)) {\n\t\tspin_unlock(&demo->lock);\n\t\treturn;\n\t}\n"
        "\tdemo_release(demo, flag);",
        "void *at = kmap_atomic(demo->page);\n\tkunmap_atomic(at);\n\tdemo_release(demo, flag);",
    ],
)
def test_outside_of_their_scopes_it_may_sleep(body: str) -> None:
    assert found(body) == []


GIVEN_UP = """
static void demo_dequeue(struct demo *demo, int flag)
{
	FIRST
	demo_release(demo, flag);
}
"""
DEQUEUED = "spin_lock(&demo->lock);\n\tdemo_dequeue(demo, flag);"


def after(first: str, body: str = DEQUEUED, task: str = "") -> list[Finding]:
    text = CODE.replace("static void demo_task", f"{GIVEN_UP}\nstatic void demo_task")
    text = text.replace("FIRST", first).replace("BODY", body).replace("TASK", task)
    return [f for f in findings(text) if f.rule is AuditRule.SLEEPS]


@pytest.mark.parametrize(
    "first",
    [
        "spin_unlock(&demo->lock);",
        "spin_unlock_irq(&demo->lock);",
        "if (flag)\n\t\tspin_unlock(&demo->lock);",
    ],
)
def test_a_lock_that_a_callee_gives_up_is_not_held(first: str) -> None:
    assert after(first) == []


@pytest.mark.parametrize(
    "first", ["", "spin_lock(&demo->other);\n\tspin_unlock(&demo->other);", "flag = 0;"]
)
def test_a_lock_that_no_callee_gives_up_is_held(first: str) -> None:
    assert len(after(first)) == 1


def test_a_lock_that_was_given_up_does_not_end_a_tasklet() -> None:
    body = "tasklet_setup(&demo->task, demo_task);"
    assert len(after("spin_unlock(&demo->lock);", body, DEQUEUED)) == 1


def test_a_lock_that_is_given_up_afterwards_is_held() -> None:
    first = "demo_release(demo, 1);\n\tspin_unlock(&demo->lock);\n\tdemo_look(demo);\n\treturn;"
    assert len(after(first)) == 1


def test_the_caller_of_the_caller_does_not_hold_it_either() -> None:
    between = (
        "static void demo_between(struct demo *demo, int flag)\n{\n\tdemo_dequeue(demo, 1);\n}\n"
    )
    body = DEQUEUED.replace("demo_dequeue", "demo_between")
    for first, count in (("spin_unlock(&demo->lock);", 0), ("", 1)):
        text = CODE.replace("static void demo_task", f"{GIVEN_UP}\n{between}static void demo_task")
        text = text.replace("FIRST", first).replace("BODY", body).replace("TASK", "")
        assert len([f for f in findings(text) if f.rule is AuditRule.SLEEPS]) == count


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("local_irq_disable()", "local_irq_enable()"),
        ("local_irq_save(flags)", "local_irq_restore(flags)"),
        ("local_bh_disable()", "local_bh_enable()"),
        ("preempt_disable()", "preempt_enable()"),
        ("rcu_read_lock()", "rcu_read_unlock()"),
        ("write_lock_irq(&demo->lock)", "write_unlock_irq(&demo->lock)"),
    ],
)
def test_from_where_to_where_nothing_may_sleep(begin: str, end: str) -> None:
    assert len(found(f"{begin};\n\tdemo_release(demo, flag);\n\t{end};")) == 1
    assert found(f"{begin};\n\t{end};\n\tdemo_release(demo, flag);") == []
    assert found(f"demo_release(demo, flag);\n\t{begin};\n\t{end};") == []


def test_the_end_of_another_context_ends_none() -> None:
    body = "preempt_disable();\n\tlocal_bh_disable();\n\tlocal_bh_enable();\n"
    assert len(found(f"{body}\tdemo_release(demo, flag);\n\tpreempt_enable();")) == 1


ROUND = """
static void demo_retry(struct demo *demo, int flag);
static void demo_try(struct demo *demo, int flag)
{
	demo_release(demo, flag);
	if (flag)
		demo_retry(demo, flag - 1);
}
static void demo_retry(struct demo *demo, int flag)
{
	demo_try(demo, flag);
}
"""


@pytest.mark.parametrize(
    ("body", "sleeps"),
    [
        ("demo_try(demo, flag);", 0),
        (LOCKED.replace("demo_release", "demo_retry"), 1),
    ],
)
def test_functions_that_call_each_other(body: str, sleeps: int) -> None:
    text = (
        CODE.replace("BODY", body)
        .replace("TASK", "")
        .replace("void demo_end", ROUND + "void demo_end")
    )
    assert sum(f.rule is AuditRule.SLEEPS for f in findings(text)) == sleeps
