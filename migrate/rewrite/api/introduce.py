# SPDX-License-Identifier: GPL-2.0-only
"""The patches that introduce a profile's API where the tree lacks it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from migrate.analysis.acquires.spatch import DEFAULT_TIMEOUT
from migrate.base.errors import Refusal
from migrate.base.programs.sandbox import Names
from migrate.base.programs.templates import Fill, fill
from migrate.base.prose import called
from migrate.kernel.line_limit import line_limit
from migrate.rewrite.api.exports import (
    called_by_modules,
    called_more,
    calls_below,
    export_function,
)
from migrate.rewrite.api.insert import insert_text
from migrate.rewrite.api.toctree import add_entry
from migrate.rewrite.model import ApiChange, FileChange
from migrate.rewrite.profile.counterparts import Counterparts
from migrate.rewrite.profile.model import Api, ApiCommit, ApiDocument, ApiFunction, api_templates
from migrate.rewrite.profile.trust import wrong_with_code, wrong_with_subject
from migrate.rewrite.steps.anchors import (
    Anchor,
    defines,
    export_anchor,
    export_macro,
    guard_of,
    head_behind,
    prototype_anchor,
)
from migrate.rewrite.text.apitext import FunctionText, function_text, paragraphs
from migrate.rewrite.text.draft import Draft, open_draft

_LONGEST_SUBJECT = 200
"""Characters; nobody reads a longer subject."""

_WITHOUT = "CONFIG_MMU"
"""The option without which a kernel has no user pages to pin."""


def api_change(
    parts: Counterparts,
    changes: Iterable[FileChange] = (),
    timeout: float = DEFAULT_TIMEOUT,
) -> ApiChange:
    """The commits of the profile's API for this tree; empty when there is nothing to add.

    `changes` are the conversions that use the API; `timeout` is for one spatch process, in seconds.
    Raises a :class:`Refusal` if the tree has no place for the new text.
    """
    api = parts.profile.api
    if api is None:
        return ApiChange((), (), ())
    work = _Work(parts, api, timeout, tuple(changes))
    if not parts.introduced and not work.exports:
        return ApiChange((), (), ())
    made = [(commit, work.commit(commit)) for commit in api.commit]
    kept = [(commit, files) for commit, files in made if files]
    subjects, bodies = work.messages([commit for commit, _ in kept])
    cover = work.cover() if kept else ""
    return ApiChange(subjects, bodies, tuple(files for _, files in kept), cover)


class _Work:
    """The files of the API after the commits made so far."""

    def __init__(
        self, parts: Counterparts, api: Api, timeout: float, changes: Sequence[FileChange]
    ) -> None:
        self.parts, self.api, self.timeout = parts, api, timeout
        self.drafts: dict[str, Draft] = {}
        others = [p for c in api.commit for p in (c.header, c.source) if p]
        for path in dict.fromkeys((api.header, *api.sources, *api.shared, *others)):
            text = parts.tree.read(path)
            if text is not None:
                self.drafts[path] = open_draft(path, text, line_limit(parts.tree))
        self.sources = [path for path in api.sources if self._is_used(path)]
        hidden = {
            name: [symbol for symbol in self._symbols(name) if self._hidden(symbol)]
            for commit in api.commit
            for name in commit.export
        }
        called = called_by_modules(parts.tree, changes, [n for n in hidden if hidden[n]])
        self.exports = {name: hidden[name] for name in hidden if name in called}
        optional = [f.name for c in api.commit if c.when_called for f in c.function]
        self.used = called_more(changes, optional)
        self.by_modules = called_by_modules(parts.tree, changes, optional)

    def commit(self, commit: ApiCommit) -> tuple[FileChange, ...]:
        """The files that `commit` changes; none if the tree has everything that it would add."""
        if commit.document is not None:
            return self._document(commit.document) if self.parts.introduced else ()
        if commit.export:
            return self._export(commit)
        functions = self._added(commit)
        if not functions:
            return ()
        changes = [self._declare(commit, functions)]
        sources = [commit.source] if commit.source else self.sources
        changes += [self._define(commit, functions, path) for path in sources]
        return tuple(change for change in changes if change is not None)

    def _added(self, commit: ApiCommit) -> list[ApiFunction]:
        """The functions that `commit` adds."""
        lacking = [f for f in commit.function if f.name in self.parts.introduced]
        return [f for f in lacking if not commit.when_called or f.name in self.used]

    def messages(self, commits: Sequence[ApiCommit]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The subjects and the bodies of `commits`; their templates may name what the commits
        add."""
        names = [self._names(commit) for commit in commits]
        lines = [
            Fill(f"subject {c.subject!r}", n, line=c.subject, most=_LONGEST_SUBJECT)
            for c, n in zip(commits, names, strict=True)
        ]
        bodies = [Fill(c.body, n) for c, n in zip(commits, names, strict=True)]
        made = self._fill([*lines, *bodies])
        for commit, subject in zip(commits, made, strict=False):
            if wrong := wrong_with_subject(subject):
                raise self._refused(f"subject {commit.subject!r}", wrong)
        count = len(commits)
        return made[:count], tuple(paragraphs(text) for text in made[count:])

    def cover(self) -> str:
        """The text on the API in the cover letter."""
        return paragraphs(self._fill([Fill(self.api.cover, {})])[0]) if self.api.cover else ""

    def _names(self, commit: ApiCommit) -> dict[str, Any]:
        added = self._added(commit)
        return {
            "acquires": [f.name for f in added if f.mirrors],
            "releases": [f.name for f in added if not f.mirrors],
            "exports": self._exported(commit),
            "exported": [f.name for f in added if f.name in self.by_modules],
        }

    def _declare(self, commit: ApiCommit, functions: list[ApiFunction]) -> FileChange | None:
        path = commit.header or self.api.header
        draft = self._draft(path)
        beside = commit.beside or self.api.beside
        anchor = prototype_anchor(draft, [*self._placed(), *beside])
        texts = {f.name: self._text(f, path) for f in functions}
        if anchor is not None:
            late = {n: head_behind(draft, anchor, t.calls) for n, t in texts.items()}
            texts = {n: replace(t, late=late[n]) for n, t in texts.items()}
        return self._insert(path, anchor, self._code(commit.declarations, texts, path))

    def _define(
        self, commit: ApiCommit, functions: list[ApiFunction], path: str
    ) -> FileChange | None:
        texts = {f.name: self._text(f, path) for f in functions if self._belongs(f, path)}
        if not texts:
            return None
        anchor = export_anchor(self._draft(path))
        return self._insert(path, anchor, self._code(commit.definitions, texts, path))

    def _placed(self) -> list[str]:
        """The functions that earlier commits may have added, the last first."""
        names = [f.name for commit in self.api.commit for f in commit.function]
        return [name for name in reversed(names) if name in self.parts.introduced]

    def _text(self, function: ApiFunction, path: str) -> FunctionText:
        signature = self.parts.introduced[function.name]
        calls = self._stands_on(function)
        everywhere = [
            self.drafts[p] for p in (path, *self.api.sources, *self.api.shared) if p in self.drafts
        ]
        found = self.parts.existing.get(calls)
        passed = len(found.parameters) if found else len(signature.parameters)
        return function_text(
            signature,
            mirrors=function.mirrors,
            calls=calls,
            passed=passed,
            export=self._exported_by(function, everywhere, calls),
            guard=guard_of(self._draft(path), calls, _WITHOUT) if calls else "",
        )

    def _exported_by(self, function: ApiFunction, drafts: Sequence[Draft], calls: str) -> str:
        """The macro that exports `function`, "" for one that no module calls."""
        optional = any(function in c.function for c in self.api.commit if c.when_called)
        if optional and function.name not in self.by_modules:
            return ""
        return export_macro(drafts, calls or function.name) or "EXPORT_SYMBOL"

    def _stands_on(self, function: ApiFunction) -> str:
        """The first function in `calls` that the tree has."""
        for name in function.calls:
            if not name or name in self.parts.existing:
                return name
        raise Refusal(
            f"This tree has none of {called([n for n in function.calls if n])}"
            f" to build {function.name}() on.",
            "Use another profile.",
        )

    def _is_used(self, path: str) -> bool:
        """Whether a source is used: the first always, others if they define functions that are
        mirrored."""
        draft = self.drafts.get(path)
        if path == self.api.sources[0]:
            return True
        mirrored = [f.mirrors for c in self.api.commit for f in c.function if f.mirrors]
        return draft is not None and any(defines(draft, name) for name in mirrored)

    def _belongs(self, function: ApiFunction, path: str) -> bool:
        """Whether `function` can be defined in `path`, because the function that it calls is built
        with it."""
        if path == self.api.sources[0] or not function.mirrors:
            return True
        builds_with = [path, *self.api.shared]
        calls = self._stands_on(function)
        return any(defines(self.drafts[p], calls) for p in builds_with if p in self.drafts)

    def _symbols(self, name: str) -> list[str]:
        """The symbols that a module needs for a call of `name`: `name` itself, or the functions in
        the sources that an inline function of that name calls."""
        drafts = [self.drafts[p] for p in self.api.sources if p in self.drafts]
        header = self.drafts.get(self.api.header)
        if any(defines(d, name) for d in drafts) or header is None:
            return [name]
        inline = header.source.by_name.get(name, ())
        called = {n for function in inline for n in calls_below(function.body)}
        return sorted(n for n in called if any(defines(d, n) for d in drafts))

    def _exported(self, commit: ApiCommit) -> list[str]:
        """The functions that `commit` exports."""
        return [symbol for name in commit.export for symbol in self.exports.get(name, ())]

    def _hidden(self, name: str) -> bool:
        """Whether the sources define `name` and do not export it."""
        drafts = [self.drafts[p] for p in self.api.sources if p in self.drafts]
        return any(defines(d, name) for d in drafts) and export_macro(drafts, name) is None

    def _export(self, commit: ApiCommit) -> tuple[FileChange, ...]:
        """Each file with a definition of a function that is to be exported."""
        changed = {}
        for name in self._exported(commit):
            for path in (p for p in self.api.sources if p in self.drafts):
                draft = self.drafts[path]
                if not defines(draft, name):
                    continue
                result = export_function(draft, name, self.timeout)
                if isinstance(result, str):
                    raise Refusal(
                        f"{name}() in {path} cannot be exported: {result}.",
                        "Export it by hand, commit that, and run gup-migrate again.",
                    )
                changed[path] = FileChange(path, draft.text, result.text)
                self.drafts[path] = result
        return tuple(changed.values())

    def _draft(self, path: str) -> Draft:
        if path not in self.drafts:
            raise Refusal(
                f"This tree has no {path}, where the API of profile"
                f" {self.parts.profile.name} belongs.",
                "Use another profile.",
            )
        return self.drafts[path]

    def _insert(self, path: str, anchor: Anchor | None, text: str) -> FileChange:
        """Add `text` after `anchor` with a semantic patch, and check that all of it is there."""
        draft = self._draft(path)
        result = insert_text(draft, anchor, text, self.timeout) if anchor else "no place for it"
        if isinstance(result, str):
            name = self.parts.profile.name
            raise Refusal(
                f"The API of profile {name} cannot be added to {path}: {result}.",
                "Add it by hand, commit it, and run gup-migrate again.",
            )
        self.drafts[path] = result
        return FileChange(path, draft.text, result.text)

    def _document(self, document: ApiDocument) -> tuple[FileChange, ...]:
        read = self.parts.tree.read
        if read(document.path) is not None:
            return ()
        always = [f for c in self.api.commit if not c.when_called for f in c.function]
        acquires = [f for f in always if f.mirrors and self.parts.signature(f.name) is not None]
        optional = [f.name for c in self.api.commit if c.when_called for f in c.function]
        called = [name for name in optional if name in self.used]
        text = self._render(document.template, {"acquires": acquires, "called": called})
        changes = [FileChange(document.path, None, text.encode())]
        index = read(document.index)
        if index is not None:
            entry = Path(document.path).stem
            changes.append(
                FileChange(document.index, index, add_entry(index, entry, document.after))
            )
        return tuple(changes)

    def _code(self, template: str, functions: Mapping[str, FunctionText], path: str) -> str:
        """The C code of a template, checked for adding it to the file `path`."""
        text = self._render(template, {"functions": functions, "path": path})
        if wrong := wrong_with_code(text, trusted=self.parts.profile.trusted):
            raise self._refused(template, wrong)
        return text

    def _render(self, template: str, values: Mapping[str, Any]) -> str:
        """The template, without empty lines at its ends and with one newline."""
        (text,) = self._fill([Fill(template, values)])
        return text.strip("\n") + "\n"

    def _fill(self, jobs: Sequence[Fill]) -> tuple[str, ...]:
        profile = self.parts.profile
        known = {"has": Names(self.parts.known), "profile": profile.name}
        asked = [replace(job, values={**known, **job.values}) for job in jobs]
        return fill(api_templates(profile), asked, "text")

    def _refused(self, template: str, wrong: str) -> Refusal:
        return Refusal(
            f"{self.parts.profile.folder}, {template}: {wrong}.",
            "Read it, or use another profile.",
        )
