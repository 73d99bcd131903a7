# SPDX-License-Identifier: GPL-2.0-only
"""Every semantic patch runs by hand, by the command that its own header gives."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from migrate.base.data import data_folder

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
RULES = sorted((*data_folder("cocci").glob("rewrite/**/*.cocci"), *EXAMPLES.glob("*/*.cocci")))
PLACED = [rule for rule in RULES if "virtual.at" in rule.read_text()]
"""Those that are told where to work; the others find their calls by a name that nobody else has."""

SITE = """\
int f(struct page **p)
{
	put_page(p[0]);
	pin_pages(p);
	use(FOLL_GET);
	release_pages(p, 1, 0);
	return get_longterm_page(addr(p), write);
}
"""
LOOPS = """\
void f(struct page **p, int n, bool write)
{
	int i, k;

	if (n) {
		while (k--)
			put_page(p[k]);
	}
	for (i = 0; i < n; i++) {
		if (write)
			set_page_dirty_lock(p[i]);
		put_page(p[i]);
	}
	while (write) {
		look(p);
	}
}
"""
ALWAYS_DIRTY_LOOP = """\
	while (k-- > 0) {
		set_page_dirty_lock(p[k]);
		put_page(p[k]);
	}
"""
ALWAYS_DIRTY = "void f(struct page **p, int k)\n{\n" + ALWAYS_DIRTY_LOOP + "}\n"
DIRTY_LOOP = """\
	for (i = 0; i < n; i++) {
		if (write)
			set_page_dirty_lock(p[i]);
		put_page(p[i]);
	}
"""
FOLLOW = """\
int f(struct vm_area_struct *vma, unsigned long addr)
{
	struct page *page;

	if (get_user_pages(addr, 1, FOLL_WRITE, &page, NULL) <= 0)
		return -EFAULT;
	return 0;
}
"""
FOLLOWED = """\
	page = NULL;
	if (!fixup_user_fault(vma->vm_mm, addr, FAULT_FLAG_WRITE, NULL))
		page = follow_page(vma, addr, FOLL_GET | FOLL_WRITE);
	if (IS_ERR_OR_NULL(page))
"""
COUNTED = """\
int f(unsigned long addr, struct page **p)
{
	return lookup_user_page_fast(addr, 1, 0, p);
}
"""
EXPORT = """\
struct page *follow_page(unsigned long address)
{
	return look_up(address);
}
"""
ALIAS = """\
static void demo_put(struct page *page)
{
	put_user_page(page);
}

"""
ONE_PAGE = """\
int f(unsigned long addr, struct page **p)
{
	int ret = vaddr_get_page(addr, 1, 0, p);

	return ret ? ret : vaddr_get_page(addr, 1, FOLL_WRITE, p, NULL);
}
"""
NO_PAGE = """\
int f(unsigned long addr)
{
	int ret = vaddr_fault_in_locked(addr, 1, 0, NULL);

	return ret ? ret : vaddr_fault_in_locked(addr, 1, FOLL_WRITE, NULL, NULL);
}
"""
LEFT = """\
int f(struct page *page, int shift)
{
	if (shift > 20)
		return -EINVAL;
	return 0;
}
"""
TAKEN = """\
int f(struct iov_iter *iter)
{
	ret = iov_iter_get_pages_alloc2(iter, &pages, 1, &start);
	put_page(pages[0]);
	return ret;
}
"""
TAKE = TAKEN.splitlines(keepends=True)[2]
EXTRACT = """\
	pages = NULL;
	ret = iov_iter_extract_pages(iter, &pages, 1, UINT_MAX, 0, &start);
	if (ret <= 0) {
		kvfree(pages);
		pages = NULL;
	}
"""
ASKED = "	if (iov_iter_extract_will_pin(iter)) put_page(pages[0]);\n"
FAULT = """\
void f(struct mm_struct *mm, unsigned long addr)
{
	int locked = 1;

	mmap_read_lock(mm);
	get_user_pages_remote(mm, addr, 1, 0, NULL, NULL, &locked);
	if (locked)
		mmap_read_unlock(mm);
}
"""
FAULTED = """\
void f(struct mm_struct *mm, unsigned long addr)
{
	bool unlocked = false;

	mmap_read_lock(mm);
	fixup_user_fault(mm, addr, FAULT_FLAG_REMOTE, &unlocked);
	mmap_read_unlock(mm);
}
"""
SITES = {
    "ask-first": TAKEN,
    "extract-pages": TAKEN,
    "fault-in": FAULT,
    "lookup": COUNTED,
    "one-page": ONE_PAGE,
    "no-page": NO_PAGE,
    "drop-function": "int first;\n\n" + ALIAS + SITE,
    "follow-page": FOLLOW,
    "export-function": EXPORT,
    "fold-loop": LOOPS,
    "fold-dirty-loop": LOOPS,
    "fold-dirty-always": ALWAYS_DIRTY,
    "drop-variable": LOOPS,
    "drop-braces": LOOPS,
    "release-before": LEFT,
    "if-positive": "void f(struct page **p, int n)\n{\n\tput_pages(p, n);\n}\n",
}
"""For rules that SITE, the file for the others, has nothing for."""

BY_HAND = {
    "if-positive": (
        "	put_pages(p, n);",
        "	if (n > 0) put_pages(p, n);",
        {"at": "L3C1"},
    ),
    "release-before": (
        "20)\n\t\treturn -EINVAL;\n",
        "20) {\n\t\tput_page(page);\n\t\treturn -EINVAL;\n\t}\n",
        {"at": "L4C2"},
    ),
    "dirty-before": (
        "	put_page(p[0]);",
        "	set_page_dirty_lock(p[0]);\n	put_page(p[0]);",
        {"at": "L3C1"},
    ),
    "ask-first": ("	put_page(pages[0]);\n", ASKED, {}),
    "extract-pages": (TAKE, EXTRACT, {}),
    "fault-in": (FAULT, FAULTED, {}),
    "lookup": ("(addr, 1, 0, p)", "(addr, 0, p)", {}),
    "one-page": (
        ONE_PAGE,
        ONE_PAGE.replace("addr, 1,", "addr,").replace(", NULL", ""),
        {},
    ),
    "no-page": (
        NO_PAGE,
        NO_PAGE.replace("addr, 1,", "addr,").replace(", NULL", ""),
        {},
    ),
    "rename-call": ("	put_page(p[0]);", "	put_user_page(p[0]);", {}),
    "drop-flag": ("use(FOLL_GET)", "use(0)", {}),
    "add-flag": ("(addr(p), write)", "(addr(p), write | FOLL_LONGTERM)", {"at": "L7C35L7C40"}),
    "write-to-flag": ("write);", "write ? FOLL_WRITE : 0);", {"at": "L7C35L7C40"}),
    "append-argument": ("pin_pages(p)", "pin_pages(p, NULL)", {}),
    "drop-last-argument": ("release_pages(p, 1, 0)", "release_pages(p, 1)", {}),
    "fold-loop": ("while (k--)\n\t\t\tput_page(p[k]);", "put_user_pages(p, k);", {}),
    "fold-dirty-loop": (DIRTY_LOOP, "\tput_user_pages_dirty_lock(p, n, write);\n", {}),
    "fold-dirty-always": (ALWAYS_DIRTY_LOOP, "\tput_user_pages_dirty_lock(p, k);\n", {}),
    "follow-page": (FOLLOW.splitlines(keepends=True)[4], FOLLOWED, {}),
    "export-function": ("}\n", "}\nEXPORT_SYMBOL_GPL(follow_page);\n", {}),
    "drop-variable": ("int i, k;", "int i;", {"at": "L3C8"}),
    "drop-function": (ALIAS, "", {}),
    "drop-braces": (
        "(write) {\n\t\tlook(p);\n\t}\n",
        "(write)\n\t\t\n\t\tlook(p);\n",
        {"at": "L14C15"},
    ),
}


def command(rule: Path) -> list[str]:
    """The words of the command in the header of `rule`."""
    text = rule.read_text()
    found = re.search(r"^// Usage:\n((?://\t.*\n)+)", text, re.M)
    assert found, f"{rule} has no usage"
    lines = found.group(1).replace("//\t", "").replace("\\\n", " ")
    return shlex.split(lines)


def header(rule: Path) -> str:
    return rule.read_text().split("\nvirtual ", 1)[0]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.stem)
def test_the_header_is_as_the_kernel_has_it(rule: Path) -> None:
    lines = header(rule).splitlines()
    assert lines[0] == "// SPDX-License-" + "Identifier: GPL-2.0-only"
    assert lines[1].startswith("/// ")
    for word in ("Confidence:", "Copyright:", "Comments:", "Options:", "Usage:"):
        assert any(line.startswith(f"// {word}") for line in lines), word
    assert max(map(len, header(rule).expandtabs().splitlines())) <= 80


def tidy(text: str) -> str:
    """Without blank lines: Coccinelle 1.1 leaves one where a brace was, 1.3 does not."""
    return "".join(line for line in text.splitlines(keepends=True) if line.strip())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.stem)
def test_it_runs_by_hand(rule: Path, tmp_path: Path) -> None:
    old, new, defines = BY_HAND[rule.stem]
    site = tmp_path / "site.c"
    site.write_text(SITES.get(rule.stem, SITE))
    words = command(rule)
    assert words[0] == "spatch"
    words = [str(site) if w == "FILE" else str(rule) if w.endswith(".cocci") else w for w in words]
    for key, value in defines.items():
        words = [f"{key}={value}" if w.startswith(f"{key}=") else w for w in words]
    ran = subprocess.run([*words, "--very-quiet", "--in-place"], cwd=tmp_path, check=False)
    assert ran.returncode == 0
    before = SITES.get(rule.stem, SITE)
    assert old in before
    assert tidy(site.read_text()) == tidy(before.replace(old, new))


@pytest.mark.parametrize("rule", PLACED, ids=lambda rule: rule.stem)
def test_it_does_nothing_at_other_places(rule: Path, tmp_path: Path) -> None:
    site = tmp_path / "site.c"
    site.write_text(SITES.get(rule.stem, SITE))
    words = [
        str(site) if w == "FILE" else str(rule) if w.endswith(".cocci") else w
        for w in command(rule)
    ]
    words = ["at=L1C0_L3C9L3C10" if w.startswith("at=") else w for w in words]
    subprocess.run([*words, "--very-quiet", "--in-place"], cwd=tmp_path, check=True)
    assert site.read_text() == SITES.get(rule.stem, SITE)


@pytest.mark.parametrize("name", ["rename-call", "drop-flag"])
def test_it_lists_places_in_report_mode(name: str, tmp_path: Path) -> None:
    rule = next(rule for rule in RULES if rule.stem == name)
    site = tmp_path / "site.c"
    site.write_text(SITES.get(rule.stem, SITE))
    words = [
        str(site) if w == "FILE" else str(rule) if w.endswith(".cocci") else w
        for w in command(rule)
    ]
    words = ["report" if w == "patch" else w for w in words]
    ran = subprocess.run([*words, "--very-quiet"], cwd=tmp_path, capture_output=True, check=True)
    line = {"rename-call": 3, "drop-flag": 5}[name]
    assert re.search(rf"site\.c:{line}:\d+-\d+: WARNING: ".encode(), ran.stdout)
    assert site.read_text() == SITE


def test_no_rule_names_a_place_of_the_kernel() -> None:
    for rule in RULES:
        assert not re.search(r"\b(drivers|arch|net|fs|sound)/", rule.read_text())
