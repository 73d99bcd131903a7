# SPDX-License-Identifier: GPL-2.0-only
"""The rules of verdicts, in the order in which they are asked; the first that answers decides.

CASE numbers are those of the kernel's Documentation/core-api/pin_user_pages.rst:
1 direct I/O, 2 RDMA, 3 MMU notifiers, 4 only struct page, 5 data touched by the CPU.
"""

from __future__ import annotations

import re
from pathlib import PurePath

from migrate.analysis.gaps import FOREIGN_SOURCES
from migrate.analysis.model import (
    Action,
    Confidence,
    Evidence,
    TraitKind,
    Use,
    UseKind,
)
from migrate.analysis.verdicts.question import ONLY_STRUCT, Answer, Question, Rule
from migrate.analysis.verdicts.wording import why, words
from migrate.base.prose import called
from migrate.kernel.signatures import DIRECT_NAMES, PIN_NAMES

_DATA = (UseKind.WRITE_DATA, UseKind.READ_DATA, UseKind.TOUCH_DATA, UseKind.MAP)
_NOTIFIERS = (TraitKind.NOTIFIER_FILE, TraitKind.NOTIFIER_NEAR)
_BESIDES = {
    UseKind.EXTRA_REFERENCE: "Another reference to the pages is taken",
    UseKind.CONSUMED: "A callee takes over a reference to the pages",
    UseKind.MANIPULATED: "The mappings of the pages, or their place on the LRU, are changed",
}
"""What a release may belong to besides GUP's references."""


def implementation(q: Question) -> Answer | None:
    """GUP itself and its tests are not converted."""
    return _keep_for(q, TraitKind.IMPLEMENTATION, "", "This is GUP itself, or a test of it.")


def for_other_versions(q: Question) -> Answer | None:
    """Code that is never compiled for the version of this tree is not converted."""
    trait = q.group.trait(TraitKind.FOR_OTHER_VERSIONS)
    if trait is None or len(q.group.acquires) > 1:
        return None
    reason = "Only other versions of the kernel compile this call, which stays as it is."
    return Answer(Action.KEEP, "", reason, Confidence.HIGH, (trait.evidence,))


def pages_is_null(q: Question) -> Answer | None:
    """Without a pages argument no reference is taken: the call only faults pages in."""
    return _keep_for(
        q,
        TraitKind.PAGES_NULL,
        "",
        "The pages argument is NULL: the call only faults pages in, no reference is taken.",
    )


def fast_only(q: Question) -> Answer | None:
    """Callers that cannot sleep look pages up under a lock or a notifier, or hold them briefly."""
    trait = q.group.trait(TraitKind.FAST_ONLY)
    direct = [a for a in q.group.acquires if a.name in DIRECT_NAMES]
    if trait is None or not all(_is_fast_only(a.name) for a in direct):
        return None
    if q.uses(UseKind.DMA, UseKind.SCATTER):
        return None  # a device holds on to them for longer than any lookup
    here = q.has(TraitKind.NOTIFIER_HERE)
    kept = q.uses(UseKind.PHYSICAL_KEPT) and not q.has(TraitKind.PUT_AT_ONCE)
    if here or q.has(TraitKind.NOTIFIER_FILE):
        case, why = "3", "an MMU notifier ends its use when the page moves"
    elif q.has(TraitKind.LONG_LIVED) or kept:
        return None  # that is more than a moment
    elif q.uses(*_DATA):
        case, why = "5", "the data is accessed only briefly"
    else:
        case, why = "4", "the reference is held only briefly"
    reason = f"The lookup never sleeps and may run with interrupts off; {why}."
    seen = here if case == "3" else q.group.complete
    confidence = Confidence.HIGH if seen else Confidence.MEDIUM
    return Answer(Action.KEEP, case, reason, confidence, (trait.evidence,))


def through_helper(q: Question) -> Answer | None:
    """A helper that calls GUP is converted at its definition, and its callers depend on that."""
    trait = q.group.trait(TraitKind.THROUGH_HELPER)
    if trait is None or any(a.name != trait.subject for a in q.group.acquires):
        return None
    reason = f"The pages come from {trait.subject}(), whose callers can only be converted together."
    return Answer(Action.MANUAL, "", reason, Confidence.LOW, (trait.evidence,))


def mmu_notifier(q: Question) -> Answer | None:
    """CASE 3: an MMU notifier on the same object makes a pin unnecessary and harmful."""
    here = q.group.trait(TraitKind.NOTIFIER_HERE)
    if here is not None:
        # Of what works on the data as well, nothing shows that it stops when the notifier says so.
        touched = q.uses(UseKind.WRITE_DATA, UseKind.DMA)
        confidence = Confidence.MEDIUM if touched else Confidence.HIGH
        reason = "An MMU notifier is checked around the call, so the pages may move at any time."
        return Answer(Action.KEEP, "3", reason, confidence, (here.evidence,))
    if q.stays_long_term():
        return None  # the pages are held whatever the notifier is for
    for trait in q.group.traits:
        if trait.kind in _NOTIFIERS and trait.subject and trait.subject in q.group.structs:
            # It may be there for another range than that of the pages.
            reason = f"struct {trait.subject}, which holds the pages, has an MMU notifier."
            return Answer(Action.KEEP, "3", reason, Confidence.MEDIUM, (trait.evidence,))
    same = q.group.trait(TraitKind.NOTIFIER_FILE)
    if same is not None and not q.group.structs and q.uses(UseKind.PHYSICAL_KEPT):
        reason = "The file registers an MMU notifier, which tears mappings down when a page moves."
        return Answer(Action.KEEP, "3", reason, Confidence.MEDIUM, (same.evidence,))
    return None


def pinned_beside(q: Question) -> Answer | None:
    """CASE 3: a function that takes a pin for callers that ask for one takes a plain reference for
    the others on purpose, if there is a notifier for them."""
    notifier = q.group.trait(TraitKind.NOTIFIER_FILE)
    if notifier is None or q.uses(UseKind.DMA) or q.stays_long_term():
        return None
    here = {a.function for a in q.group.acquires}
    pins = [u for u in q.uses(UseKind.OTHER_SOURCE) if u.function in here and _pin_in(u.text)]
    if not pins:
        return None
    reason = (
        f"{pins[0].function}() calls {_pin_in(pins[0].text)}() where a pin is wanted; the plain"
        " references beside it end when the MMU notifier says so."
    )
    evidence = (notifier.evidence, *_evidence(tuple(pins)))
    return Answer(Action.KEEP, "3", reason, Confidence.MEDIUM, evidence)


def mappings_changed(q: Question) -> Answer | None:
    """CASE 4: code that changes the mappings of a page handles references of its own, too."""
    changed = q.uses(UseKind.MANIPULATED)
    if not changed or q.uses(*_DATA, UseKind.DMA, UseKind.STORED, UseKind.PHYSICAL_KEPT):
        return None
    reason = "Only struct page and the mappings of the page are changed, never its data."
    return Answer(Action.KEEP, "4", reason, Confidence.MEDIUM, _evidence(changed))


def reference_consumed(q: Question) -> Answer | None:
    """CASE 4: a callee takes the plain reference over, so there is nothing to unpin."""
    consumed = q.uses(UseKind.CONSUMED)
    if not consumed or q.uses(*_DATA, UseKind.DMA, UseKind.STORED):
        return None
    kinds = {u.kind for u in q.group.uses} - {UseKind.CONSUMED}
    if q.group.releases and (q.group.gaps or not kinds or not kinds <= ONLY_STRUCT):
        return None  # what is released may be used in a way that needs a pin
    reason = "Only struct page is used, and a callee takes over the reference"
    lookups = q.lookups_for()
    if lookups:
        # Who gets the reference gets the same kind from a lookup.
        reason += f"; {called(lookups)} takes one of the same kind"
    action = Action.FOLLOW if lookups else Action.KEEP
    return Answer(action, "4", f"{reason}.", Confidence.MEDIUM, _evidence(consumed))


def other_sources(q: Question) -> Answer | None:
    """Pages from elsewhere share the storage, so it is not known which release drops which."""
    foreign = _nearest_first(q, q.uses(UseKind.OTHER_SOURCE))
    if not foreign:
        return None
    first = foreign[0]
    said = (g for g in q.group.gaps if g.kind in FOREIGN_SOURCES and g.place == first.place)
    source = next((why(gap) for gap in said), first.text.rstrip(".;"))
    reason = f"The releases may also drop pages that did not come from GUP: {source}."
    return Answer(Action.MANUAL, "", reason, Confidence.LOW, _evidence(foreign))


def not_followed(q: Question) -> Answer | None:
    """A group with a gap may have a release that was not found."""
    if not q.group.gaps:
        return None
    reason = f"The pages could not be followed everywhere: {words(q.group.gaps[0])}."
    return Answer(Action.MANUAL, "", reason, Confidence.LOW, _evidence(q.uses(UseKind.ESCAPES)))


def extra_references(q: Question) -> Answer | None:
    """If other references than those of GUP are taken, a release may drop one of them."""
    more = q.uses(*_BESIDES)
    if not more:
        return None
    reason = f"{_BESIDES[more[0].kind]}: {more[0].text.rstrip('.;')}."
    return Answer(Action.MANUAL, "", reason, Confidence.LOW, _evidence(more))


def freed(q: Question) -> Answer | None:
    """Pages that are freed to the allocator have no release that a conversion could replace."""
    given_back = q.uses(UseKind.FREED)
    if not given_back:
        return None
    first = given_back[0]
    reason = f"A page is freed instead of released; fix that first: {first.text.rstrip('.;')}."
    return Answer(Action.MANUAL, "", reason, Confidence.LOW, _evidence(given_back))


def notifier_near(q: Question) -> Answer | None:
    """A notifier elsewhere in the driver may cover the same range."""
    near = q.group.trait(TraitKind.NOTIFIER_FILE) or q.group.trait(TraitKind.NOTIFIER_NEAR)
    if near is None or not _outlives_call(q) or q.stays_long_term():
        return None
    where = near.evidence.place
    reason = f"The driver registers an MMU notifier at {where}, which may cover these pages."
    return Answer(Action.MANUAL, "3", reason, Confidence.LOW, (near.evidence,))


def device_access(q: Question) -> Answer | None:
    """CASE 1 and 2: a device works on the data behind the pages."""
    dma = q.uses(UseKind.DMA)
    if not dma:
        return None
    held = "stay held until another function releases them" if _outlives_call(q) else "released"
    then = "" if _outlives_call(q) else "then "
    return _for_device(
        q, dma, f"The pages are handed to a device and {then}{held}.", Confidence.HIGH
    )


def physical_address_used(q: Question) -> Answer | None:
    """CASE 1 and 2: a device or a hypervisor gets physical addresses while the pages are held."""
    kept = q.uses(UseKind.PHYSICAL_KEPT)
    if not kept or q.has(TraitKind.PUT_AT_ONCE):
        return None
    end = "another function releases the pages" if _outlives_call(q) else "they are released"
    # Who gets a number is not seen to give it to a device.
    reason = (
        "The physical addresses of the pages are passed on, so their data may be accessed until"
        f" {end}."
    )
    return _for_device(q, kept, reason, Confidence.MEDIUM)


def data_written(q: Question) -> Answer | None:
    """CASE 5: the kernel writes to the data behind the pages."""
    data = q.uses(*_DATA)
    if not data or not q.has(TraitKind.MAY_WRITE):
        return None
    written = q.uses(UseKind.WRITE_DATA)
    if written:
        reason = "The kernel writes data into the pages."
        return Answer(Action.PIN, "5", reason, Confidence.HIGH, _evidence(written))
    dirtied = q.uses(UseKind.DIRTY)
    if dirtied:
        reason = "The kernel accesses the data in the pages and marks them dirty."
        both = (*_accessed(data)[:1], *dirtied[:1])  # what a reader checks first
        seen = dict.fromkeys((*both, *data, *dirtied))
        return Answer(Action.PIN, "5", reason, Confidence.HIGH, _evidence(tuple(seen)))
    direct = [a for a in q.group.acquires if a.name in DIRECT_NAMES]
    asks = "asks" if direct and all(a.always_writes for a in direct) else "may ask"
    # Code that gets the pages in an iterator may leave the access to a device.
    reason = f"The data in the pages is accessed, and the call {asks} for write access."
    return Answer(Action.PIN, "5", reason, Confidence.MEDIUM, _evidence(data))


def written_unasked(q: Question) -> Answer | None:
    """CASE 5: the data is written without write access: the code or the analysis is wrong."""
    written = q.uses(UseKind.WRITE_DATA)
    if not written or q.has(TraitKind.MAY_WRITE):
        return None
    reason = (
        "The kernel writes data into the pages, although the call does not ask for write access."
    )
    if q.pins_read_only:
        return Answer(Action.PIN, "5", reason, Confidence.MEDIUM, _evidence(written))
    return Answer(Action.MANUAL, "5", reason, Confidence.LOW, _evidence(written))


def data_read(q: Question) -> Answer | None:
    """CASE 5, one way: the kernel only reads the data; the profile decides about such groups."""
    data = q.uses(*_DATA)
    if not data:
        return None
    if q.pins_read_only:
        reason = "The kernel reads the data in the pages."
        return Answer(Action.PIN, "5", reason, Confidence.MEDIUM, _evidence(data))
    reason = "The kernel only reads the data in the pages, which needs no pin under this profile."
    return Answer(Action.KEEP, "5", reason, Confidence.MEDIUM, _evidence(data))


def marked_dirty(q: Question) -> Answer | None:
    """CASE 1 and 2: pages that the code marks dirty are written to while they are held."""
    by_release = tuple(
        Evidence(r.place, UseKind.DIRTY.value, r.text)
        for r in q.group.releases
        if "dirty" in r.name
    )
    dirtied = _evidence(q.uses(UseKind.DIRTY)) or by_release
    if not dirtied or not q.has(TraitKind.MAY_WRITE):
        return None
    until = ", until another function releases them" if _outlives_call(q) else ""
    reason = f"The pages are marked dirty, so their data is written to while they are held{until}."
    case = "2" if _outlives_call(q) else "1"
    return Answer(Action.PIN, case, reason, Confidence.MEDIUM, dirtied)


def held_for_addresses(q: Question) -> Answer | None:
    """CASE 1: the pages are held while a hypervisor works on their data by address, and for nothing
    else."""
    worked = q.group.trait(TraitKind.BY_ADDRESS)
    covered = q.has(TraitKind.NOTIFIER_HERE, TraitKind.NOTIFIER_FILE)
    if worked is None or q.group.uses or covered or not q.has(TraitKind.MAY_WRITE):
        return None  # there may be another reason
    reason = f"The pages are only held, while {worked.subject}() works on their data by address."
    return Answer(Action.PIN, "1", reason, Confidence.MEDIUM, (worked.evidence,))


def followed(q: Question) -> Answer | None:
    """CASE 4: the page can be looked up, by follow_page() after a fault-in, or by a function of the
    profile that takes the address."""
    lookups = q.lookups_for()
    if not lookups or not q.only_struct_page():
        return None
    reason = f"{_looked_at(q)}: {called(lookups)} is enough"
    if "follow_page" in lookups and any(s.faults for s in q.group.follows if s.vma):
        reason += " once the page has been faulted in"
    at_once = q.group.trait(TraitKind.PUT_AT_ONCE)
    evidence = _evidence(q.group.uses) or ((at_once.evidence,) if at_once is not None else ())
    return Answer(Action.FOLLOW, "4", f"{reason}.", Confidence.MEDIUM, evidence)


def only_struct_page(q: Question) -> Answer | None:
    """CASE 4: only struct page is looked at, so a plain reference is right."""
    if not q.only_struct_page():
        return None
    reason = _looked_at(q)
    if (q.follows or q.lookups) and q.group.no_follow:
        name = next(iter(sorted(set(q.lookups.values()))), "follow_page")
        reason += f"; {name}() does not fit, because {q.group.no_follow}"
    at_once = q.group.trait(TraitKind.PUT_AT_ONCE)
    evidence = _evidence(q.group.uses) or ((at_once.evidence,) if at_once is not None else ())
    # Numbers of the pages stay in use after the release, for what they are worth.
    numbers = q.uses(UseKind.PHYSICAL_KEPT, UseKind.PHYSICAL_KEY)
    unsure = numbers or q.has(TraitKind.NUMBERS_LOST)
    confidence = Confidence.MEDIUM if unsure else Confidence.HIGH
    return Answer(Action.KEEP, "4", f"{reason}.", confidence, evidence)


def _looked_at(q: Question) -> str:
    """What code does that needs no pin; an address that it keeps may be used for the data."""
    if q.uses(UseKind.PHYSICAL_KEPT):
        return "The page is released at once, and only its physical address stays in use"
    return "Only struct page is looked at, never the data"


def nothing_recognised(q: Question) -> Answer:
    """How the pages are used is not understood."""
    reason = "The code does not show whether the data of the pages is accessed."
    return Answer(Action.MANUAL, "", reason, Confidence.LOW, _evidence(q.group.uses))


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


def _keep_for(q: Question, kind: TraitKind, case: str, reason: str) -> Answer | None:
    trait = q.group.trait(kind)
    if trait is None:
        return None
    return Answer(Action.KEEP, case, reason, Confidence.HIGH, (trait.evidence,))


def _for_device(q: Question, uses: tuple[Use, ...], reason: str, confidence: Confidence) -> Answer:
    case = "2" if _outlives_call(q) else "1"
    return Answer(Action.PIN, case, reason, confidence, _evidence(uses))


def _outlives_call(q: Question) -> bool:
    return q.has(TraitKind.LONG_LIVED) or bool(q.group.gaps) or not q.group.releases


def _pin_in(text: str) -> str:
    """The function that takes a pin in a statement, "" for none."""
    return next((name for name in re.findall(r"\w+", text) if name in PIN_NAMES), "")


def _is_fast_only(name: str) -> bool:
    return name.endswith("fast_only") or name == "__get_user_pages_fast"


def _accessed(data: tuple[Use, ...]) -> tuple[Use, ...]:
    """The uses that are more than a mapping, or the mappings where there are no others."""
    return tuple(use for use in data if use.kind is not UseKind.MAP) or data


def _nearest_first(q: Question, uses: tuple[Use, ...]) -> tuple[Use, ...]:
    """Those in the files of the acquires before those in their folders before all others."""
    files = {a.place.path for a in q.group.acquires}
    folders = {PurePath(f).parent for f in files}

    def far(use: Use) -> tuple[bool, bool]:
        path = use.place.path
        return path not in files, PurePath(path).parent not in folders

    return tuple(sorted(uses, key=far))


def _evidence(uses: tuple[Use, ...]) -> tuple[Evidence, ...]:
    """The uses as evidence; those in the kernel's own headers only when there are no others."""
    own = tuple(u for u in uses if not u.place.path.startswith("include/"))
    return tuple(Evidence(u.place, u.kind.value, u.text) for u in own or uses)
