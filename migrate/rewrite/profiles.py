# SPDX-License-Identifier: GPL-2.0-only
"""Profiles: one target API each, as a folder with `profile.toml` and its templates."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from migrate.base.codec import from_data, to_data
from migrate.base.data import data_folder
from migrate.base.errors import Refusal
from migrate.base.templates import Templates
from migrate.rewrite.profile_files import read_file, read_files
from migrate.rewrite.trust import untrusted_in, wrong_in

DEFAULT_PROFILE = "vaddr-pin"
_FILE = "profile.toml"
_MOST_DOTS = 100
_NOT_IN_THE_FILE = {"folder", "files", "ours", "trusted"}
_KEYS = {"source": "from", "target": "to"}
"""Fields of rules by the keys of the file, which Python cannot have as names."""


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
class Flags:
    """`drop` never survives next to the target; `write` is what a true "write" argument means."""

    drop: tuple[str, ...] = ()
    write: str = ""


@dataclass(frozen=True)
class Follow:
    """Verdicts `follow` are given in a tree that has all functions of `needs`.

    With `by_rules` they are for every site that only looks at struct page, which is then converted
    by the acquire and release rules like those that are pinned.
    """

    needs: tuple[str, ...] = ()
    by_rules: bool = False


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
    a converted file calls which may be a module.
    """

    subject: str
    body: str
    declarations: str = ""
    definitions: str = ""
    function: tuple[ApiFunction, ...] = ()
    document: ApiDocument | None = None
    export: tuple[str, ...] = ()


@dataclass(frozen=True)
class Api:
    """Where the API goes: behind the first of `beside` in `header`, at the end of `sources`.

    The second and later sources get their part only where they define functions that are
    mirrored, as trees do whose memory management without MMU is a file of its own. `shared` are
    files that are built either way and may define some of them, too.
    """

    header: str
    sources: tuple[str, ...]
    beside: tuple[str, ...]
    commit: tuple[ApiCommit, ...]
    shared: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """A target API as data. `folder` is where its templates are, `files` what was in there when
    it was read, by path; `ours` says that it comes with the tool, `trusted` that the user or we
    trust it.

    `pins_read_only` says whether sites that only read the page's data are pinned, `pins` whether
    any are: a profile may be about the others alone. With `drop_aliases`, a local helper goes that
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
    folder: Path = field(default=Path(), compare=False)
    files: Mapping[str, bytes] = field(default_factory=dict, compare=False)
    ours: bool = field(default=True, compare=False)
    trusted: bool = field(default=True, compare=False)

    @property
    def follow_needs(self) -> tuple[str, ...] | None:
        """What a tree must have for a verdict `follow`; None when CASE 4 is always kept."""
        return self.follow.needs if self.follow is not None and not self.by_rules else None

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
    return {name: data.decode("utf-8") for name, data in profile.files.items() if _is_text(data)}


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def profile_names() -> tuple[str, ...]:
    """The names of the profiles that come with the tool, sorted."""
    found = data_folder("cocci").glob(f"rewrite/*/{_FILE}")
    return tuple(sorted(path.parent.name for path in found))


def load_profile(name_or_path: str, *, trust: bool = False) -> Profile:
    """A profile by name, or by the path of its folder or of its `profile.toml`.

    A :class:`Refusal` says in one line what is unknown or malformed. So does one for a profile
    from elsewhere whose semantic patches run code, unless you `trust` it.
    """
    path = _locate(name_or_path)
    try:
        data = _parsed(read_file(path).decode("utf-8"))
        if extra := sorted(_NOT_IN_THE_FILE & set(data)):
            raise ValueError(f"{extra[0]} is no key of it")
        for table in ("acquire", "release"):
            if not isinstance(data.get(table, []), list):
                raise ValueError(f"{table} has a value of the wrong kind")
            data[table] = [_renamed(rule) for rule in data.get(table, []) if isinstance(rule, dict)]
        profile = from_data(data, Profile)
        wrong = _coerced(data, to_data(profile), "")
        profile = replace(profile, folder=path.parent, files=read_files(path.parent))
    except RecursionError:
        raise _malformed(path, "it goes too deep") from None
    except (OSError, ValueError) as error:
        raise _malformed(path, _cause(error)) from None
    if wrong:
        raise _malformed(path, f"{wrong} has a value of the wrong kind")
    _check(profile, path)
    ours = path.parent.parent == data_folder("cocci") / "rewrite"
    if not (ours or trust) and (found := untrusted_in(profile)):
        raise Refusal(
            f"{found}, and the profile is not one of ours.",
            "Read it; if you trust it, add --trust-profile.",
        )
    return replace(profile, ours=ours, trusted=ours or trust)


def _parsed(text: str) -> dict[str, Any]:
    """TOML, without keys of so many parts that tomllib would be at them for hours."""
    if any(line.count(".") > _MOST_DOTS for line in text.splitlines()):
        raise ValueError(f"a line has more than {_MOST_DOTS} dots")
    return tomllib.loads(text)


def _locate(name_or_path: str) -> Path:
    if name_or_path in profile_names():
        return data_folder("cocci") / "rewrite" / name_or_path / _FILE
    path = Path(name_or_path)
    for candidate in (path, path / _FILE):
        with suppress(OSError):  # a name that no file can have
            if candidate.is_file():
                return candidate.resolve()
    raise Refusal(
        f"There is no profile '{name_or_path}'.",
        f"Give one of {', '.join(profile_names())}, or the folder of a {_FILE}.",
    )


def _renamed(rule: dict[str, object]) -> dict[str, object]:
    fields = {key: name for name, key in _KEYS.items()}
    return {fields.get(key, key): value for key, value in rule.items()}


def _coerced(given: object, read: object, where: str) -> str:
    """The first key of `given` whose value came out as another in `read`, or ""."""
    if isinstance(given, dict) and isinstance(read, dict):
        for key, value in given.items():
            if wrong := _coerced(value, read[key], f"{where}.{key}".lstrip(".")):
                return wrong
        return ""
    if isinstance(given, list) and isinstance(read, (list, tuple)) and len(given) == len(read):
        for one, other in zip(given, read, strict=True):
            if wrong := _coerced(one, other, where):
                return wrong
        return ""
    return "" if type(given) is type(read) and given == read else where


def _check(profile: Profile, path: Path) -> None:
    if not profile.acquire or not profile.release:
        raise _malformed(path, "it needs [[acquire]] and [[release]] tables")
    for rule in profile.acquire:
        if rule.drop and not rule.patch:
            raise _malformed(path, f"to drop arguments of {rule.source} takes a patch")
    templates = [rule.patch for rule in profile.acquire if rule.patch]
    templates += [
        name
        for commit in (profile.api.commit if profile.api else ())
        for name in (
            commit.body,
            commit.declarations,
            commit.definitions,
            commit.document.template if commit.document else "",
        )
        if name
    ]
    if wrong := wrong_in(profile):
        raise _malformed(path, wrong)
    for name in templates:
        if name not in profile.files:
            raise _malformed(path, f"there is no {name} beside it")
        if not _is_text(profile.files[name]):
            raise _malformed(path, f"{name} is not UTF-8")


def _malformed(path: Path, why: str) -> Refusal:
    return Refusal(
        f"{path} is not a profile: {why}.", "Compare it with cocci/rewrite/vaddr-pin/profile.toml."
    )


def _cause(error: BaseException) -> str:
    """The innermost message of a nested validation error, in one line."""
    cause: BaseException = error.__cause__ or error
    while isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    text = f"{cause}".strip("'\"") or type(cause).__name__
    if isinstance(cause, KeyError):
        text = f"{_KEYS.get(text, text)} is missing"
    return " ".join(text.split())[:300]
