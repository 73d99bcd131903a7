// SPDX-License-Identifier: GPL-2.0-only
/// Release an array of pages by one call in place of a loop over its pages.
///
//# Forward loops, loops that count a variable down to 0, and loops that go
//# through a variable for the page. Nothing else may be in the loop: no test of
//# the page, no second statement, no second condition in its head.
//
// Confidence: Moderate
// Copyright: (C) The gup-migrate authors
// Comments: False positives, to be ruled out before a place is given: a count
//	that is negative, which most loops ignore and an unsigned parameter does
//	not; a variable that is read after the loop; a count or an array that
//	the loop's variable is part of. The variable of the loop stays declared:
//	see drop-variable.cocci.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file fold-loop.cocci -D patch \
//		-D old=put_page -D new=put_user_pages -D at=all FILE
//
// "at" is "all", or the places of the words for and while, lines from 1 and
// columns from 0 in bytes, joined by underscores: L12C1_L57C2.

virtual patch

@initialize:python@
at << virtual.at;
@@
ALL = at == "all"
PLACES = set(at.split("_"))


def wanted(p):
    return ALL or "L%sC%s" % (p[0].line, p[0].column) in PLACES

// One rule for all: a second one would find other places, those of the result.
@depends on patch@
identifier virtual.old;
identifier virtual.new;
type T;
identifier i, one;
expression a, n;
position p : script:python() { wanted(p) };
@@
(
- for@p (i = 0; i < n; i++)
-	old(a[i]);
+ new(a, n);
|
- for@p (i = 0; i < n; i++) {
-	old(a[i]);
- }
+ new(a, n);
|
- for@p (i = n - 1; i >= 0; i--)
-	old(a[i]);
+ new(a, n);
|
- for@p (i = n - 1; i >= 0; i--) {
-	old(a[i]);
- }
+ new(a, n);
|
- while@p (i--)
-	old(a[i]);
+ new(a, i);
|
- while@p (i--) {
-	old(a[i]);
- }
+ new(a, i);
|
- while@p (i-- > 0)
-	old(a[i]);
+ new(a, i);
|
- while@p (i-- > 0) {
-	old(a[i]);
- }
+ new(a, i);
|
- while@p (--i >= 0)
-	old(a[i]);
+ new(a, i);
|
- while@p (--i >= 0) {
-	old(a[i]);
- }
+ new(a, i);
|
- while@p (i)
-	old(a[--i]);
+ new(a, i);
|
- while@p (i) {
-	old(a[--i]);
- }
+ new(a, i);
|
- while@p (i > 0)
-	old(a[--i]);
+ new(a, i);
|
- while@p (i > 0) {
-	old(a[--i]);
- }
+ new(a, i);
|
- for@p (T i = 0; i < n; i++)
-	old(a[i]);
+ new(a, n);
|
- for@p (T i = 0; i < n; i++) {
-	old(a[i]);
- }
+ new(a, n);
|
- for@p (i = 0; i < n; i++) {
-	one = a[i];
-	old(one);
- }
+ new(a, n);
|
- for@p (i = 0; i < n; i++) {
-	struct page *one = a[i];
-
-	old(one);
- }
+ new(a, n);
)
