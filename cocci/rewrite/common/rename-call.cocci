// SPDX-License-Identifier: GPL-2.0-only
/// Call another function in place of one, with the same arguments. Only the
/// name changes: layout and comments of the call stay to the letter.
///
//# The rule does not look at what the function is given. Which calls to
//# rename, and that every acquire moves with all of its releases, is the
//# decision of whoever gives the places.
//
// Confidence: High
// Copyright: (C) The gup-migrate authors
// Comments: A local variable or a macro parameter of the same name that is
//	called is renamed as well when its place is given.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file rename-call.cocci -D patch \
//		-D old=put_page -D new=put_user_page -D at=all FILE
//
// "at" is "all", or the places of the names that are renamed, lines from 1 and
// columns from 0 in bytes, joined by underscores: L12C1_L57C2. With -D report
// in place of -D patch the calls are listed.

virtual patch
virtual report

@initialize:python@
at << virtual.at;
@@
ALL = at == "all"
PLACES = set(at.split("_"))


def wanted(p):
    return ALL or "L%sC%s" % (p[0].line, p[0].column) in PLACES

@depends on patch@
identifier virtual.old;
identifier virtual.new;
position p : script:python() { wanted(p) };
@@
- old@p
+ new
  (...)

@found depends on report@
identifier virtual.old;
position p : script:python() { wanted(p) };
@@
  old@p(...)

@script:python depends on report@
p << found.p;
old << virtual.old;
new << virtual.new;
@@
msg = "WARNING: %s() becomes %s()" % (old, new)
coccilib.report.print_report(p[0], msg)
