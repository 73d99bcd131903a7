# SPDX-License-Identifier: GPL-2.0-only
"""Releases that may sleep, in functions that are given to who calls them where nothing may."""

from __future__ import annotations

import pytest

from migrate.analysis.audit.model import AuditRule, Finding
from tests.analysis.audit.test_audit import findings

CODE = """
struct demo {
	struct page *page;
	struct work_struct work;
	struct rcu_head rcu;
};
struct other {
	void (*complete)(struct urb *urb);
	void (*function)(struct urb *urb);
};
int demo_start(struct demo *demo, unsigned long start)
{
	if (pin_user_pages_fast(start, 1, FOLL_WRITE | FOLL_LONGTERM, &demo->page) != 1)
		return -EFAULT;
	return 0;
}
static void demo_release(struct demo *demo)
{
	unpin_user_pages_dirty_lock(&demo->page, 1, true);
}
static int demo_called(HOW)
{
	demo_release(DEMO);
	return 0;
}
REST
"""
_IN_FUNCTION = "int demo_setup(struct demo *demo, GIVEN)\n{\n\tBODY\n\treturn 0;\n}"


def found(how: str, rest: str, demo: str = "the_demo") -> list[Finding]:
    text = CODE.replace("HOW", how).replace("DEMO", demo).replace("REST", rest)
    return [f for f in findings(text) if f.rule is AuditRule.SLEEPS]


def setup(given: str, body: str) -> str:
    return _IN_FUNCTION.replace("GIVEN", given).replace("BODY", body)


URB = setup("struct urb *urb", "urb->complete = demo_called;")
CONTROL = setup("struct urb *urb", "usb_fill_control_urb(urb, a, b, c, d, 8, demo_called, demo);")
DMA = setup("struct dma_async_tx_descriptor *tx", "tx->callback = demo_called;")
TIMER = setup("struct hrtimer *timer", "timer->function = &demo_called;")
HARD = setup("int irq", 'return request_threaded_irq(irq, demo_called, NULL, 0, "d", demo);')
MANAGED = setup("int irq", 'devm_request_threaded_irq(dev, irq, demo_called, NULL, 0, "d", 0);')
THREAD = setup("int irq", 'request_threaded_irq(irq, NULL, demo_called, 0, "d", demo);')
FENCE = setup("struct dma_fence *f", "return dma_fence_add_callback(f, &demo->cb, demo_called);")
POLL = setup("struct net_device *net", "netif_napi_add(net, &demo->napi, demo_called);")
CIPHER = setup("void *r", "skcipher_request_set_callback(r, 0, demo_called, demo);")
GADGET = setup("struct usb_request *req", "req->complete = demo_called;")
ALL = setup("int wait", "on_each_cpu(demo_called, demo, wait);")


@pytest.mark.parametrize(
    ("how", "rest", "what"),
    [
        ("struct urb *urb", URB, "the completion of a USB request"),
        ("struct urb *urb", CONTROL, "the completion of a USB request"),
        ("void *arg", DMA, "the callback of a DMA engine, which is a tasklet"),
        ("struct hrtimer *timer", TIMER, "a timer"),
        ("int irq, void *arg", HARD, "an interrupt handler"),
        ("int irq, void *arg", MANAGED, "an interrupt handler"),
        ("struct dma_fence *f, struct dma_fence_cb *cb", FENCE, "the callback of a fence"),
        ("struct napi_struct *napi, int budget", POLL, "the poll function of a network device"),
        ("void *arg, int err", CIPHER, "the completion of a crypto request"),
        ("struct usb_ep *ep, struct usb_request *req", GADGET, "the completion of a USB request"),
        ("void *arg", ALL, "a function for all processors"),
        ("unsigned long data", "DECLARE_TASKLET(demo_task, demo_called, 0);", "a tasklet"),
        ("struct tasklet_struct *t", "static DECLARE_TASKLET(task,\n\t&demo_called);", "a tasklet"),
        ("struct timer_list *t", "static DEFINE_TIMER(demo_timer, demo_called);", "a timer"),
    ],
)
def test_given_to_who_calls_it_where_nothing_may_sleep(how: str, rest: str, what: str) -> None:
    (finding,) = found(how, rest)
    assert finding.text == "unpin_user_pages_dirty_lock(&demo->page, 1, true);"
    assert [e.kind for e in finding.evidence] == ["calls demo_release()", f"made {what}"]
    assert "demo_called" in finding.evidence[-1].text


TAKERS = {
    "tasklet_init(&demo->tasklet, demo_called, 0)": "a tasklet",
    "tasklet_setup(&demo->tasklet, demo_called)": "a tasklet",
    "timer_setup(&demo->timer, demo_called, 0)": "a timer",
    "timer_setup_on_stack(&demo->timer, demo_called, 0)": "a timer",
    "setup_timer(&demo->timer, demo_called, 0)": "a timer",
    "hrtimer_setup(&demo->timer, demo_called, CLOCK_MONOTONIC, 0)": "a timer",
    "hrtimer_setup_on_stack(&demo->timer, demo_called, CLOCK_MONOTONIC, 0)": "a timer",
    "request_irq(n, demo_called, 0, NAME, demo)": "an interrupt handler",
    "devm_request_irq(dev, n, demo_called, 0, NAME, demo)": "an interrupt handler",
    "init_irq_work(&demo->irq_work, demo_called)": "an interrupt handler",
    "call_rcu(&demo->rcu, demo_called)": "an RCU callback",
    "call_srcu(&demo_srcu, &demo->rcu, demo_called)": "an RCU callback",
    "smp_call_function(demo_called, demo, 1)": "a function for all processors",
    "smp_call_function_single(n, demo_called, demo, 1)": "a function for all processors",
    "smp_call_function_many(mask, demo_called, demo, 1)": "a function for all processors",
    "usb_fill_bulk_urb(urb, a, b, c, 8, demo_called, demo)": "the completion of a USB request",
    "usb_fill_int_urb(urb, a, b, c, 8, demo_called, demo, 1)": "the completion of a USB request",
    "netif_napi_add_tx(net, &demo->napi, demo_called)": "the poll function of a network device",
    "netif_napi_add_weight(net, &demo->napi, demo_called, 64)": (
        "the poll function of a network device"
    ),
    "aead_request_set_callback(r, 0, demo_called, demo)": "the completion of a crypto request",
    "ahash_request_set_callback(r, 0, demo_called, demo)": "the completion of a crypto request",
    "bio->bi_end_io = demo_called": "the completion of a bio",
}


@pytest.mark.parametrize("given", TAKERS)
def test_whoever_takes_it(given: str) -> None:
    (finding,) = found("void *arg", setup("int n", f"{given};"))
    assert finding.evidence[-1].kind == f"made {TAKERS[given]}"


@pytest.mark.parametrize(
    ("tag", "member", "what"),
    [
        ("dma_async_tx_descriptor", "callback_result", "the callback of a DMA engine"),
        ("timer_list", "function", "a timer"),
    ],
)
def test_members_with_functions_that_must_not_sleep(tag: str, member: str, what: str) -> None:
    (finding,) = found("void *arg", setup(f"struct {tag} *x", f"x->{member} = demo_called;"))
    assert finding.evidence[-1].kind == f"made {what}"


@pytest.mark.parametrize(
    ("how", "rest"),
    [
        # the thread of an interrupt, and work, may sleep
        ("int irq, void *arg", THREAD),
        ("struct work_struct *w", setup("int n", "INIT_WORK(&demo->work, demo_called);")),
        # members by these names of other structs
        ("struct urb *urb", setup("struct other *other", "other->complete = demo_called;")),
        ("struct urb *urb", setup("struct other *other", "other->function = demo_called;")),
        # another argument, another function, and no more than a comment
        ("void *arg", setup("int wait", "on_each_cpu(other_called, demo_called, wait);")),
        ("struct urb *urb", setup("struct urb *urb", "urb->complete = other_called;")),
        ("unsigned long data", "/* DECLARE_TASKLET(demo_task, demo_called); */"),
        ("unsigned long data", "DECLARE_WORK(demo_work, demo_called);"),
    ],
)
def test_given_to_who_calls_it_where_sleeping_is_allowed(how: str, rest: str) -> None:
    assert found(how, rest) == []
