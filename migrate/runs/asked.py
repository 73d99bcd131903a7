# SPDX-License-Identifier: GPL-2.0-only
"""What the workspace remembers of what it was asked for: the options, and where output went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from migrate.base.stores.stage_file import fingerprint
from migrate.runs.workspace import Workspace

_OPTIONS, _OUTPUTS = "asked", "outputs"


@dataclass(frozen=True)
class Asked:
    """The options of the last commands that ran a stage, by the name of the option; those with
    their default value are left out."""

    texts: dict[str, str]
    switches: dict[str, bool]

    def __bool__(self) -> bool:
        return bool(self.texts or self.switches)


@dataclass(frozen=True)
class Output:
    """A folder that series and report were written to; `what` is a digest of all that went in."""

    folder: str
    what: str


@dataclass(frozen=True)
class Outputs:
    """Every folder that was written to and is still there, the last one at the end."""

    written: tuple[Output, ...] = ()


def remember(workspace: Workspace, given: Mapping[str, str | bool | None]) -> None:
    """Note the options in `given`, None for the default; others stay as they were. The workspace
    is locked."""
    before = recall(workspace)
    kept = {n: v for n, v in (before.texts | before.switches).items() if n not in given}
    now = {**kept, **{n: v for n, v in given.items() if v is not None}}
    texts = {n: v for n, v in now.items() if isinstance(v, str)}
    switches = {n: v for n, v in now.items() if isinstance(v, bool)}
    workspace.save(_OPTIONS, Asked(texts, switches), "")


def remember_only(workspace: Workspace, texts: dict[str, str]) -> None:
    """Note options, and that all others had their defaults. The workspace is locked."""
    workspace.save(_OPTIONS, Asked(texts, {}), "")


def recall(workspace: Workspace) -> Asked:
    """The options of the last commands."""
    found = workspace.load(_OPTIONS, Asked)
    return found.value if found else Asked({}, {})


def output_folders(workspace: Workspace) -> tuple[Path, ...]:
    """Where series went, the last folder at the end."""
    return tuple(Path(output.folder) for output in _outputs(workspace).written)


def note_output(workspace: Workspace, folder: Path, *parts: str) -> None:
    """Remember that what `parts` stand for was written to `folder`."""
    known = _outputs(workspace)
    others = [o for o in known.written if o.folder != str(folder) and Path(o.folder).is_dir()]
    written = (*others, Output(str(folder), fingerprint(*parts)))
    workspace.save(_OUTPUTS, replace(known, written=written), "")


def is_output(workspace: Workspace, folder: Path, *parts: str) -> bool:
    """Whether what was written to `folder` last is what `parts` stand for."""
    return Output(str(folder), fingerprint(*parts)) in _outputs(workspace).written


def _outputs(workspace: Workspace) -> Outputs:
    found = workspace.load(_OUTPUTS, Outputs)
    return found.value if found else Outputs()
