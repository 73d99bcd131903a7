# SPDX-License-Identifier: GPL-2.0-only
"""spatch as it is, and as it is on a bad day."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from migrate.analysis.acquires import spatch as module
from migrate.analysis.acquires.spatch import (
    Failed,
    Patched,
    SpatchOutcome,
    TookTooLong,
    python_option,
    run_spatch,
    spatch_version,
)
from migrate.base.errors import Refusal
from migrate.base.files.scratch import inside

RENAME = """\
virtual patch
@found@
position p;
@@
  f@p(...)

@script:python@
p << found.p;
@@
print("at line", p[0].line)

@depends on patch@
identifier virtual.to;
@@
- f
+ to
  (...)
"""


def spatch(rule: Path, files: dict[str, bytes], timeout: float = 60) -> SpatchOutcome:
    return run_spatch(rule, files, defines={"to": "g"}, virtuals=["patch"], timeout=timeout)


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    path = tmp_path / "rule.cocci"
    path.write_text(RENAME)
    return path


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Puts a spatch of our own first on PATH; its last argument is the C file."""
    python_option()  # of the real one, in whatever order the tests run

    def install(script: str) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        program = folder / "spatch"
        program.write_text(f"#!/bin/bash\nfile=${{@: -1}}\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    return install


def test_files_come_back_as_they_are_now(rule: Path) -> None:
    files = {"x/a.c": b"void h(void)\n{\n\tf();\n}\n", "y/a.c": b"int n;\n"}
    result = spatch(rule, files)
    assert isinstance(result, Patched)
    assert result.files == {"x/a.c": b"void h(void)\n{\n\tg();\n}\n", "y/a.c": b"int n;\n"}
    assert result.output.split() == ["at", "line", "3"]


@pytest.mark.parametrize(
    "text",
    [
        b"void h(void)\r\n{\r\n\tf();\r\n}\r\n",
        b"void h(void)\n{\n\tf();\n}",
        b'/* \xe9\xff \xc3\xa9 */ void h(void) { f("\xfe"); }\n\n\n',
        b"void h(void) { f( 1 ,2);   }  \n\x0c\n  ",
    ],
)
def test_every_other_byte_stays(rule: Path, text: bytes) -> None:
    result = spatch(rule, {"a.c": text})
    assert isinstance(result, Patched)
    assert result.files == {"a.c": text.replace(b"f(", b"g(")}


def test_a_configuration_file_has_no_say(
    rule: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    for folder in (tmp_path, home):
        (folder / ".cocciconfig").write_text("[spatch]\n\toptions = --nonsense\n")
    monkeypatch.chdir(tmp_path)
    assert isinstance(spatch(rule, {"a.c": b"void h(void) { f(); }\n"}), Patched)


def test_the_python_of_the_caller_has_no_say(
    rule: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "re.py").write_text("raise SystemExit('wrong Python')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))
    assert isinstance(spatch(rule, {"a.c": b"void h(void) { f(); }\n"}), Patched)


def test_the_python_of_the_system_comes_first(
    fake: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake('echo "probe 3"')
    monkeypatch.setattr(module, "_PYTHONS", ("/no/such/python", "/bin/sh"))
    monkeypatch.setattr(module, "_python_option", module._python_option.__wrapped__)
    assert python_option() == ("--python", "/bin/sh")


def test_without_the_python_of_the_system_spatch_chooses_one(
    fake: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake('case "$*" in *--python*) exit 1;; *) echo "probe 3";; esac')
    monkeypatch.setattr(module, "_PYTHONS", ("/bin/sh",))
    monkeypatch.setattr(module, "_python_option", module._python_option.__wrapped__)
    assert python_option() == ()


def test_a_spatch_without_python_is_refused(
    fake: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake("echo probe 4")
    monkeypatch.setattr(module, "_python_option", module._python_option.__wrapped__)
    with pytest.raises(Refusal, match="cannot run the Python in semantic patches"):
        python_option()


def test_a_file_that_does_not_parse_is_left_alone(rule: Path) -> None:
    text = b"void h(void) { f(); ) }\n"
    result = spatch(rule, {"a.c": text})
    assert isinstance(result, Patched)
    assert result.files == {"a.c": text}


def test_a_rule_that_does_not_parse_is_a_failure(tmp_path: Path) -> None:
    bad = tmp_path / "bad.cocci"
    bad.write_text("@@\n@@\n- f(\n")
    result = spatch(bad, {"a.c": b"void h(void) { f(); }\n"})
    assert isinstance(result, Failed)
    assert result.reason == "bad.cocci, line 4: spatch cannot read this rule"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 3", "exited with 3"),
        ("kill -9 $$", "killed by signal 9"),
        ("echo 'EXN: Failure in a.c' >&2", "EXN: Failure in a.c"),
        ("echo 'EXN: ... Timeout'", "Timeout"),
        ("echo 'Traceback (most recent call last):' >&2", "Traceback"),
        ("echo x > $file", "changed its input"),
        (": > $file.spatched", "wrote an empty"),
    ],
)
def test_what_spatch_does_wrong_is_told_in_one_line(
    script: str,
    reason: str,
    fake,
    rule: Path,  # type: ignore[no-untyped-def]
) -> None:
    fake(script)
    result = spatch(rule, {"a.c": b"int n;\n"})
    assert isinstance(result, Failed)
    assert reason in result.reason
    assert "\n" not in result.reason


def test_a_full_disk_is_not_taken_for_a_fault_of_the_file(fake, rule: Path) -> None:  # type: ignore[no-untyped-def]
    fake("echo 'Fatal error: Sys_error(\"a.c: No space left on device\")' >&2; exit 2")
    with pytest.raises(Refusal, match="No space left on the disk of "):
        spatch(rule, {"a.c": b"int n;\n"})


def test_what_a_rule_prints_is_no_trouble(fake, rule: Path) -> None:  # type: ignore[no-untyped-def]
    fake('echo \'{"text": "handle_exception(); Timeout"}\'')
    result = spatch(rule, {"a.c": b"int n;\n"})
    assert isinstance(result, Patched)
    assert "handle_exception" in result.output


def test_a_hanging_spatch_and_its_children_are_stopped(
    fake,
    rule: Path,
    tmp_path: Path,  # type: ignore[no-untyped-def]
) -> None:
    fake(f"(sleep 3; touch {tmp_path}/alive) & sleep 60")
    result = spatch(rule, {"a.c": b"int n;\n"}, timeout=0.5)
    assert result == TookTooLong(0.5)
    assert result.reason == "spatch was stopped after 0.5 s"
    time.sleep(3)
    assert not (tmp_path / "alive").exists()


def test_nothing_is_left_behind(fake, rule: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    fake("echo x > $TMPDIR/cocci-output; exit 1")
    with inside(scratch):
        spatch(rule, {"a.c": b"int n;\n"})
    # The two are for programs that would make them in HOME.
    assert {path.name for path in scratch.iterdir()} <= {".distcc", ".rustup"}


def test_the_version_is_read() -> None:
    assert spatch_version() >= (1, 1, 1)


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ("echo 'spatch version 1.0.8 compiled with OCaml'", "spatch 1.0.8 is too old."),
        ("echo hello", "spatch does not report its version: spatch succeeded."),
        ("exit 2", "spatch does not report its version: spatch exited with 2: no message."),
    ],
)
def test_a_version_that_will_not_do(script: str, what: str, fake) -> None:  # type: ignore[no-untyped-def]
    fake(script)
    with pytest.raises(Refusal) as caught:
        spatch_version()
    assert caught.value.what == what
    assert "apt-get install coccinelle" in caught.value.next_step


def test_a_newer_version_will_do(fake) -> None:  # type: ignore[no-untyped-def]
    fake("echo 'spatch version 1.3 compiled with OCaml'")
    assert spatch_version() == (1, 3, 0)


def test_no_spatch_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rule: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refusal) as caught:
        spatch_version()
    assert caught.value.what == "spatch (Coccinelle) is not installed."
    assert isinstance(spatch(rule, {"a.c": b"int n;\n"}), Failed)
