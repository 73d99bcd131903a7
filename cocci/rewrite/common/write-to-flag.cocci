// SPDX-License-Identifier: GPL-2.0-only
/// Turn a "write" argument, true or false, into a flags argument.
///
//# A literal becomes the flag or 0, anything else is asked: e ? flag : 0.
//
// Confidence: High
// Copyright: (C) The gup-migrate authors
// Comments: An argument that is an assignment or a ?: itself needs parentheses
//	first.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file write-to-flag.cocci -D patch \
//		-D flag=FOLL_WRITE -D at=L12C33L12C34 FILE
//
// "at" has the places of the arguments, first to behind the last byte, lines
// from 1 and columns from 0 in bytes, joined by underscores.

virtual patch

@initialize:python@
at << virtual.at;
@@
PLACES = set(at.split("_"))


def wanted(p):
    return "L%sC%sL%sC%s" % (p[0].line, p[0].column, p[0].line_end, p[0].column_end) in PLACES

@depends on patch@
identifier virtual.flag;
expression e;
position p : script:python() { wanted(p) };
@@
(
- 1@p
+ flag
|
- true@p
+ flag
|
- false@p
+ 0
|
  0@p
|
- e@p
+ e ? flag : 0
)
