# SPDX-License-Identifier: GPL-2.0-only
"""The stand-ins for the kernel's own scripts answer as those do."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

TALLY = "drivers/char/tally/tally_main.c"
PRISM = "drivers/gpu/prism/prism_userptr.c"
HEAD = """\
From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: Test Author <author@example.org>
Date: Mon, 1 Jan 2024 00:00:00 +0000
Subject: [PATCH] tally: pin the page

{body}

{signed}
---
 drivers/char/tally/tally_main.c | 1 +
 1 file changed, 1 insertion(+)

diff --git a/{path} b/{path}
index 1111111..2222222 100644
--- a/{path}
+++ b/{path}
@@ -20,3 +20,{lines} @@ static int tally_store(struct tally *tally)
"""


def patch(
    *added: str,
    path: str = TALLY,
    body: str = "Because.",
    signed: str = "Signed-off-by: Test Author <author@example.org>",
) -> str:
    """A mail with one patch that puts the lines `added` between three lines of context."""
    head = HEAD.format(path=path, body=body, signed=signed, lines=3 + len(added))
    lines = [" \tint ret;", *("+" + line for line in added), " \tvoid *kaddr;", " \tu64 *count;"]
    return head + "\n".join([*lines, "-- ", "2.39.2", ""])


def run(tree: Path, script: str, *args: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [f"scripts/{script}", *args], cwd=tree, input=stdin, capture_output=True, text=True
    )


def maintainers(tree: Path, *args: str, stdin: str = "") -> list[str]:
    done = run(tree, "get_maintainer.pl", "--nogit", "--nogit-fallback", *args, stdin=stdin)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_the_deepest_section_comes_first(mini_source: Path) -> None:
    assert maintainers(mini_source, "-f", TALLY) == [
        "Sam Abacus <sam@tally.example.org> (maintainer:TALLY COUNTERS)",
        "Greta Holm <greta@char.example.org> (supporter:CHARACTER AND MISC DRIVERS)",
        '"Åsa Lindqvåg" <asa@char.example.org> (supporter:CHARACTER AND MISC DRIVERS)',
        "linux-kernel@lists.example.org (open list:CHARACTER AND MISC DRIVERS)",
    ]
    assert maintainers(mini_source, "--no-email", "--no-l", "--subsystem", "-f", TALLY) == [
        "TALLY COUNTERS",
        "CHARACTER AND MISC DRIVERS",
        "THE REST",
    ]


def test_parts_can_be_left_out(mini_source: Path) -> None:
    plain = ["--norolestats", "-f", PRISM]
    assert maintainers(mini_source, "--no-l", *plain) == [
        "Lucia Stein <lucia@prism.example.org>",
        "Dave Fenwick <dave@graphics.example.org>",
        "Rob Clay <rob@prism.example.org>",
    ]
    assert maintainers(mini_source, "--nom", "--no-r", *plain) == [
        "graphics@lists.example.org",
        "linux-kernel@lists.example.org",
    ]
    assert "prism-private@lists.example.org" in maintainers(mini_source, "--s", *plain)
    assert "lucia@prism.example.org" in maintainers(mini_source, "--no-n", *plain)


def test_exclusions_and_expressions_are_heard(mini_source: Path) -> None:
    def titles(path: str) -> list[str]:
        return maintainers(mini_source, "--noemail", "--nol", "--subsystem", "-f", path)

    assert titles("drivers/misc/strongbox/strongbox_shm.c") == ["STRONGBOX", "THE REST"]
    assert "BROOK HOST ADAPTERS" in titles("drivers/infiniband/hw/brook/brook_mem.c")
    assert titles("include/linux/mm.h") == ["MEMORY MANAGEMENT", "THE REST"]
    assert titles("include/linux/slab.h") == ["THE REST"]
    assert titles("mm/gup.c")[0] == "GET USER PAGES"
    assert titles("drivers/virt/hatch/hatch_ioctl.c")[0] == (
        "VIRTUALIZATION GUEST SERVICES, QUEUES AND NOTIF..."
    )


def test_a_patch_on_standard_input_is_as_good_as_its_files(mini_source: Path) -> None:
    assert maintainers(mini_source, stdin=patch("\tint x;")) == maintainers(
        mini_source, "-f", TALLY
    )


def test_questions_that_cannot_be_answered(mini_source: Path) -> None:
    missing = run(mini_source, "get_maintainer.pl", "-f", "no/such.c")
    assert missing.returncode != 0
    assert "file 'no/such.c' not found" in missing.stderr
    assert "doesn't appear to be a patch" in run(mini_source, "get_maintainer.pl").stderr
    assert run(mini_source, "get_maintainer.pl", "--no-such-option").returncode != 0


def style(tree: Path, text: str, *options: str) -> tuple[int, list[str]]:
    args = ["--strict", "--terse", "--show-types", "--no-tree", f"--root={tree}", *options, "-"]
    done = run(tree, "checkpatch.pl", *args, stdin=text)
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def test_a_clean_patch_is_clean(mini_source: Path) -> None:
    assert style(mini_source, patch("\tint x;")) == (
        0,
        ["total: 0 errors, 0 warnings, 0 checks, 4 lines checked"],
    )


FAULTS = {
    "ERROR:TRAILING_WHITESPACE: trailing whitespace": patch("\tint x; "),
    "ERROR:CODE_INDENT: code indent should use tabs where possible": patch("\t" + " " * 8 + "x();"),
    "WARNING:LONG_LINE: line length of 117 exceeds 100 columns": patch("\tint " + "x" * 104 + ";"),
    "CHECK:PARENTHESIS_ALIGNMENT: Alignment should match open parenthesis": patch(
        "\tret = get_user_pages_fast(address, 1,", "\t\tFOLL_WRITE, &page);"
    ),
    "ERROR:SPACING: space required before the open parenthesis '('": patch(
        "\tif(x)", "\t\treturn;"
    ),
    "ERROR:MISSING_SIGN_OFF: Missing Signed-off-by: line(s)": patch("\tint x;", signed=""),
    "WARNING:NO_AUTHOR_SIGN_OFF: Missing Signed-off-by: line by nominal patch author"
    " 'author@example.org'": patch("\tint x;", signed="Signed-off-by: B <b@example.org>"),
    "WARNING:COMMIT_MESSAGE: Missing commit description - Add an appropriate one": patch(
        "\tint x;", body=""
    ),
    "WARNING:COMMIT_LOG_LONG_LINE: Prefer a maximum 75 chars per line"
    " (possible unwrapped commit description?)": patch("\tint x;", body="word " * 16),
    "CHECK:LINE_SPACING: Please don't use multiple blank lines": patch("\tint x;", "", ""),
}


@pytest.mark.parametrize("message", FAULTS)
def test_faults_are_found_and_named(mini_source: Path, message: str) -> None:
    code, lines = style(mini_source, FAULTS[message])
    assert code == 1
    assert [line.split(": ", 1)[1] for line in lines[:-1]] == [message]
    assert lines[0].startswith("-:")
    kind = message.split(":")[1]
    assert style(mini_source, FAULTS[message], f"--ignore={kind}")[0] == 0


def test_checks_need_strict_and_the_summary_can_go(mini_source: Path) -> None:
    text = patch("\tret = get_user_pages_fast(address, 1,", "\t\tFOLL_WRITE, &page);")
    done = run(
        mini_source, "checkpatch.pl", "--no-tree", "--terse", "--no-summary", "-", stdin=text
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_a_patch_that_leaves_a_call_as_wide_as_it_was_is_fine(mini_source: Path) -> None:
    text = patch("\tret = pin_user_pages_fast(address, 1,", "\t\t\t\t  FOLL_WRITE, &page);")
    assert style(mini_source, text)[0] == 0
