// SPDX-License-Identifier: GPL-2.0-only
/// Mark a page dirty before the call that releases it.
///
//# What marks it may sleep; whether one may do so there is the decision of
//# whoever gives the places.
//
// Confidence: High
// Copyright: (C) The gup-migrate authors
// Comments: The page is the only argument of the call.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file dirty-before.cocci -D patch \
//		-D mark=set_page_dirty_lock -D at=L12C1 FILE
//
// "at" has the places of the names of the functions that release, lines from 1
// and columns from 0 in bytes, joined by underscores: L12C1_L57C2.

virtual patch

@initialize:python@
at << virtual.at;
@@
PLACES = set(at.split("_"))


def wanted(p):
    return "L%sC%s" % (p[0].line, p[0].column) in PLACES

@depends on patch@
identifier virtual.mark;
identifier f;
expression e;
position p : script:python() { wanted(p) };
@@
+ mark(e);
  f@p(e);
