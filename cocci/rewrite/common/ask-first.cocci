// SPDX-License-Identifier: GPL-2.0-only
/// Ask, before pages are dropped, whether there is anything to drop: pages that
/// an iterator lends come without a reference.
///
//# The variable for the iterator has to be the one that the pages come from,
//# and to be what it was then.
//
// Confidence: Moderate
// Copyright: (C) The gup-migrate authors
// Comments: False positives, to be ruled out before a place is given: functions
//	that do more than to drop pages, and pages from elsewhere.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file ask-first.cocci -D patch -D fn=put_page \
//		-D asks=iov_iter_extract_will_pin -D iter=iter -D at=all FILE
//
// "at" is "all", or the places of the word for, or of the function's name,
// lines from 1 and columns from 0 in bytes, joined by underscores: L12C1_L57C2.
// With -D loop in addition, loops are looked for.

virtual patch
virtual loop

@initialize:python@
at << virtual.at;
@@
ALL = at == "all"
PLACES = set(at.split("_"))


def wanted(p):
    return ALL or "L%sC%s" % (p[0].line, p[0].column) in PLACES

@depends on patch && !loop@
identifier virtual.fn;
identifier virtual.asks;
identifier virtual.iter;
expression list es;
position p : script:python() { wanted(p) };
@@
+ if (asks(iter))
  fn@p(es);

@depends on patch && loop@
identifier virtual.asks;
identifier virtual.iter;
expression from, to, next;
statement S;
position p : script:python() { wanted(p) };
@@
+ if (asks(iter))
  for@p (from; to; next) S
