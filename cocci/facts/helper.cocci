// SPDX-License-Identifier: GPL-2.0-only
/// Find every call of a helper of the tree that hands out user pages.
///
//# The helper is given by its name. For each call one line is printed:
//#     gup-migrate: LINE COLUMN NAME FILE
//# with the line from 1 and the column from 0, in bytes.
//
// Confidence: High
// Copyright: (C) 2026 The gup-migrate authors.
// Comments: Calls in functions that spatch cannot parse are not seen, and it does not say so.
// Comments: A static function of the file by the same name is reported, too.
// Options: --no-includes --very-quiet
// Usage: spatch --no-includes --very-quiet -D report -D fn=NAME --sp-file helper.cocci FILE

virtual report

@acquire depends on report@
identifier virtual.fn;
position p;
@@

fn@p(...)

@script:python depends on report@
p << acquire.p;
fn << virtual.fn;
@@

print("gup-migrate: %s %s %s %s" % (p[0].line, p[0].column, fn, p[0].file))
