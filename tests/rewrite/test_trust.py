# SPDX-License-Identifier: GPL-2.0-only
"""A profile from elsewhere runs no code, names only identifiers, and leads nowhere else."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from migrate.base.data import data_folder
from migrate.base.errors import Refusal
from migrate.rewrite.groups.engine import rewrite
from migrate.rewrite.model import ApiChange
from migrate.rewrite.profile.files import MOST_BYTES, MOST_FILES
from migrate.rewrite.profile.model import api_templates
from migrate.rewrite.profile.profiles import load_profile, profile_names
from migrate.rewrite.profile.trust import runs_code, wrong_with_code
from tests.rewrite.trees import classification, group_of, make_tree

SHIPPED = data_folder("cocci") / "rewrite"


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A copy of one of ours, which is not one of ours."""
    return Path(shutil.copytree(SHIPPED / "vaddr-pin", tmp_path / "foreign"))


def test_a_copy_without_code_is_fine(foreign: Path) -> None:
    (foreign / "plain.cocci").write_text("@@ expression e; @@\n- put_page(e)\n+ unpin(e)\n")
    assert load_profile(str(foreign)).folder == foreign


@pytest.mark.parametrize(
    "code",
    [
        "@script:python@\n@@\nimport os\n",
        "@r@ position p : script:python() { os.system('id') }; @@\nf@p()\n",
        "@initialize:python@\n@@\n",
        "@ finalize : ocaml @\n@@\n",
        '#include "further.cocci"\n',
        '/**/ #include "further.cocci"\n',
        "@script /* a */ : // b\n python@\n@@\nimport os\n",
        "@initialize\n:\npython@\n@@\nimport os\n",
        "@r@ @@\n- f()\n\n# spatch -o elsewhere\n",
        "#spatch --python elsewhere\n@r@ @@\n- f()\n",
        'using "../../elsewhere.iso"\n',
    ],
)
def test_code_is_refused_until_it_is_trusted(foreign: Path, code: str) -> None:
    (foreign / "deep").mkdir()
    (foreign / "deep/rule.cocci").write_text(code)
    with pytest.raises(Refusal, match=r"deep/rule\.cocci runs code") as refusal:
        load_profile(str(foreign))
    assert "--trust-profile" in refusal.value.next_step
    assert load_profile(str(foreign), trust=True)


def test_a_patch_of_any_name_is_looked_at(foreign: Path) -> None:
    (foreign / "rule.txt").write_text("@script:python@\n@@\nimport os\n")
    file = foreign / "profile.toml"
    first = 'to = "vaddr_pin_pages"\n'
    file.write_text(file.read_text().replace(first, f'{first}patch = "rule.txt"\n', 1))
    with pytest.raises(Refusal, match=r"rule\.txt runs code of its own"):
        load_profile(str(foreign))


@pytest.mark.parametrize("words", ["a script, no python", "--no-includes", "# include", "e: f"])
def test_words_alone_are_no_code(words: str) -> None:
    assert not runs_code(f"// {words.replace('# include', 'includes')}\n@@ @@\n- f()\n".encode())


def test_our_own_rules_need_no_trust() -> None:
    assert any(runs_code(p.read_bytes()) for p in (SHIPPED / "common").iterdir()), "they do"
    for name in profile_names():
        assert load_profile(name)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('name = "vaddr-pin"', 'name = "../../etc"', "cannot be a name"),
        ('name = "vaddr-pin"', 'name = "-rf"', "cannot be a name"),
        ('name = "vaddr-pin"', 'name = "a.lock"', "cannot be a name"),
        ('to = "vaddr_pin_pages"', 'to = "f(x); g"', "is not a C identifier"),
        ('drop = ["FOLL_GET"]', 'drop = ["FOLL_GET\\n@script:python@"]', "is not a C identifier"),
        ('header = "include/linux/mm.h"', 'header = "../../.bashrc"', "is not a path in a kernel"),
        ('header = "include/linux/mm.h"', 'header = "/etc/passwd"', "is not a path in a kernel"),
        ('header = "include/linux/mm.h"', 'header = ".git/config"', "is not a path in a kernel"),
        ("mm/gup: introduce", "a\\nb", "is not one line of plain text"),
        ("mm/gup: introduce", "\\u001b[2J", "is not one line of plain text"),
        ("mm/gup: introduce", "\\u202e", "is not one line of plain text"),
        ('title = "', 'title = "\\u001b', "is not one line of plain text"),
        ('"pin_user_pages_fast",\n  "get', '"f; }; @@",\n  "get', "is not a C identifier"),
        ('returns = "void"', 'returns = "void f(void){} int"', "is not a C type"),
        ('"struct page *", "page"', '"struct page *", "p)"', "is not a C identifier"),
        ('mirrors = "get_user_pages"', 'mirrors = "g @@"', "is not a C identifier"),
        (
            'export = ["fixup_user_fault", "follow_page"]',
            'export = ["a=b"]',
            "is not a C identifier",
        ),
    ],
)
def test_names_and_paths_are_what_they_should_be(
    foreign: Path, old: str, new: str, why: str
) -> None:
    file = foreign / "profile.toml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(Refusal) as refusal:
        load_profile(str(foreign), trust=True)
    assert why in refusal.value.what and "\n" not in refusal.value.what


@pytest.mark.parametrize("name", ["templates/commit.txt", "api"])
def test_files_of_somewhere_else_are_not_taken(foreign: Path, tmp_path: Path, name: str) -> None:
    """They would end up in a mail."""
    outside = tmp_path / "outside"
    if (foreign / name).is_dir():
        (foreign / name).rename(outside)
    else:
        outside.write_text("secret\n")
    (foreign / name).parent.mkdir(exist_ok=True)
    (foreign / name).symlink_to(outside)
    with pytest.raises(Refusal, match="leads out of the folder"):
        load_profile(str(foreign))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('header = "include/linux/mm.h"', 'header = "scripts/mod/modpost.h"'),
        ('header = "include/linux/mm.h"', 'header = "include/linux/license.h"'),
        ('sources = ["mm/gup.c"', 'sources = ["lib/raid6/mktables.c"'),
        ('sources = ["mm/gup.c"', 'sources = ["Makefile"'),
        ('shared = ["mm/util.c"]', 'shared = ["usr/gen_init_cpio.c"]'),
        ('source = "lib/iov_iter.c"', 'source = "lib/raid6/mktables.c"'),
        ('header = "include/linux/uio.h"', 'header = "include/linux/compiler.h"'),
        ('path = "Documentation/core-api/vaddr_pin_pages.rst"', 'path = "GNUmakefile"'),
        ('path = "Documentation/core-api/vaddr_pin_pages.rst"', 'path = "mm/Kbuild"'),
        ('path = "Documentation/core-api/vaddr_pin_pages.rst"', 'path = ".checkpatch.conf"'),
        ('index = "Documentation/core-api/index.rst"', 'index = "scripts/index.rst"'),
    ],
)
def test_what_the_build_runs_takes_trust(foreign: Path, old: str, new: str) -> None:
    """A makefile, a program of the build, a file that a script of the tree reads."""
    file = foreign / "profile.toml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(Refusal, match="and the profile does not come with gup-migrate") as refusal:
        load_profile(str(foreign))
    assert "--trust-profile" in refusal.value.next_step
    assert load_profile(str(foreign), trust=True).trusted


@pytest.mark.parametrize(
    "text",
    [
        '#include "/etc/passwd"\n',
        "  # include </etc/passwd>\n",
        '/* a */ #include "/etc/passwd"\n',
        '#inc\\\nlude "/etc/passwd"\n',
        '%:include "/etc/passwd"\n',
        '#pragma GCC dependency "/etc/passwd"\n',
        '#embed "/etc/passwd"\n',
        'int a; _Pragma("once")\n',
        'asm(".incbin \\"/etc/passwd\\"");\n',
        'char *a = "/*";\n#include "/etc/passwd"\nchar *b = "*/";\n',
    ],
)
def test_c_that_reads_files_takes_trust(text: str) -> None:
    assert wrong_with_code(text, trusted=False)
    assert not wrong_with_code(text, trusted=True)


@pytest.mark.parametrize("text", ["int a;\r@r@\n", "int a; @@ @@\n", "int \u202ea;\n", "a\0b\n"])
def test_c_that_is_none_is_never_taken(text: str) -> None:
    assert wrong_with_code(text, trusted=True)


def test_c_of_ours_takes_no_trust() -> None:
    for name in ("vaddr_pin_pages.c.j2", "vaddr_pin_pages.h.j2"):
        text = (SHIPPED / "vaddr-pin/api" / name).read_text()
        assert wrong_with_code(text, trusted=False) == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a = " + "[" * 20_000, "goes too deep"),
        ("a" + ".a" * 100_000 + " = 1", "more than 100 dots"),
        ("a = " + "9" * 10_000, ""),
        ("acquire = 5\n", "acquire has a value of the wrong kind"),
        ("acquire = [5]\n", ""),
        ("files = 5\n", "files is no key of it"),
        ("trusted = true\n", "trusted is no key of it"),
        ("#" * (MOST_BYTES + 1), "has more than"),
        ("a = \0", ""),
    ],
)
def test_a_file_that_is_no_profile_is_one_line(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "profile.toml").write_text(text)
    with pytest.raises(Refusal) as refusal:
        load_profile(str(tmp_path))
    assert why in refusal.value.what
    assert len(refusal.value.what) < 1000 and "\n" not in refusal.value.what


def test_a_folder_that_is_none_of_a_profile_is_not_walked(foreign: Path) -> None:
    for number in range(MOST_FILES):
        (foreign / f"{number}.txt").touch()
    with pytest.raises(Refusal, match="more than 500 files"):
        load_profile(str(foreign))


def test_a_pipe_in_the_folder_is_not_waited_for(foreign: Path) -> None:
    os.mkfifo(foreign / "api/pipe")
    with pytest.raises(Refusal, match="pipe is not a file"):
        load_profile(str(foreign))


def test_a_name_that_no_file_can_have_is_no_profile() -> None:
    with pytest.raises(Refusal, match="There is no profile"):
        load_profile("a" * 5000)


def test_files_are_those_that_were_checked(foreign: Path) -> None:
    profile = load_profile(str(foreign))
    before = profile.files["api/export.body.j2"]
    (foreign / "api/export.body.j2").write_text("something else\n")
    assert api_templates(profile).theirs["api/export.body.j2"].encode() == before


GUP = b"void f(struct page **p)\n{\n\tget_user_pages_fast(1, 1, 0, p);\n\tput_page(*p);\n}\n"


def rewritten(foreign: Path, tmp_path: Path, *, trust: bool = False) -> ApiChange:
    tree = make_tree(tmp_path / "tree", "6.1", {"a.c": GUP})
    profile = load_profile(str(foreign), trust=trust)
    return rewrite(tree, classification(tree, group_of("g", {"a.c": GUP})), profile, str).api


def test_a_copy_of_a_profile_does_what_the_profile_does(foreign: Path, tmp_path: Path) -> None:
    """In a child, and with values that are copies, the same bytes come out."""
    tree = make_tree(tmp_path / "other", "6.1", {"a.c": GUP})
    ours = classification(tree, group_of("g", {"a.c": GUP}))
    assert rewritten(foreign, tmp_path) == rewrite(tree, ours, load_profile("vaddr-pin"), str).api


@pytest.mark.parametrize(
    ("subject", "why"),
    [
        (
            "{{ cycler.__init__.__globals__.os.system('touch X') }} mm/gup",
            "access to attribute '__init__'",
        ),
        ("mm/gup: {{ '\\\\n' }}Signed-off-by: A <a@x.org>", "its output has a control character"),
        ("mm/gup: {{ '\\\\u2028' }}x", "its output has a control character"),
        ("{{ '' }}", "its output is an empty line"),
        ("{{ 'mm: ' * 100 }}", "its output has 400 characters, and at most 200 are allowed"),
        ("{% for i in range(10**12) %}a{% endfor %}", "Range too big"),
        ("{{ 'a' * 10**11 }}", "512 MB of memory"),
    ],
)
@pytest.mark.parametrize("trust", [False, True])
def test_subjects_are_one_line_and_run_nothing(
    foreign: Path, tmp_path: Path, subject: str, why: str, trust: bool
) -> None:
    file = foreign / "profile.toml"
    old = "\"mm/gup: introduce vaddr_pin_pages(){{ ' and put_user_page()' if releases }}\""
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, f'"{subject}"'))
    with pytest.raises(Refusal) as refusal:
        rewritten(foreign, tmp_path, trust=trust)
    assert why in refusal.value.what and "subject" in refusal.value.what
    assert "\n" not in refusal.value.what


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("vaddr_pin_pages.h.j2", '#include "/etc/passwd"\n', "a directive other than"),
        ("vaddr_pin_pages.c.j2", 'asm(".incbin \\"x\\"");\n', "its output has inline assembly"),
        ("vaddr_pin_pages.c.j2", "int a;\n@@ @@\n- f()\n", "its output is not C"),
        ("vaddr_pin_pages.body.j2", "{{ 'a' * 10**11 }}", "512 MB of memory"),
        ("vaddr_pin_pages.rst.j2", "{{ self.__class__ }}", "is unsafe"),
    ],
)
def test_every_template_of_an_api_is_one_of_a_stranger(
    foreign: Path, tmp_path: Path, name: str, text: str, why: str
) -> None:
    (foreign / "api" / name).write_text(text)
    with pytest.raises(Refusal) as refusal:
        rewritten(foreign, tmp_path)
    assert why in refusal.value.what and name in refusal.value.what
