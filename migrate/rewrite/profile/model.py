# SPDX-License-Identifier: GPL-2.0-only
"""A profile as data: the target API, and the rules that convert calls to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from migrate.base.programs.templates import Templates


@dataclass(frozen=True)
class AcquireRule:
    """Calls of `source` become calls of `target`, if the tree has all identifiers in `needs`.

    `add_flag` is or'ed to the flags argument; `append` are identifiers that are added as last
    arguments. Of several rules for a source, the first that fits the tree is used.

    `patch` is a semantic patch of the profile that is applied after the calls have got their new
    name, `fn`; only it can `drop` parameters. `when` has parameters with the text that their
    argument must have; a call with another argument is left to people.
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

    A loop that only calls `source` for each page of an array becomes a call of `loop`, with the
    array and its length. One that first marks each page dirty with set_page_dirty_lock() becomes a
    call of `loop_dirty_lock`, whose last argument says whether to do that. "" keeps the loop.
    """

    source: str
    target: str
    needs: tuple[str, ...] = ()
    loop: str = ""
    loop_dirty_lock: str = ""


@dataclass(frozen=True)
class HelperRule:
    """The conversion of callers of `source`, a helper of the tree that takes plain references, to
    `pins`, which takes pins, with `asks`, which says whether there is anything to release. The tree
    has both, or the API commits add them. Of several rules for a source, the first that fits the
    tree is used.

    `takers` are functions that take over plain references and cannot handle pins. A `twin` has the
    same arguments and result as `source`.
    """

    source: str
    pins: str
    asks: str
    takers: tuple[str, ...] = ()
    twin: bool = False


@dataclass(frozen=True)
class Flags:
    """`drop` is removed from the flags of converted calls; `write` replaces a true "write"
    argument."""

    drop: tuple[str, ...] = ()
    write: str = ""


@dataclass(frozen=True)
class Follow:
    """In a tree that has all functions in `needs`, verdict `follow` is given to calls that
    follow_page() can replace, and to those with a rule in `acquire`; their releases stay.

    With `by_rules`, it is given to every site that only looks at struct page; these are converted
    by the acquire and release rules, like pinned ones. The rules in `fault` are for calls that ask
    for no pages.
    """

    needs: tuple[str, ...] = ()
    by_rules: bool = False
    acquire: tuple[AcquireRule, ...] = ()
    fault: tuple[AcquireRule, ...] = ()


@dataclass(frozen=True)
class Needs:
    """Functions that a tree must have for the profile; `since` is only for the message."""

    functions: tuple[str, ...] = ()
    since: str = ""
    otherwise: str = ""


@dataclass(frozen=True)
class ApiFunction:
    """One function that the API commits add to a tree that lacks it.

    Its signature is that of `mirrors` in the tree with `parameters` (type, name) added, or
    `returns` with only `parameters`. It is left out if the tree lacks `mirrors` or has an
    identifier in `unless`. `calls` are the functions that it may be built on, best first, "" for
    none.
    """

    name: str
    mirrors: str = ""
    returns: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    calls: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


@dataclass(frozen=True)
class ApiDocument:
    """A new text file, and its toctree line in `index`, after the first of `after` that is
    there."""

    path: str
    template: str
    index: str
    after: tuple[str, ...]


@dataclass(frozen=True)
class ApiCommit:
    """One commit of the API series; `body`, `declarations`, `definitions` are template files.

    `export` are functions of the tree. Those are exported that are not exported yet and that a
    converted file calls which may be a module. With `when_called`, the commit is left out unless a
    converted file calls one of its functions, and only exports what a module may call. With
    `header`, `source` and `beside` it changes other files than the rest of the API.
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
    """The place of the API: after the first of `beside` in `header`, and at the end of `sources`.

    The second and later sources only get their part if they define functions that are mirrored, as
    in trees that have the memory management without MMU in a file of its own. `shared` are files
    that are built with and without MMU and may define some of them, too. `asks` are further
    functions that the templates test for in the tree. `cover` is the template for the text of the
    cover letter.
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
    """A target API as data. `folder` has its templates, `files` the contents of this folder when it
    was read, by path; `ours` says that it comes with the tool, `trusted` that it does or that the
    user trusts it.

    `pins_read_only` says whether sites that only read the page's data are pinned, `pins` whether
    any site is: a profile may be only about lookups. `helper` has the rules for callers of helpers
    over GUP. With `drop_aliases`, a local helper is removed if it only calls the release function
    of the profile after the conversion.
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
        """The functions that a tree must have for verdict `follow`; None if CASE 4 is always
        kept."""
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
"""The folder for a profile's own versions of commit.txt and cover.txt."""


def templates_of(profile: Profile) -> dict[str, str]:
    """The message templates of `profile`, by file name."""
    return {
        name.removeprefix(_MESSAGES): text
        for name, text in _texts(profile).items()
        if name.startswith(_MESSAGES)
    }


def api_templates(profile: Profile) -> Templates:
    """The templates of its API, and those that they may include."""
    texts = _texts(profile)
    return Templates(texts) if profile.ours else Templates({}, texts, str(profile.folder))


def _texts(profile: Profile) -> dict[str, str]:
    """The text files of a profile."""
    return {name: data.decode("utf-8") for name, data in profile.files.items() if is_text(data)}


def is_text(data: bytes) -> bool:
    """Whether `data` is UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
