// SPDX-License-Identifier: GPL-2.0-only
/// Release one page, or the pages of an array, before a return, or before the
/// call that frees the array.
///
//# Which statement is reached with the pages in hand, and by no other way, is
//# the decision of whoever gives the places.
//
// Confidence: High
// Copyright: (C) The gup-migrate authors
// Comments: A branch of an if that is a lone statement gets braces.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file release-before.cocci -D patch \
//		-D one -D release=put_page -D page=page -D count=n \
//		-D at=L12C1 FILE
//
// With -D many in place of -D one, "count" is the variable that says how many
// pages of the array "page" there are; with -D some it may be an error code.
// "at" has the places of the statements, lines from 1 and columns from 0 in
// bytes, joined by underscores: L12C1_L57C2.

virtual patch
virtual one
virtual many
virtual some

@initialize:python@
at << virtual.at;
@@
PLACES = set(at.split("_"))


def wanted(p):
    return "L%sC%s" % (p[0].line, p[0].column) in PLACES

@depends on patch && one@
identifier virtual.release;
identifier virtual.page;
identifier f;
expression e;
position p : script:python() { wanted(p) };
@@
(
+ release(page);
  return@p e;
|
+ release(page);
  return@p;
|
+ release(page);
  f@p(e);
)

@depends on patch && many@
identifier virtual.release;
identifier virtual.page;
identifier virtual.count;
identifier f;
expression e;
position p : script:python() { wanted(p) };
@@
(
+ release(page, count);
  return@p e;
|
+ release(page, count);
  return@p;
|
+ release(page, count);
  f@p(e);
)

@depends on patch && some@
identifier virtual.release;
identifier virtual.page;
identifier virtual.count;
identifier f;
expression e;
position p : script:python() { wanted(p) };
@@
(
+ if (count > 0)
+	release(page, count);
  return@p e;
|
+ if (count > 0)
+	release(page, count);
  return@p;
|
+ if (count > 0)
+	release(page, count);
  f@p(e);
)
