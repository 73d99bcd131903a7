# SPDX-License-Identifier: GPL-2.0-only
"""MAINTAINERS: which section a file belongs to, and who gets a patch."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrate.kernel.people.mailmap import Mailbox, parse_mailbox, parse_mailmap
from migrate.kernel.people.maintainers import THE_REST, Maintainers, parse_maintainers
from migrate.kernel.people.recipients import (
    Answer,
    Directory,
    Recipient,
    Role,
    _at_commas,
    ask_for_patch,
    ask_script,
    maintainer_script,
)

MAINTAINERS = b"""\
List of maintainers
===================

\tM: *Mail* patches to
\tF: not a pattern, a description

MISC DRIVERS
M:\tMiranda Misc <misc@example.org>
L:\tlinux-misc@example.org (moderated for non-subscribers)
L:\tinsiders@example.org (subscribers-only)
S:\tMaintained
F:\tdrivers/misc/
X:\tdrivers/misc/alien/

ALPHA DRIVER
M:\t"Lee, Chun" <lee@example.org>
R:\tRita Review <rita@example.org>
S:\tSupported

# a comment does not end a section
F:\tdrivers/misc/alpha
F:\tinclude/linux/alpha*.h

ALPHA CORE
M:\tOne <one@example.org>, Two <two@example.org>
S:\tOdd Fixes
F:\tdrivers/misc/alpha/core?.c

BY NAME
M:\tNora Name <nora@example.org>
N:\t[^a-z]omega
K:\t\\bomega_(?:map|dma)\\b

THE REST
M:\tLinus Torvalds <torvalds@linux-foundation.org>
L:\tlinux-kernel@vger.kernel.org
S:\tBuried alive in reporters
F:\t*
F:\t*/
"""

PATHS = (
    "Makefile",
    "drivers/misc/alpha/core1.c",
    "drivers/misc/alpha/deep/er.c",
    "drivers/misc/alien/a.c",
    "drivers/misc/beta.c",
    "drivers/omega.c",
    "include/linux/alpha_x.h",
)


@pytest.fixture
def maintainers() -> Maintainers:
    return parse_maintainers(MAINTAINERS, PATHS)


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("drivers/misc/alpha/core1.c", "ALPHA CORE"),
        ("drivers/misc/alpha/deep/er.c", "ALPHA DRIVER"),
        ("drivers/misc/beta.c", "MISC DRIVERS"),
        ("drivers/misc/alien/a.c", THE_REST),
        ("include/linux/alpha_x.h", "ALPHA DRIVER"),
        ("include/linux/alpha/x.h", THE_REST),
        ("drivers/omega.c", "BY NAME"),
        ("Makefile", THE_REST),
    ],
)
def test_most_specific_section(maintainers: Maintainers, path: str, title: str) -> None:
    assert maintainers.subsystem_of(path) == title


def test_no_section_at_all_is_the_rest() -> None:
    assert parse_maintainers(b"", PATHS).subsystem_of("mm/gup.c") == THE_REST


def test_sections_from_the_most_specific_on(maintainers: Maintainers) -> None:
    titles = [section.title for section in maintainers.matching("drivers/misc/alpha/core1.c")]
    assert titles == ["ALPHA CORE", "ALPHA DRIVER", "MISC DRIVERS", THE_REST]


def test_pattern_of_a_folder_needs_no_slash_only_where_the_folder_exists() -> None:
    text = b"A\nM:\tA <a@b.org>\nF:\tlib/x\n"
    assert parse_maintainers(text, ["lib/x/y/z.c"]).subsystem_of("lib/x/y/z.c") == "A"
    assert parse_maintainers(text, ["lib/w.c"]).subsystem_of("lib/x/y/z.c") == THE_REST


def test_last_matching_pattern_of_a_section_gives_its_depth() -> None:
    text = b"DEEP FIRST\nF:\ta/b/c.c\nF:\ta/\n\nMIDDLE\nF:\ta/b/\n"
    assert parse_maintainers(text, ["a/b/c.c"]).subsystem_of("a/b/c.c") == "MIDDLE"


def test_between_equals_the_plainest_and_longest_pattern_wins() -> None:
    text = b"WIDE\nF:\ta/b*\n\nNARROW\nF:\ta/bc*\n\nPLAIN\nF:\ta/b\n\nPLAINER\nF:\ta/bcd.c\n"
    found = parse_maintainers(text, ["a/bcd.c"])
    assert [s.title for s in found.matching("a/bcd.c")] == ["PLAINER", "PLAIN", "NARROW", "WIDE"]
    assert len(found.most_specific("a/bcd.c")) == 4


def test_bad_expression_is_named_and_matches_nothing() -> None:
    found = parse_maintainers(b"BAD\nN:\t(unclosed\nF:\ta[/\n\nGOOD\nF:\ta.c\n", ["a.c"])
    assert found.subsystem_of("a.c") == "GOOD"
    assert len(found.problems) == 2
    assert all(line.startswith("MAINTAINERS, BAD: ") for line in found.problems)


def test_other_encodings_and_line_ends_are_read() -> None:
    text = "UTF\r\nM:\tJürgen <j@x.org>\r\nF:\ta.c\r\n".encode()
    text += "LATIN\nM:\tJürgen <k@x.org>\nF:\tb.c\n".encode("latin-1")
    found = Directory(parse_maintainers(text, ["a.c", "b.c"]), parse_mailmap(b""))
    boxes = [found.for_files({name: b""})[0].mailbox for name in ("a.c", "b.c")]
    assert boxes == [Mailbox("Jürgen", "j@x.org"), Mailbox("Jürgen", "k@x.org")]


def people(recipients: tuple[Recipient, ...]) -> list[tuple[str, str]]:
    return [(r.mailbox.address, str(r.role)) for r in recipients]


def test_recipients_of_a_file(maintainers: Maintainers) -> None:
    directory = Directory(maintainers, parse_mailmap(b""))
    found = directory.for_files({"drivers/misc/alpha/core1.c": b""})
    assert people(found) == [
        ("one@example.org", "maintainer"),
        ("two@example.org", "maintainer"),
        ("lee@example.org", "maintainer"),
        ("rita@example.org", "reviewer"),
        ("misc@example.org", "maintainer"),
        ("linux-misc@example.org", "list"),
        ("linux-kernel@vger.kernel.org", "list"),
    ]
    assert found[2].mailbox.name == "Lee, Chun"


def test_keywords_count_in_whole_files_but_only_in_changed_lines_of_patches(
    maintainers: Maintainers,
) -> None:
    directory = Directory(maintainers, parse_mailmap(b""))
    assert "nora@example.org" in dict(people(directory.for_files({"Makefile": b"omega_map\n"})))
    diff = b"Subject: x\n\ntext\n---\n--- a/Makefile\n+++ b/Makefile\n@@ -1 +1 @@\n %s\n+new\n"
    assert "nora@example.org" not in dict(people(directory.for_patch(diff % b"omega_map")))
    changed = diff.replace(b"+new", b"+omega_map(x)") % b"same"
    assert "nora@example.org" in dict(people(directory.for_patch(changed)))


def test_patch_names_every_file_it_touches(maintainers: Maintainers) -> None:
    directory = Directory(maintainers, parse_mailmap(b""))
    patch = (
        b"--- a/drivers/misc/beta.c\n+++ b/drivers/misc/beta.c\n@@ -1 +1 @@\n-a\n+b\n"
        b"--- /dev/null\n+++ b/include/linux/alpha_x.h\n@@ -0,0 +1 @@\n+a\n"
    )
    found = dict(people(directory.for_patch(patch)))
    assert {"misc@example.org", "lee@example.org"} <= found.keys()


def test_mailmap_corrects_names_and_addresses() -> None:
    text = (
        b"# comment\nReal Name <real@x.org> <old@x.org>\n<new@x.org> <gone@x.org>\n"
        b"Right <right@x.org>\nR <r@x.org> Wrong Name <shared@x.org>\nnonsense\n"
    )
    mailmap = parse_mailmap(text)
    assert mailmap.apply(Mailbox("N", "old@x.org")) == Mailbox("Real Name", "real@x.org")
    assert mailmap.apply(Mailbox("N", "gone@x.org")) == Mailbox("N", "new@x.org")
    assert mailmap.apply(Mailbox("N", "right@x.org")) == Mailbox("Right", "right@x.org")
    assert mailmap.apply(Mailbox("Wrong Name", "shared@x.org")) == Mailbox("R", "r@x.org")
    assert mailmap.apply(Mailbox("Other", "shared@x.org")) == Mailbox("Other", "shared@x.org")


def test_people_that_mailmap_makes_the_same_are_named_once() -> None:
    text = b"A\nM:\tOld Me <old@x.org>\nF:\ta.c\n\nB\nM:\tMe <me@x.org>\nF:\t*\n"
    directory = Directory(
        parse_maintainers(text, ["a.c"]), parse_mailmap(b"Me <me@x.org> <old@x.org>")
    )
    assert people(directory.for_files({"a.c": b""})) == [("me@x.org", "maintainer")]


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("Jo <jo@x.org>", "Jo", "jo@x.org"),
        ('"Lee, Chun" <lee@x.org>', "Lee, Chun", "lee@x.org"),
        (r'"A \"B\" C" <abc@x.org>', 'A "B" C', "abc@x.org"),
        ("bare@x.org", "", "bare@x.org"),
        ("<bracket@x.org>", "", "bracket@x.org"),
        ("nobody at all", "", ""),
    ],
)
def test_mailboxes(text: str, name: str, address: str) -> None:
    assert parse_mailbox(text) == Mailbox(name, address)


@pytest.fixture
def worktree(tmp_path: Path) -> Path:
    """A tree whose script repeats its options and answers like the kernel's."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "get_maintainer.pl").write_text(
        "my $patch = join '', <STDIN>;\n"
        'print "Jo Doe <jo\\@x.org> (supporter:A (B) DRIVER)\\n" if $patch =~ /drivers/;\n'
        'print "\\"Lee, \\xc3\\x9c\\" <lee\\@x.org> (reviewer:X,maintainer:Y)\\n";\n'
        'print "odd\\@x.org (odd fixer:Z)\\nlist\\@x.org (moderated list:A)\\nA LINE\\n";\n'
        'die "git\\n" if $ENV{HOME} ne \'/nonexistent\' or "@ARGV" !~ /--nogit --nogit-fallback/;\n'
    )
    return tmp_path


def test_answer_of_the_script_is_read(worktree: Path) -> None:
    assert ask_script(worktree, patch=b"+++ b/drivers/a.c\n") == (
        Recipient(Mailbox("Jo Doe", "jo@x.org"), Role.MAINTAINER, "supporter:A (B) DRIVER"),
        Recipient(Mailbox("Lee, Ü", "lee@x.org"), Role.REVIEWER, "reviewer:X,maintainer:Y"),
        Recipient(Mailbox("", "odd@x.org"), Role.MAINTAINER, "odd fixer:Z"),
        Recipient(Mailbox("", "list@x.org"), Role.LIST, "moderated list:A"),
    )


def test_own_reading_stands_in_for_a_script_that_fails(
    maintainers: Maintainers, worktree: Path
) -> None:
    directory = Directory(maintainers, parse_mailmap(b""))
    patch = b"--- a/drivers/misc/beta.c\n+++ b/drivers/misc/beta.c\n@@ -1 +1 @@\n-a\n+b\n"
    script = maintainer_script(worktree)
    assert ask_for_patch(patch, directory, script).source == "script"
    (worktree / "scripts" / "get_maintainer.pl").write_text("die 'no tree';\n")
    answer = ask_for_patch(patch, directory, script)
    assert (answer.source, answer.recipients) == ("own reading", directory.for_patch(patch))
    assert "no tree" in answer.problem
    never = ask_for_patch(patch, directory, None)
    assert isinstance(never, Answer) and "no tree" not in never.problem
    assert never.of(Role.LIST)[0].mailbox.address == "linux-misc@example.org"


def test_many_stars_are_one() -> None:
    """Matching them one by one would take longer than anybody lives."""
    text = b"X\nF:\tdrivers/" + b"*" * 60 + b"z.c\n\nTHE REST\nF:\t*\nF:\t*/\n"
    long_path = f"drivers/{'a' * 60}.c"
    found = parse_maintainers(text, [long_path, "drivers/yz.c"])
    assert found.subsystem_of("drivers/yz.c") == "X"
    assert found.subsystem_of(long_path) == "THE REST"


def test_a_line_without_end_is_left_out_and_named() -> None:
    long_line = b"F:\t" + b"a*" * (5 << 20)
    found = parse_maintainers(b"X\n" + long_line + b"\nF:\tb/\n\n" + b"T" * (10 << 20), ["b/c.c"])
    assert found.subsystem_of("b/c.c") == "X"
    assert found.problems == [f"MAINTAINERS, line {n}: has more than 4096 bytes" for n in (2, 5)]


@pytest.mark.parametrize(
    "value",
    [
        "a" * 4000 + ", b",
        '"' * 1001 + "a, <b@c>",
        "," * 4000,
        "<a@b> " * 600 + ", x",
        "a " * 2000 + ",",
    ],
)
def test_people_that_are_none_cost_no_time(value: str) -> None:
    """Each of these took longer than anybody lives, or seconds for a single line."""
    text = f"X\nM:\t{value}\nF:\ta/\n".encode()
    directory = Directory(parse_maintainers(text, ["a/b.c"]), parse_mailmap(b""))
    assert directory.for_files({"a/b.c": b""}) is not None


@given(st.text('a,"<>@ ', max_size=30))
def test_commas_within_quotes_separate_nobody(value: str) -> None:
    slow = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*\Z)')
    assert _at_commas(value) == slow.split(value)


def test_lines_of_mailmap_that_are_none_cost_no_time() -> None:
    lines = [b"<a>" * 5000, b"a<b> " * 2000 + b"c", b"a" * (10 << 20)]
    assert parse_mailmap(b"\n".join(lines)).names == {}


def test_a_maintainer_is_shown_with_the_address_that_mails_go_to() -> None:
    """Or the report would not find the series of somebody whose address .mailmap changes."""
    text = b"ONE\nM:\tA One <a@old.example>\nM:\tB Two <b@two.example>\nM:\tnobody\nF:\tone/\n"
    mailmap = b"A New <a@new.example> <a@old.example>\n"
    directory = Directory(parse_maintainers(text, ["one/x.c"]), parse_mailmap(mailmap))
    shown = ("A New <a@new.example>", "B Two <b@two.example>", "nobody")
    assert directory.maintainers_of("one/x.c") == shown
    assert directory.maintainers_of("two/x.c") == ()
