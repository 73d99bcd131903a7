// SPDX-License-Identifier: GPL-2.0-only
/// Have a page of another address space faulted in by fixup_user_fault() in
/// place of a call of GUP that asks for no pages.
///
//# fixup_user_fault() drops the lock where GUP would, and always comes back
//# with it, so that what gives it back does not ask any more.
//
// Confidence: Moderate
// Copyright: (C) The gup-migrate authors
// Comments: False positives, to be ruled out before a place is given: a
//	variable that is used for anything else, a statement that does more than
//	to give the lock back, and code without an MMU, where fixup_user_fault()
//	is a bug. It faults in what GUP refuses, too, as mappings of devices.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file fault-in.cocci -D patch \
//		-D fn=get_user_pages_remote -D lock=locked -D to=unlocked \
//		-D at=all FILE
//
// "at" is "all", or the places of the function's name, lines from 1 and columns
// from 0 in bytes, joined by underscores: L12C1_L57C2. "lock" is the name of
// the variable, "to" its new one. With -D task in addition, both functions have
// a task, as before 5.9.

virtual patch
virtual task

@initialize:python@
at << virtual.at;
@@
ALL = at == "all"
PLACES = set(at.split("_"))


def wanted(p):
    return ALL or "L%sC%s" % (p[0].line, p[0].column) in PLACES

@depends on patch && !task@
identifier virtual.fn;
identifier virtual.lock;
identifier virtual.to;
expression mm, a;
statement S;
position p : script:python() { wanted(p) };
@@
- int lock = 1;
+ bool to = false;
  ... when exists
(
- fn@p(mm, a, 1, 0, NULL, ..., &lock);
+ fixup_user_fault(mm, a, FAULT_FLAG_REMOTE, &to);
|
- fn@p(mm, a, 1, FOLL_WRITE, NULL, ..., &lock);
+ fixup_user_fault(mm, a, FAULT_FLAG_WRITE | FAULT_FLAG_REMOTE, &to);
)
- if (lock)
  S

@depends on patch && task@
identifier virtual.fn;
identifier virtual.lock;
identifier virtual.to;
expression t, mm, a;
statement S;
position p : script:python() { wanted(p) };
@@
- int lock = 1;
+ bool to = false;
  ... when exists
(
- fn@p(t, mm, a, 1, 0, NULL, ..., &lock);
+ fixup_user_fault(t, mm, a, FAULT_FLAG_REMOTE, &to);
|
- fn@p(t, mm, a, 1, FOLL_WRITE, NULL, ..., &lock);
+ fixup_user_fault(t, mm, a, FAULT_FLAG_WRITE | FAULT_FLAG_REMOTE, &to);
)
- if (lock)
  S
