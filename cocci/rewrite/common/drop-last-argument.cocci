// SPDX-License-Identifier: GPL-2.0-only
/// Take the last of two or more arguments away from calls of a function.
///
// Confidence: Moderate
// Copyright: (C) The gup-migrate authors
// Comments: What the argument does when it is evaluated is lost with it: meant
//	for literals and plain variables.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file drop-last-argument.cocci -D patch \
//		-D fn=release_pages -D at=all FILE
//
// "at" is "all", or the places of the function's name, lines from 1 and columns
// from 0 in bytes, joined by underscores: L12C1_L57C2.

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
expression list es;
expression last;
position p : script:python() { wanted(p) };
@@
  fn@p(es
- , last
  )
