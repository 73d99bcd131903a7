# SPDX-License-Identifier: GPL-2.0-only
"""Pages that are stored with a reference of their own, and pages that only seem to be."""

from __future__ import annotations

import pytest

from migrate.analysis.model import Action
from migrate.analysis.verdicts.classify import verdict
from tests.analysis.memory import pairing_of

DRIVER = """#include <linux/mm.h>
struct slot { struct page *page; struct page *other; };
struct demo { struct page **pages; struct slot *slots; int nr; };

static void demo_show(struct demo *d, struct page **pages, int nr)
{
	struct slot *slot;
	struct page *page;
	int i, j;

%SHOW%
}

int demo_take(struct demo *d, unsigned long addr, int nr)
{
	int got = get_user_pages_fast(addr, nr, FOLL_WRITE, d->pages);

	if (got != nr) {
		while (got > 0)
			put_page(d->pages[--got]);
		return -EFAULT;
	}
	memset(page_address(d->pages[0]), 0, 64);
	demo_show(d, d->pages, nr);
	d->nr = nr;
	return 0;
}

void demo_hide(struct demo *d)
{
	int i;

	for (i = 0; i < d->nr; i++) {
%HIDE%
	}
}

void demo_drop(struct demo *d)
{
	int i;

	for (i = 0; i < d->nr; i++)
		%DROP%
}
"""

OWN = "\tfor (i = 0; i < nr; i++) {\n\t\tslot = &d->slots[i];\n%s\n\t}"
HIDE = "\t\tput_page(d->slots[i].page); d->slots[i].page = NULL;"
DROP = "put_page(d->pages[i]);"


def outcome(show: str, hide: str = HIDE, drop: str = DROP) -> tuple[Action, list[str]]:
    text = DRIVER.replace("%SHOW%", show).replace("%HIDE%", hide).replace("%DROP%", drop)
    (group,) = pairing_of({"drivers/demo/demo.c": text}).groups
    return verdict(group, True).action, [r.function for r in group.releases]


PINNED = {
    "taken after": OWN % "slot->page = pages[i]; get_page(pages[i]);",
    "taken before": OWN % "get_page(pages[i]); slot->page = pages[i];",
    "by a name": OWN % "page = pages[i]; slot->page = page; get_page(page);",
    "in several places of one member": OWN
    % "for (j = 0; j < 4; j++) slot[j].page = pages[i]; get_page(pages[i]);",
    "left early in between": OWN
    % "for (j = 0; j < 4; j++) { if (i + j > nr) break; slot[j].page = pages[i]; }"
    " get_page(pages[i]);",
    "on a condition, both": OWN % "if (j) { slot->page = pages[i]; get_page(pages[i]); }",
}

MANUAL = {
    "not on one path": OWN % "slot->page = pages[i]; if (j) get_page(pages[i]);",
    "skipped by an error": OWN % "slot->page = pages[i]; if (j) return; get_page(pages[i]);",
    "skipped by continue": OWN % "slot->page = pages[i]; if (j) continue; get_page(pages[i]);",
    "of the next page": OWN % "slot->page = pages[i]; i++; get_page(pages[i]);",
    "of the page before": OWN % "get_page(pages[i]); i++; slot->page = pages[i];",
    "of another page": OWN % "slot->page = pages[i]; get_page(pages[0]);",
    "by a variable of others": OWN % "slot->page = pages[shown]; get_page(pages[shown]);",
    "by a variable that outlives the call": OWN
    % "static int n; slot->page = pages[n]; get_page(pages[n]);",
    "by a variable that others may set": OWN
    % "set(&j); slot->page = pages[j]; get_page(pages[j]);",
    "it may fail": OWN % "slot->page = pages[i]; if (!try_get_page(pages[i])) return;",
    "unless it is zero": OWN % "slot->page = pages[i]; get_page_unless_zero(pages[i]);",
    "two members": OWN % "slot->page = pages[i]; slot->other = pages[i]; get_page(pages[i]);",
    "a member and a list of others": OWN
    % "slot->page = pages[i]; d->pages[i + nr] = pages[i]; get_page(pages[i]);",
    "two references": OWN % "slot->page = pages[i]; get_page(pages[i]); get_page(pages[i]);",
    "the page changes in between": OWN
    % "page = pages[i]; slot->page = page; page = pages[0]; get_page(page);",
    "the array changes in between": OWN
    % "slot->page = pages[i]; pages[i] = pages[0]; get_page(pages[i]);",
    "filled in between": OWN % "slot->page = pages[i]; refill(pages); get_page(pages[i]);",
    "only in one configuration": OWN
    % "slot->page = pages[i];\n#ifdef CONFIG_HOLD\nget_page(pages[i]);\n#endif\n",
}


@pytest.mark.parametrize("which", PINNED)
def test_a_reference_of_its_own_is_not_that_of_the_acquire(which: str) -> None:
    action, releases = outcome(PINNED[which])
    assert action is Action.PIN
    assert releases == ["demo_take", "demo_drop"]


@pytest.mark.parametrize("which", MANUAL)
def test_what_may_be_that_of_the_acquire(which: str) -> None:
    assert outcome(MANUAL[which])[0] is Action.MANUAL


TAKEN = PINNED["taken after"]


def test_the_reference_of_the_acquire_has_to_be_dropped_elsewhere() -> None:
    assert outcome(TAKEN, drop="d->pages[i] = NULL;")[0] is Action.MANUAL


BRIEF = {
    "by a helper that gets them": ("struct page **pages, int nr", "pages", "d->pages"),
    "by a helper that finds them": ("struct demo *d, int nr", "d->pages", "d"),
}


def brief(which: str, drop: str) -> Action:
    """The verdict if demo_take() also drops the pages, by a helper."""
    parameters, pages, argument = BRIEF[which]
    put = (
        f"static void demo_put({parameters})\n{{\n\tint i;\n\n\tfor (i = 0; i < nr; i++)\n"
        f"\t\tput_page({pages}[i]);\n}}\n\nint demo_take("
    )
    text = DRIVER.replace("%SHOW%", TAKEN).replace("%HIDE%", HIDE).replace("%DROP%", drop)
    text = text.replace("int demo_take(", put)
    text = text.replace("\td->nr = nr;\n", f"\tdemo_put({argument}, nr);\n\td->nr = nr;\n")
    (group,) = pairing_of({"drivers/demo/demo.c": text}).groups
    return verdict(group, True).action


@pytest.mark.parametrize("which", BRIEF)
def test_it_has_to_be_dropped_after_the_acquire_has_returned(which: str) -> None:
    """Else what is in the slots is all that holds the pages, whatever is done with them there."""
    assert brief(which, "memset(page_address(d->slots[i].page), 0, 64);") is Action.MANUAL


def test_a_helper_of_others_finds_what_is_kept() -> None:
    """One that gets them as an argument may be called while they are only in the slots besides."""
    assert brief("by a helper that finds them", "demo_put(d, 1);") is Action.PIN
    assert brief("by a helper that gets them", "demo_put(d->pages, 1);") is Action.MANUAL


def test_its_own_reference_has_to_be_dropped() -> None:
    assert outcome(TAKEN, hide="\t\td->slots[i].page = NULL;")[0] is Action.MANUAL


@pytest.mark.parametrize(
    "hide",
    [
        "\t\tput_page(d->slots[i].page);",
        "\t\tput_page(d->slots[i].page); put_page(d->slots[i].page); d->slots[i].page = NULL;",
        "\t\tput_page(d->slots[i].page); d->slots[i].other = NULL;",
        HIDE + "\t}\n}\nvoid demo_done(struct slot *slot)\n{\n\t{\n\t\tput_page(slot->page);",
    ],
)
def test_it_has_to_be_dropped_once(hide: str) -> None:
    """Else one of two may be that of the acquire."""
    assert outcome(TAKEN, hide)[0] is Action.MANUAL


def test_another_release_may_also_drop_it() -> None:
    moved = "\t\tput_page(d->pages[i]); d->pages[i] = d->slots[i].page;"
    assert outcome(TAKEN, moved)[0] is Action.MANUAL
    assert outcome(TAKEN, HIDE + moved)[0] is Action.MANUAL
