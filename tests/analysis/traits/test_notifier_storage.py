# SPDX-License-Identifier: GPL-2.0-only
"""An MMU notifier covers pages when its own code works on the objects that hold them."""

from __future__ import annotations

import pytest

from migrate.analysis.model import Action
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.memory import pairing_of
from tests.analysis.traits.test_notifier_reach import DRIVER, KICKED, rule_of

COVERED = (Action.KEEP, "mmu_notifier")


@pytest.mark.parametrize(
    ("done", "more"),
    [
        ("tray_empty(bench->tray);", ""),
        ("bench->tray->page = NULL;", ""),
        ("if (!bench->tray)\n\t\treturn true;\n\tbench_idle(bench, bench->tray);", ""),
        ("bench_kick(bench);", KICKED % "bench->tray->next = bench->tray;"),
        ("bench_each(bench, bench_kick);", KICKED % "tray_empty(bench->tray);"),
    ],
)
def test_operations_that_name_the_object(done: str, more: str) -> None:
    assert rule_of(done, more) == COVERED


@pytest.mark.parametrize(
    ("done", "more"),
    [
        ("bench_tell(bench);", ""),
        ("bench_each(bench, bench_hook);", ""),
        ("bench->ops->kick(bench);", KICKED % "tray_empty(bench->tray);"),
    ],
)
def test_what_another_file_may_do_is_no_proof(done: str, more: str) -> None:
    assert rule_of(done, more + SECOND) == (Action.MANUAL, "notifier_near")


SECOND = """
static void bench_late(struct work_struct *work)
{
	tray_empty(container_of(work, struct bench, work)->tray);
}

void bench_init(struct bench *bench)
{
	INIT_WORK(&bench->work, bench_late);
}
"""


def test_operations_that_are_not_known_are_no_proof() -> None:
    assert rule_of("tray_empty(bench->tray);", ops="bench->ops") == (
        Action.MANUAL,
        "notifier_near",
    )


def test_another_struct_than_that_with_the_pages() -> None:
    crate = "struct crate {\n\tstruct tray *tray;\n\tint busy;\n};\n"
    text = DRIVER.replace("struct tray *tray;\n\tint busy;", "struct crate *crate;")
    done = "bench->crate->busy = 0;\n\tqueue_work(bench->queue, &bench->work);"
    text = text.replace("struct bench {", crate + "struct bench {", 1)
    text = text.replace("MORE", SECOND.replace("->tray", "->crate->tray"))
    text = text.replace("DONE", done).replace("OPS", "&bench_ops")
    (group,) = pairing_of({"drivers/demo/demo.c": text}).groups
    assert verdict(group, pins_read_only=True).rule == "notifier_near"


def test_pages_that_are_asked_for_long_are_held_whatever_it_does() -> None:
    text = DRIVER.replace("FOLL_WRITE", "FOLL_WRITE | FOLL_LONGTERM").replace("MORE", "")
    text = text.replace("DONE", "tray_empty(bench->tray);").replace("OPS", "&bench_ops")
    (group,) = pairing_of({"drivers/demo/demo.c": text}).groups
    assert verdict(group, pins_read_only=True).action is Action.PIN
