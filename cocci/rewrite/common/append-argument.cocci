// SPDX-License-Identifier: GPL-2.0-only
/// Add one last argument, an identifier, to calls of a function.
///
// Confidence: High
// Copyright: (C) The gup-migrate authors
// Comments: Calls that have the argument already get it once more.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file append-argument.cocci -D patch \
//		-D fn=pin_pages -D argument=NULL -D at=all FILE
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
identifier virtual.argument;
expression list es;
position p : script:python() { wanted(p) };
@@
  fn@p(es
+ , argument
  )
