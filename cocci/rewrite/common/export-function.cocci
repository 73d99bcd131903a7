// SPDX-License-Identifier: GPL-2.0-only
/// Export a function to modules, right behind its definition.
///
// Confidence: High
// Copyright: (C) The gup-migrate authors
// Comments: A function that is exported already is exported once more.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file export-function.cocci -D patch \
//		-D fn=follow_page -D at=all FILE
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
  fn@p(...) { ... }
+ EXPORT_SYMBOL_GPL(fn);
