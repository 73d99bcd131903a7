# SPDX-License-Identifier: GPL-2.0-only
"""What the workspace stores about the last commands: options, and output folders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from migrate.base.stores.stage_file import fingerprint
from migrate.runs.workspace import Workspace

_OPTIONS, _OUTPUTS = "asked", "outputs"


@dataclass(frozen=True)
class Asked:
    """The options of the last commands that ran a stage, by name; without those at their
    default."""

    texts: dict[str, str]
    switches: dict[str, bool]

    def __bool__(self) -> bool:
        return bool(self.texts or self.switches)


@dataclass(frozen=True)
class Output:
    """A folder that series and report were written to; `what` is a digest of its contents."""

    folder: str
    what: str


@dataclass(frozen=True)
class Outputs:
    """Every folder that was written to and still exists, the most recent one last."""

    written: tuple[Output, ...] = ()


def remember(workspace: Workspace, given: Mapping[str, str | bool | None]) -> None:
    """Store the options in `given`, None for the default; others are not changed. The workspace is
    locked."""
    before = recall(workspace)
    kept = {n: v for n, v in (before.texts | before.switches).items() if n not in given}
    now = {**kept, **{n: v for n, v in given.items() if v is not None}}
    texts = {n: v for n, v in now.items() if isinstance(v, str)}
    switches = {n: v for n, v in now.items() if isinstance(v, bool)}
    workspace.save(_OPTIONS, Asked(texts, switches), "")


def remember_only(workspace: Workspace, texts: dict[str, str]) -> None:
    """Store options, and that all others had their defaults. The workspace is locked."""
    workspace.save(_OPTIONS, Asked(texts, {}), "")


def recall(workspace: Workspace) -> Asked:
    """The options of the last commands."""
    found = workspace.load(_OPTIONS, Asked)
    return found.value if found else Asked({}, {})


def output_folders(workspace: Workspace) -> tuple[Path, ...]:
    """The folders that series were written to, the most recent one last."""
    return tuple(Path(output.folder) for output in _outputs(workspace).written)


def note_output(workspace: Workspace, folder: Path, *parts: str) -> None:
    """Store that `parts` were written to `folder`."""
    known = _outputs(workspace)
    others = [o for o in known.written if o.folder != str(folder) and Path(o.folder).is_dir()]
    written = (*others, Output(str(folder), fingerprint(*parts)))
    workspace.save(_OUTPUTS, replace(known, written=written), "")


def is_output(workspace: Workspace, folder: Path, *parts: str) -> bool:
    """Whether `parts` were the last to be written to `folder`."""
    return Output(str(folder), fingerprint(*parts)) in _outputs(workspace).written


def _outputs(workspace: Workspace) -> Outputs:
    found = workspace.load(_OUTPUTS, Outputs)
    return found.value if found else Outputs()
