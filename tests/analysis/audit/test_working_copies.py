# SPDX-License-Identifier: GPL-2.0-only
"""Pages that a function also notes in an array: only one that it alone has, and only looks at, may
be overlooked."""

from __future__ import annotations

import pytest

from migrate.analysis.audit.model import AuditRule
from tests.analysis.audit.test_audit import findings

CODE = """
struct demo {
	struct page **pages;
	unsigned long nr;
	struct page **noted;
	struct page *first;
	u64 address;
};
GLOBAL
int demo_add(struct demo *demo, unsigned long addr, unsigned long most PARAMETER)
{
	unsigned long i = 0;
	LOCAL
	int got, rc = -EINVAL;

	demo->pages = kcalloc(most, sizeof(*demo->pages), GFP_KERNEL);
	if (!demo->pages)
		goto free_arrays;
	SET
	do {
		i = demo->nr;
		got = get_user_pages_fast(addr + i * PAGE_SIZE, 1, FOLL_WRITE, demo->pages + i);
		if (got < 0) {
			rc = got;
			goto put_pages;
		}
		rc = demo_is_bad(addr);
		if (rc < 0)
			goto put_pages;
		NOTED
		demo->nr++;
	} while (demo->nr < most);
	for (i = 0; i < most; i++) {
		USED
	}
	kfree(noted);
	return 0;
put_pages:
	for (i = 0; i < demo->nr; i++)
		put_page(demo->pages[i]);
free_arrays:
	kfree(noted);
	kfree(demo->pages);
	return rc;
}
BEHIND
"""
HOLES = {
    "GLOBAL": "",
    "PARAMETER": "",
    "LOCAL": "struct page **noted = NULL;",
    "SET": "noted = kcalloc(most, sizeof(*noted), GFP_KERNEL);",
    "NOTED": "noted[i] = demo->pages[i];",
    "USED": "demo->address = page_to_phys(noted[i]); rc = page_size(noted[i]);",
    "BEHIND": "",
}


def left(**changed: str) -> list[str]:
    text = CODE
    for hole, code in (HOLES | changed).items():
        text = text.replace(hole, code)
    return [f.text for f in findings(text) if f.rule is AuditRule.LEFT_BEHIND]


def test_a_page_that_is_not_counted_yet_is_left_behind() -> None:
    """As without the notes."""
    assert left() == left(NOTED="", USED="") == ["kfree(demo->pages);"]


@pytest.mark.parametrize(
    "changed",
    [
        {"USED": "put_page(noted[i]);"},
        {"USED": "demo_use(noted, i);"},
        {"USED": "demo_use(noted[i]);"},
        {"USED": "demo->ops->use(noted);"},
        {"USED": "demo->first = noted[i];"},
        {"USED": "demo->noted = noted;"},
        {"USED": "demo->noted = noted + i;"},
        {"USED": "demo_use(&noted[i]);"},
        {"USED": "memcpy(demo->noted, noted, most * sizeof(*noted));"},
        {"USED": "dma_map_page(demo->dev, noted[i], 0, PAGE_SIZE, DMA_TO_DEVICE);"},
        {"SET": "noted = demo->noted;"},
        {"SET": "noted = demo_array(demo);"},
        {"PARAMETER": ", struct page **noted", "LOCAL": ""},
        {"LOCAL": "static struct page **noted;"},
        {"GLOBAL": "static struct page **noted;", "LOCAL": ""},
        {"LOCAL": "struct page **noted __free(kfree) = NULL;"},
        {"NOTED": "demo->noted[i] = demo->pages[i];"},
        {"NOTED": "*noted = demo->pages[i];"},
        {"BEHIND": "void demo_end(u64 at)\n{\n\tput_page(pfn_to_page(at >> PAGE_SHIFT));\n}"},
    ],
)
def test_a_copy_that_somebody_may_release_is_another_holder(changed: dict[str, str]) -> None:
    assert left(**changed) == []


OWN = """
struct demo {
	u64 address[8];
};
int demo_keep(struct demo *demo, unsigned long addr)
{
	struct page *pages[8], **noted = kcalloc(8, sizeof(*noted), GFP_KERNEL);
	int i = 0;

	if (get_user_pages_fast(addr, 8, 0, pages) != 8)
		return -EFAULT;
	LOOP {
		noted[i] = pages[i];
		demo->address[i] = page_to_phys(noted[i]);
		i++;
	}
	kfree(noted);
	return 0;
}
"""


@pytest.mark.parametrize("loop", ["while (i < 8)", "for (i = 0; i < 8;)", "while (!demo->ready)"])
def test_pages_may_be_kept_by_their_address(loop: str) -> None:
    """Also on the path that does not enter the loop, which may be impossible."""
    assert [f.text for f in findings(OWN.replace("LOOP", loop))] == ["return -EFAULT;"]
