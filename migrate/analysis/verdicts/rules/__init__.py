# SPDX-License-Identifier: GPL-2.0-only
"""The rules of verdicts, in the order in which they are asked; the first that answers decides.

CASE numbers are those of the kernel's Documentation/core-api/pin_user_pages.rst:
1 direct I/O, 2 RDMA, 3 MMU notifiers, 4 only struct page, 5 data touched by the CPU.
"""

from __future__ import annotations

from migrate.analysis.model import Action
from migrate.analysis.verdicts.question import Rule
from migrate.analysis.verdicts.rules.case_1_2 import (
    device_access,
    held_for_addresses,
    marked_dirty,
    physical_address_used,
)
from migrate.analysis.verdicts.rules.case_3 import mmu_notifier, notifier_near, pinned_beside
from migrate.analysis.verdicts.rules.case_4 import (
    followed,
    mappings_changed,
    only_struct_page,
    reference_consumed,
)
from migrate.analysis.verdicts.rules.case_5 import data_read, data_written, written_unasked
from migrate.analysis.verdicts.rules.unconverted import (
    fast_only,
    for_other_versions,
    implementation,
    pages_is_null,
    through_helper,
)
from migrate.analysis.verdicts.rules.unsure import (
    extra_references,
    freed,
    not_followed,
    nothing_recognised,
    other_sources,
)

__all__ = (
    "RULES",
    "data_read",
    "data_written",
    "device_access",
    "extra_references",
    "fast_only",
    "followed",
    "for_other_versions",
    "freed",
    "held_for_addresses",
    "implementation",
    "mappings_changed",
    "marked_dirty",
    "mmu_notifier",
    "not_followed",
    "nothing_recognised",
    "notifier_near",
    "only_struct_page",
    "other_sources",
    "pages_is_null",
    "physical_address_used",
    "pinned_beside",
    "reference_consumed",
    "through_helper",
    "written_unasked",
)

RULES: tuple[Rule, ...] = (
    Rule(implementation, ("",), (Action.KEEP,), high=True),
    Rule(for_other_versions, ("",), (Action.KEEP,), high=True),
    Rule(pages_is_null, ("",), (Action.KEEP,), high=True),
    Rule(fast_only, ("3", "4", "5"), (Action.KEEP,), high=True),
    Rule(through_helper, ("",), (Action.MANUAL,)),
    Rule(mmu_notifier, ("3",), (Action.KEEP,), high=True),
    Rule(pinned_beside, ("3",), (Action.KEEP,)),
    Rule(mappings_changed, ("4",), (Action.KEEP,)),
    Rule(reference_consumed, ("4",), (Action.KEEP, Action.FOLLOW)),
    Rule(other_sources, ("",), (Action.MANUAL,)),
    Rule(not_followed, ("",), (Action.MANUAL,)),
    Rule(extra_references, ("",), (Action.MANUAL,)),
    Rule(freed, ("",), (Action.MANUAL,)),
    Rule(notifier_near, ("3",), (Action.MANUAL,)),
    Rule(device_access, ("1", "2"), (Action.PIN,), high=True),
    Rule(data_written, ("5",), (Action.PIN,), high=True),
    Rule(physical_address_used, ("1", "2"), (Action.PIN,)),
    Rule(written_unasked, ("5",), (Action.PIN, Action.MANUAL)),
    Rule(data_read, ("5",), (Action.PIN, Action.KEEP)),
    Rule(marked_dirty, ("1", "2"), (Action.PIN,)),
    Rule(held_for_addresses, ("1",), (Action.PIN,)),
    Rule(followed, ("4",), (Action.FOLLOW,)),
    Rule(only_struct_page, ("4",), (Action.KEEP,), high=True),
    Rule(nothing_recognised, ("",), (Action.MANUAL,)),
)
"""The order; `python -m scripts.verdict_rules` writes it down in docs/verdict-rules.md."""
