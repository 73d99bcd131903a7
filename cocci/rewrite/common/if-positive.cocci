// SPDX-License-Identifier: GPL-2.0-only
/// Call a function that takes a count as its second argument only when there
/// is something to count.
///
//# The count is a variable or a member that may hold a negative error code.
//
// Confidence: High
// Copyright: (C) The gup-migrate authors
// Comments: The call has to be a statement of its own, in a block or the only
//	branch of an if.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file if-positive.cocci -D patch \
//		-D at=L12C1 FILE
//
// "at" has the places of the function's name, lines from 1 and columns from 0
// in bytes, joined by underscores: L12C1_L57C2.

virtual patch

@initialize:python@
at << virtual.at;
@@
PLACES = set(at.split("_"))


def wanted(p):
    return "L%sC%s" % (p[0].line, p[0].column) in PLACES

@depends on patch@
identifier f;
expression a, n;
expression list es;
position p : script:python() { wanted(p) };
@@
(
+ if (n > 0)
  f@p(a, n);
|
+ if (n > 0)
  f@p(a, n, es);
)
