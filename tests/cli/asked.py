# SPDX-License-Identifier: GPL-2.0-only
"""A console for tests of what is asked of a person."""

from __future__ import annotations


class Asked:
    """A console that answers, and remembers what was said."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.said: list[str] = []

    def ask(self, question: str) -> str | None:
        self.said.append(question)
        return self.answers.pop(0) if self.answers else None

    def say(self, line: str = "") -> None:
        self.said.append(line)
