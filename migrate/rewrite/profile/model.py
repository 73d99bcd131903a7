# SPDX-License-Identifier: GPL-2.0-only
"""A profile as data: the target API, and which calls become calls of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from migrate.base.programs.templates import Templates


@dataclass(frozen=True)
class AcquireRule:
    """Calls of `source` become calls of `target`, when the tree has all identifiers of `needs`.

    `add_flag` is or'ed to the flags argument; `append` are identifiers that follow the arguments
    there are. The first rule for a source that fits the tree counts.

    `patch` is a semantic patch of the profile for the calls that have their new name, `fn`;
    only it can `drop` parameters. A call is left to people when a parameter that `when`
    names is not the text that stands beside it.
    """

    source: str
    target: str
    needs: tuple[str, ...] = ()
    add_flag: str = ""
    append: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    when: tuple[tuple[str, str], ...] = ()
    patch: str = ""


@dataclass(frozen=True)
class ReleaseRule:
    """Calls of `source` become calls of `target`.

    A loop that calls `source` for each page of an array, and does nothing else, becomes a call of
    `loop`, with the array and its length; one that marks each page dirty by set_page_dirty_lock()
    before that becomes one of `loop_dirty_lock`, which is also told whether to. "" keeps the loop.
    """

    source: str
    target: str
    needs: tuple[str, ...] = ()
    loop: str = ""
    loop_dirty_lock: str = ""


@dataclass(frozen=True)
class HelperRule:
    """What to say of callers of `source`, a helper of the tree that takes plain references, in a
    tree that has `pins`, which pins instead, and `asks`, which tells whether a release is due, or
    gets them from the API commits. The first rule for a source that fits the tree counts.

    `takers` are functions that take over plain references, and can do nothing with pins. A `twin`
    has the arguments and the result of `source`.
    """

    source: str
    pins: str
    asks: str
    takers: tuple[str, ...] = ()
    twin: bool = False


@dataclass(frozen=True)
class Flags:
    """`drop` never survives next to the target; `write` is what a true "write" argument means."""

    drop: tuple[str, ...] = ()
    write: str = ""


@dataclass(frozen=True)
class Follow:
    """Verdicts `follow` are given in a tree that has all functions of `needs`, to calls that
    follow_page() can replace, and to those that a rule of `acquire` is for; their releases stay.

    With `by_rules` they are for every site that only looks at struct page, which is then converted
    by the acquire and release rules like those that are pinned. The rules of `fault` are for calls
    that ask for no pages.
    """

    needs: tuple[str, ...] = ()
    by_rules: bool = False
    acquire: tuple[AcquireRule, ...] = ()
    fault: tuple[AcquireRule, ...] = ()


@dataclass(frozen=True)
class Needs:
    """What a tree must have before the profile is any use; `since` is for the message only."""

    functions: tuple[str, ...] = ()
    since: str = ""
    otherwise: str = ""


@dataclass(frozen=True)
class ApiFunction:
    """One function that the API commits add to a tree that lacks it.

    Its signature is that of `mirrors` in the tree with `parameters` (type, name) added, or
    `returns` with `parameters` alone. It is left out where the tree lacks `mirrors` or has an
    identifier of `unless`. `calls` are the functions it may stand on, best first, "" for none.
    """

    name: str
    mirrors: str = ""
    returns: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    calls: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


@dataclass(frozen=True)
class ApiDocument:
    """A new text file, and the toctree line for it in `index` behind the first of `after`."""

    path: str
    template: str
    index: str
    after: tuple[str, ...]


@dataclass(frozen=True)
class ApiCommit:
    """One commit of the API series; `body`, `declarations`, `definitions` are template files.

    `export` are functions that the tree has: those are exported that it does not export and that
    a converted file calls which may be a module. With `when_called`, the commit is left out unless
    a converted file calls one of its functions, and exports only what a module may call. With
    `header`, `source` and `beside` it goes into other files than the rest of the API.
    """

    subject: str
    body: str
    declarations: str = ""
    definitions: str = ""
    function: tuple[ApiFunction, ...] = ()
    document: ApiDocument | None = None
    export: tuple[str, ...] = ()
    when_called: bool = False
    header: str = ""
    source: str = ""
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Api:
    """Where the API goes: behind the first of `beside` in `header`, at the end of `sources`.

    The second and later sources get their part only where they define functions that are
    mirrored, as trees do whose memory management without MMU is a file of its own. `shared` are
    files that are built either way and may define some of them, too. `asks` are further functions
    that the templates ask the tree for. `cover` is a template of what the cover letter says.
    """

    header: str
    sources: tuple[str, ...]
    beside: tuple[str, ...]
    commit: tuple[ApiCommit, ...]
    shared: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    cover: str = ""


@dataclass(frozen=True)
class Profile:
    """A target API as data. `folder` is where its templates are, `files` what was in there when
    it was read, by path; `ours` says that it comes with the tool, `trusted` that the user or we
    trust it.

    `pins_read_only` says whether sites that only read the page's data are pinned, `pins` whether
    any are: a profile may be about the others alone. `helper` has words on callers of helpers over
    GUP, which are `manual`. With `drop_aliases`, a local helper goes that
    does nothing any more but to call the release function of the profile.
    """

    name: str
    title: str
    pins_read_only: bool
    acquire: tuple[AcquireRule, ...]
    release: tuple[ReleaseRule, ...]
    flags: Flags = Flags()
    needs: Needs = Needs()
    api: Api | None = None
    follow: Follow | None = None
    pins: bool = True
    drop_aliases: bool = False
    helper: tuple[HelperRule, ...] = ()
    folder: Path = field(default=Path(), compare=False)
    files: Mapping[str, bytes] = field(default_factory=dict, compare=False)
    ours: bool = field(default=True, compare=False)
    trusted: bool = field(default=True, compare=False)

    @property
    def follow_needs(self) -> tuple[str, ...] | None:
        """What a tree must have for a verdict `follow`; None when CASE 4 is always kept."""
        return self.follow.needs if self.follow is not None and not self.by_rules else None

    @property
    def lookups(self) -> tuple[AcquireRule, ...]:
        """The rules for calls that become a lookup by address."""
        return self.follow.acquire if self.follow is not None and not self.by_rules else ()

    @property
    def faults(self) -> tuple[AcquireRule, ...]:
        """The rules for calls that only have a page faulted in."""
        return self.follow.fault if self.follow is not None and not self.by_rules else ()

    @property
    def calls(self) -> tuple[AcquireRule, ...]:
        """All rules for calls."""
        return (*self.acquire, *self.lookups, *self.faults)

    @property
    def by_rules(self) -> bool:
        """Whether sites that only look at struct page are converted by the profile's rules."""
        return self.follow is not None and self.follow.by_rules


_MESSAGES = "templates/"
"""The folder in which a profile may have messages of its own: commit.txt and cover.txt."""


def templates_of(profile: Profile) -> dict[str, str]:
    """The messages that `profile` brings along, by the name of the file."""
    return {
        name.removeprefix(_MESSAGES): text
        for name, text in _texts(profile).items()
        if name.startswith(_MESSAGES)
    }


def api_templates(profile: Profile) -> Templates:
    """The templates of its API, and whatever they may include."""
    texts = _texts(profile)
    return Templates(texts) if profile.ours else Templates({}, texts, str(profile.folder))


def _texts(profile: Profile) -> dict[str, str]:
    """The files of a profile that are text."""
    return {name: data.decode("utf-8") for name, data in profile.files.items() if is_text(data)}


def is_text(data: bytes) -> bool:
    """Whether `data` is UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
