// SPDX-License-Identifier: GPL-2.0-only
/// Add one flag to a flags argument: 0 becomes the flag, anything else is
/// or'ed with it.
///
//# Meant for FOLL_LONGTERM where a function that implied it becomes one that
//# has to be told.
//
// Confidence: High
// Copyright: (C) The gup-migrate authors
// Comments: An argument that has the flag already gets it once more.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file add-flag.cocci -D patch \
//		-D flag=FOLL_LONGTERM -D at=L12C33L12C43 FILE
//
// "at" has the places of the arguments, first to behind the last byte, lines
// from 1 and columns from 0 in bytes, joined by underscores. With
// -D parenthesize the argument gets parentheses.

virtual patch
virtual parenthesize

@initialize:python@
at << virtual.at;
@@
PLACES = set(at.split("_"))


def wanted(p):
    return "L%sC%sL%sC%s" % (p[0].line, p[0].column, p[0].line_end, p[0].column_end) in PLACES

@depends on patch && !parenthesize@
identifier virtual.flag;
expression e;
position p : script:python() { wanted(p) };
@@
(
- 0@p
+ flag
|
- e@p
+ e | flag
)

@depends on patch && parenthesize@
identifier virtual.flag;
expression e;
position p : script:python() { wanted(p) };
@@
- e@p
+ (e) | flag
