// SPDX-License-Identifier: GPL-2.0-only
/// Take a function away, with its body.
///
//# Meant for helpers of a file that only call one other function, after
//# rename-call.cocci has made their callers call that one.
//
// Confidence: High
// Copyright: (C) The gup-migrate authors
// Comments: The rule does not look for uses, prototypes or comments of the
//	function.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file drop-function.cocci -D patch \
//		-D fn=demo_put -D at=all FILE
//
// "at" is "all", or the places of the function's name in its definitions, lines
// from 1 and columns from 0 in bytes, joined by underscores: L12C1_L57C2.

virtual patch

@initialize:python@
at << virtual.at;
@@
ALL = at == "all"
PLACES = set(at.split("_"))


def wanted(p):
    return ALL or "L%sC%s" % (p[0].line, p[0].column) in PLACES

@depends on patch@
identifier virtual.fn;
position p : script:python() { wanted(p) };
@@
- fn@p(...) { ... }
