// SPDX-License-Identifier: GPL-2.0-only
/// Look one page up by a function that takes no count, in place of one that
/// is told to take one page.
///
//# The rule takes 1 for a count only when it is written as 1. Whether the
//# page's data is left alone is the decision of whoever gives the places.
//
// Confidence: High
// Copyright: (C) The gup-migrate authors
// Comments: The profile beside it says which calls these are.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file lookup.cocci -D patch \
//		-D old=get_user_pages_fast -D new=lookup_user_page_fast -D at=all FILE
//
// "at" is "all", or the places of the names of the calls, lines from 1 and
// columns from 0 in bytes, joined by underscores: L12C1_L57C2.

virtual patch
virtual report

@initialize:python@
at << virtual.at;
@@
ALL = at == "all"
PLACES = set(at.split("_"))


def wanted(p):
    return ALL or "L%sC%s" % (p[0].line, p[0].column) in PLACES

@depends on patch@
identifier virtual.old;
identifier virtual.new;
expression start, flags, page;
position p : script:python() { wanted(p) };
@@
- old@p
+ new
  (start,
-  1,
   flags, page)

@found depends on report@
identifier virtual.old;
position p : script:python() { wanted(p) };
@@
  old@p(...)

@script:python depends on report@
p << found.p;
old << virtual.old;
@@
coccilib.report.print_report(p[0], "%s() may look one page up" % old)
