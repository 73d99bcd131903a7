# SPDX-License-Identifier: GPL-2.0-only
"""`pytest --hypothesis-profile=long tests/faults` looks at 10,000 examples of each reader."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("long", max_examples=10_000, deadline=None)
