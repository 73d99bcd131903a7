// SPDX-License-Identifier: GPL-2.0-only
/// Take one flag out of a flags expression; 0 is left where it was the only
/// one.
///
//# Meant for FOLL_GET, which never goes together with a pin.
//
// Confidence: High
// Copyright: (C) The gup-migrate authors
// Comments: With at=all the flag goes wherever it is or'ed to something or
//	stands alone, comparisons and tests included: give places.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file drop-flag.cocci -D patch \
//		-D flag=FOLL_GET -D at=all FILE
//
// "at" is "all", or the places of the flag, lines from 1 and columns from 0 in
// bytes, joined by underscores: L12C1_L57C2. With -D report in place of
// -D patch the places are listed.

virtual patch
virtual report

@initialize:python@
at << virtual.at;
@@
ALL = at == "all"
PLACES = set(at.split("_"))


def wanted(p):
    return ALL or "L%sC%s" % (p[0].line, p[0].column) in PLACES

@depends on patch disable bitor_comm@
identifier virtual.flag;
expression e;
position p : script:python() { wanted(p) };
@@
(
- flag@p |
  e
|
  e
- | flag@p
|
- flag@p
+ 0
)

@found depends on report@
identifier virtual.flag;
position p : script:python() { wanted(p) };
@@
  flag@p

@script:python depends on report@
p << found.p;
flag << virtual.flag;
@@
coccilib.report.print_report(p[0], "WARNING: %s goes" % flag)
