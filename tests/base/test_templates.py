# SPDX-License-Identifier: GPL-2.0-only
"""A template that somebody else wrote reaches its words, has limits, and says which one it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from migrate.base.errors import Refusal
from migrate.base.programs import process, sandbox, templates
from migrate.base.programs.sandbox import Names
from migrate.base.programs.templates import Fill, Templates, fill


@dataclass(frozen=True)
class Site:
    """What a template may get."""

    place: str
    notes: tuple[str, ...]

    @property
    def shout(self) -> str:
        return self.place.upper()

    def erase(self) -> None:
        raise AssertionError("a template called a method of ours")


VALUES: Mapping[str, Any] = {
    "site": Site("a.c:1", ("one", "two")),
    "sites": [Site("b.c:2", ()), Site("c.c:3", ("three",))],
    "functions": {"f": Site("f", ())},
    "has": Names(frozenset({"pin_user_pages"})),
    "count": 3,
    "nothing": None,
}


def theirs(text: str, **more: str) -> Templates:
    return Templates({}, {"it.txt": text, **more}, "elsewhere")


def refusal(text: str, style: str = "text", **more: str) -> str:
    with pytest.raises(Refusal) as refused:
        fill(theirs(text, **more), [Fill("it.txt", VALUES)], style)
    what = refused.value.what
    assert what.startswith("elsewhere/it.txt cannot be filled in: ")
    assert "\n" not in what and len(what) < 400
    return what.partition(": ")[2]


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ lipsum.__globals__ }}",
        "{{ range.__self__ }}",
        "{{ namespace.__init__.__globals__ }}",
        "{{ has.__call__.__globals__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ site.__dict__ }}",
        "{{ site.__class__ }}",
        "{{ (site | attr('__class__')) }}",
        "{{ '{0.__class__}'.format(site) }}",
        "{{ ['__class__'] | map('format') | list }}{{ site['__class__'] }}",
        "{{ sites | map(attribute='__class__') | join }}",
        "{{ functions.update({'g': 1}) }}",
        "{{ site.erase() }}",
        "{% include '../secret' %}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{{ dict() }}",
        "{{ joiner() }}",
    ],
)
@pytest.mark.parametrize("style", ["text", "mail"])
def test_nothing_but_its_words_is_in_reach(text: str, style: str) -> None:
    refusal(text, style)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{% for i in range(10**12) %}a{% endfor %}", "Range too big"),
        ("{{ 'a' * 10**11 }}", "512 MB of memory"),
        ("{% set a = [0] %}{{ a * 10**10 }}", "512 MB of memory"),
        ("{{ 'a' | center(10**11) }}", "memory"),
        ("{{ '%*d' | format(10**11, 1) }}", "memory"),
        ("{{ 'a'.ljust(10**6) }}", "has 1000000 characters"),
        ("{{ 10**(10**10) }}", "takes more than"),
        (
            "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
            "takes more than 5 s",
        ),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "goes too deep"),
        ("{% include 'it.txt' %}", "goes too deep"),
        ("{% extends 'it.txt' %}", "goes too deep"),
        ("{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}", "goes too deep"),
        ("{% if %}", "line 1"),
        ("{{ site.nothing_of_that_name }}", "nothing_of_that_name"),
        ("{% include 'that' %}", "there is no template that"),
    ],
)
def test_limits_hold_and_the_template_is_named(text: str, why: str) -> None:
    assert why in refusal(text)


def test_the_one_that_fails_is_named_among_others() -> None:
    mixed = Templates({}, {"good": "a", "bad": "{{ 10**(10**10) }}", "late": "b"}, "elsewhere")
    with pytest.raises(Refusal, match="elsewhere/bad cannot be filled in"):
        fill(mixed, [Fill(name, {}) for name in ("good", "good", "bad", "late")], "text")


def test_a_line_is_named_by_what_it_is() -> None:
    job = Fill("subject 'x'", {}, line="{{ 'a' * 300 }}", most=200)
    with pytest.raises(Refusal, match="elsewhere, subject 'x', cannot be filled in: its output"):
        fill(Templates({}, {"x": ""}, "elsewhere"), [job], "text")


@pytest.mark.parametrize("style", ["text", "mail"])
def test_a_copy_in_the_child_says_the_same(style: str) -> None:
    """Values of every kind, there and here."""
    text = (
        "{{ site.place }} {{ site.shout }} {{ site.notes | join('+') }}\n"
        "{% for s in sites %}\n- {{ s.place }} {{ s.notes | length }}\n{% endfor %}\n"
        "{{ sites | map(attribute='notes') | sum(start=()) | list }}\n"
        "{{ functions.f.place }} {{ functions.values() | map(attribute='shout') | list }}\n"
        "{{ has('pin_user_pages') }} {{ has('x') }} {{ count + 1 }} {{ nothing }}\n"
        "{% set n = namespace(a=1) %}{% set n.a = 2 %}{{ n.a }} {{ range(3) | list }}\n"
    )
    text += "{{ listed(['f', 'g']) }}\n" if style == "text" else "{{ ['f', 'g'] | called }}\n"
    (here,) = fill(Templates({"it.txt": text}), [Fill("it.txt", VALUES)], style)
    (there,) = fill(theirs(text), [Fill("it.txt", VALUES)], style)
    assert here == there
    assert "a.c:1 A.C:1 one+two" in here and "f() and g()" in here


def test_ours_are_filled_in_here_and_theirs_by_one_child(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    run = process.run

    def counted(argv: Any, **more: Any) -> process.Outcome:
        started.append(argv)
        return run(argv, **more)

    monkeypatch.setattr(templates.process, "run", counted)
    both = Templates({"ours": "{{ n }}"}, {"theirs": "{{ n }}!"}, "elsewhere")
    jobs = [Fill(name, {"n": n}) for n in range(20) for name in ("ours", "theirs")]
    made = fill(both, jobs, "text")
    assert made == tuple(f"{n}{end}" for n in range(20) for end in ("", "!"))
    assert len(started) == 1


def test_a_child_that_dies_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(templates, "_CHILD", "import os; os.kill(os.getpid(), 11)")
    assert "was killed by signal 11" in refusal("a")
    monkeypatch.setattr(templates, "_CHILD", "import time; time.sleep(60)")
    monkeypatch.setattr(templates, "_PATIENCE", 0.5)
    assert "takes more than 0.5 s" in refusal("a")


def test_what_is_more_than_data_goes_to_no_template() -> None:
    with pytest.raises(TypeError):
        sandbox.to_plain({"a": object()})
