# SPDX-License-Identifier: GPL-2.0-only
"""Functions that are passed to code which calls them in atomic context.

According to the documentation: Documentation/driver-api/usb/URB.rst and dmaengine/client.rst for
completions, Documentation/RCU/whatisRCU.rst, include/linux/interrupt.h, dma_fence_func_t in
include/linux/dma-fence.h, Documentation/crypto/architecture.rst.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from migrate.analysis.frontend.mentions import mentions
from migrate.analysis.frontend.syntax import Function, Source
from migrate.analysis.ir.expressions import AddressOf, Expression, Member, Variable, plain
from migrate.analysis.ir.instructions import Invoke, Store
from migrate.analysis.ir.model import AccessPath, FunctionFacts
from migrate.analysis.model import Evidence
from migrate.analysis.program import location
from migrate.analysis.program.program import Program

_IRQ = "an interrupt handler"
_TIMER = "a timer"
_RCU = "an RCU callback"
_USB = "the completion of a USB request"
_ALL = "a function for all processors"
_POLL = "the poll function of a network device"
_CRYPTO = "the completion of a crypto request"
_TAKERS = {
    "tasklet_init": (1, "a tasklet"),
    "tasklet_setup": (1, "a tasklet"),
    "timer_setup": (1, _TIMER),
    "timer_setup_on_stack": (1, _TIMER),
    "setup_timer": (1, _TIMER),
    "hrtimer_setup": (1, _TIMER),
    "hrtimer_setup_on_stack": (1, _TIMER),
    "request_irq": (1, _IRQ),
    "request_threaded_irq": (1, _IRQ),
    "devm_request_irq": (2, _IRQ),
    "devm_request_threaded_irq": (2, _IRQ),
    "init_irq_work": (1, _IRQ),
    "call_rcu": (1, _RCU),
    "call_srcu": (2, _RCU),
    "smp_call_function": (0, _ALL),
    "smp_call_function_single": (1, _ALL),
    "smp_call_function_many": (1, _ALL),
    "on_each_cpu": (0, _ALL),
    "usb_fill_bulk_urb": (5, _USB),
    "usb_fill_int_urb": (5, _USB),
    "usb_fill_control_urb": (6, _USB),
    "dma_fence_add_callback": (2, "the callback of a fence"),
    "netif_napi_add": (2, _POLL),
    "netif_napi_add_tx": (2, _POLL),
    "netif_napi_add_weight": (2, _POLL),
    "skcipher_request_set_callback": (2, _CRYPTO),
    "aead_request_set_callback": (2, _CRYPTO),
    "ahash_request_set_callback": (2, _CRYPTO),
}
"""Functions that take a callback for atomic context: the argument, and its role."""

_MEMBERS = {
    ("urb", "complete"): _USB,
    ("usb_request", "complete"): _USB,
    ("dma_async_tx_descriptor", "callback"): "the callback of a DMA engine, which is a tasklet",
    ("dma_async_tx_descriptor", "callback_result"): "the callback of a DMA engine",
    ("hrtimer", "function"): _TIMER,
    ("timer_list", "function"): _TIMER,
}
"""Members of kernel structs with the same effect."""

_COMPLETIONS = {"bi_end_io": "the completion of a bio"}
"""Members with names that no other struct has."""

_DECLARED = re.compile(
    rb"\b(?:(DECLARE_TASKLET(?:_DISABLED)?(?:_OLD)?)|DEFINE_TIMER)\s*\(\s*\w+\s*,\s*&?$"
)
_LONGEST = 200
"""Bytes between the name of such a macro and the function."""


def made_atomic(program: Program, function: Function) -> Evidence | None:
    """Where `function` is passed to code that calls it in atomic context."""
    for path in program.files_with(function.path, function.name):
        for facts in program.functions_with(path, function.name):
            given = next(_given(program, facts, function.name), None)
            if given is not None:
                return given
        source = program.source(path)
        declared = _declared(source, function.name) if source is not None else None
        if declared is not None:
            return declared
    return None


def _given(program: Program, facts: FunctionFacts, name: str) -> Iterator[Evidence]:
    for instruction in facts.lowered.order:
        what = _registered(instruction, name)
        if what is not None and isinstance(instruction, (Invoke, Store)):
            yield Evidence(instruction.place, f"made {what}", instruction.text)
    for flow in facts.flows:
        if AccessPath(name) not in flow.sources or not flow.target.members:
            continue
        if not any(member == flow.target.members[-1] for _, member in _MEMBERS):
            continue
        cell, _ = program.cells.of(flow.target, facts)
        what = _MEMBERS.get((cell.tag, cell.name)) if isinstance(cell, location.Member) else None
        if what is not None:
            yield Evidence(flow.place, f"made {what}", flow.text)


def _registered(instruction: object, name: str) -> str | None:
    match instruction:
        case Invoke(name=called, arguments=arguments) if called in _TAKERS:
            position, what = _TAKERS[called]
            return what if position < len(arguments) and _is(arguments[position], name) else None
        case Store(target, value):
            member = plain(target)
            if isinstance(member, Member) and member.name in _COMPLETIONS and _is(value, name):
                return _COMPLETIONS[member.name]
    return None


def _is(value: Expression, name: str) -> bool:
    inner = plain(value)
    inner = plain(inner.object) if isinstance(inner, AddressOf) else inner
    return isinstance(inner, Variable) and inner.name == name


def _declared(source: Source, name: str) -> Evidence | None:
    """DECLARE_TASKLET() and the like at file scope."""
    for mention in mentions(source, name):
        at = mention.at
        found = _DECLARED.search(source.text[max(at - _LONGEST, 0) : at])
        if found is None or mention.kind in ("comment", "string_content"):
            continue
        what = "a tasklet" if found[1] else _TIMER
        return Evidence(mention.place, f"made {what}", source.line_at(at))
    return None
