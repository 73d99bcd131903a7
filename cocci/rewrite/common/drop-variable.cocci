// SPDX-License-Identifier: GPL-2.0-only
/// Take away the declaration of a local variable; the rest of its declaration
/// stays.
///
//# Meant for the variables of loops that fold-loop.cocci has taken away.
//
// Confidence: High
// Copyright: (C) The gup-migrate authors
// Comments: The rule does not look for uses of the variable. What its
//	initialiser does is lost with it.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file drop-variable.cocci -D patch \
//		-D at=L12C5 FILE
//
// "at" has the places of the names in their declarations, lines from 1 and
// columns from 0 in bytes, joined by underscores: L12C5_L57C9.

virtual patch

@initialize:python@
at << virtual.at;
@@
PLACES = set(at.split("_"))


def wanted(p):
    return "L%sC%s" % (p[0].line, p[0].column) in PLACES

@depends on patch@
type T;
identifier i;
expression e;
position p : script:python() { wanted(p) };
@@
(
- T i@p;
|
- T i@p = e;
)
