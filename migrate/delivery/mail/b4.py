# SPDX-License-Identifier: GPL-2.0-only
"""A series as a branch that `b4 prep` and `b4 send` accept as their own.

Such a branch begins with an empty commit: the cover letter, with To: and Cc: as its trailers, and
b4's tracking data in JSON after a line of dashes. The patches follow. b4 only considers commits of
the last year whose committer is the user, so their committer date is that of the hand-over.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

from migrate.base.programs.process import Finished
from migrate.base.prose import clean
from migrate.base.stores.git import git_run, object_id
from migrate.delivery.commits.restack import again
from migrate.delivery.headers import mailbox_text
from migrate.delivery.history import SENT_WITH_B4, History, Version
from migrate.delivery.model import Series
from migrate.delivery.plumbing import Identity, commit_date, commit_tree, own_git, update_ref
from migrate.kernel.people.mailmap import Mailbox

FOLDER = "refs/heads/gup-migrate/b4/"
_MARKER = "--- b4-submit-tracking ---"
_REMARK = "# This section is used internally by b4 prep for tracking purposes."
_COMMENT = re.compile(r"^#", re.M)


@dataclass(frozen=True)
class Prepared:
    """A branch for b4 on top of `start`; `digest` is that of its contents, to recognise a branch
    that was handed over before."""

    ref: str
    start: str
    tip: str
    digest: str


def prepare(
    series: Series,
    history: History,
    *,
    profile: str,
    repository: Path,
    base: str,
    prerequisites: tuple[str, ...],
    who: Identity,
    when: str,
) -> Prepared:
    """Make the branch in the tool's own `repository`.

    `base` is the user's commit, `prerequisites` the patch ids of the commits between it and the
    series; `when` is the time of the hand-over, in seconds and time zone.
    """
    version = next(v for v in reversed(history.versions) if v.slug == series.slug)
    message = _cover(series, _tracking(version, history, profile, repository, base, prerequisites))
    tree = _tree(f"{series.start}^{{tree}}", repository)
    tip = commit_tree(repository, tree, series.start, message, who, when)
    listed = own_git(["rev-list", "--reverse", f"{series.start}..{series.tip}"], repository)
    for commit in listed.decode("ascii", "replace").split():
        own = _tree(f"{commit}^{{tree}}", repository)
        tip = again(repository, commit, own, tip, committed=when)
    update_ref(repository, f"refs/gup-migrate-b4/{profile}/{version.name}", tip)
    content = own_git(["hash-object", "--stdin"], repository, stdin=message.encode() + listed)
    return Prepared(f"{FOLDER}{profile}/{series.slug}", series.start, tip, content.decode().strip())


def _tree(name: str, repository: Path) -> str:
    return object_id(own_git(["rev-parse", name], repository), "rev-parse", repository)


def _cover(series: Series, tracking: str) -> str:
    # b4 drops lines that begin with a hash, and restores those with an arrow before it.
    text = _COMMENT.sub(">#", series.cover)
    people = [f"To: {_one_line(box)}" for box in series.to_boxes]
    people += [f"Cc: {_one_line(box)}" for box in series.cc_boxes]
    parts = [clean(series.title), text, "\n".join(people), tracking]
    return "\n\n".join(part for part in parts if part) + "\n"


def _one_line(box: Mailbox) -> str:
    """A mailbox without encoding: b4 encodes names itself."""
    name = clean(box.name)
    if not name:
        return mailbox_text(box)
    plain = re.fullmatch(r"[^\W_][\w '-]*(?: [\w '-]+)*", name)
    quoted = name if plain else '"' + name.replace("\\", "").replace('"', "") + '"'
    return f"{quoted} <{box.address}>"


def _tracking(
    version: Version,
    history: History,
    profile: str,
    repository: Path,
    base: str,
    prerequisites: tuple[str, ...],
) -> str:
    first, *_ = history.of(version.name)
    facts: dict[str, object] = {
        "revision": version.number,
        "change-id": change_id(first, profile, repository),
        "prefixes": [],
    }
    if prerequisites:
        ids = [f"patch-id: {patch_id}" for patch_id in prerequisites]
        facts["prerequisites"] = [f"base-commit: {base}", *ids]
    earlier = [v for v in history.of(version.name) if v.number < version.number and v.sent]
    if earlier:
        facts["history"] = {f"v{v.number}": [v.cover] for v in earlier}
    return "\n".join([_MARKER, _REMARK, json.dumps({"series": facts}, indent=2)])


def change_id(first: Version, profile: str, repository: Path) -> str:
    """b4's name for all versions of a series: the day of the base, the topic, and a digest."""
    seconds, _ = commit_date(repository, first.base)
    day = time.strftime("%Y%m%d", time.gmtime(seconds))
    digest = hashlib.sha256(f"{profile} {first.name} {first.base}".encode()).hexdigest()[:12]
    return f"{day}-{first.name}-{digest}"


def sent_with_b4(history: History, profile: str, repository: Path, checkout: Path) -> History:
    """`history` with the versions marked as sent for which `b4 send` has left its tag in
    `checkout`."""
    tags = git_run(["tag", "-l", "sent/*"], cwd=checkout)
    names = (
        set(tags.stdout.decode("utf-8", "replace").split()) if isinstance(tags, Finished) else set()
    )
    for version in history.versions if names else ():
        first, *_ = history.of(version.name)
        if f"sent/{change_id(first, profile, repository)}-v{version.number}" in names:
            history = history.with_sent(version, SENT_WITH_B4)
    return history
