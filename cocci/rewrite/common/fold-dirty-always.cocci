// SPDX-License-Identifier: GPL-2.0-only
/// Mark an array of pages dirty and release it by one call in place of a loop
/// over its pages.
///
//# For calls that always mark pages dirty, as put_user_pages_dirty_lock() of
//# 5.2 and 5.3 does. They do set_page_dirty_lock() themselves; set_page_dirty()
//# and SetPageDirty() do not lock the page and stay, and so do loops that mark
//# pages on a condition.
//
// Confidence: Moderate
// Copyright: (C) The gup-migrate authors
// Comments: False positives, to be ruled out before a place is given: a count
//	that is negative, which most loops ignore and an unsigned parameter does
//	not; a variable that is read after the loop; a count or an array
//	that the loop's variable or the page is part of. The variable of the
//	loop stays declared: see drop-variable.cocci.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file fold-dirty-always.cocci -D patch \
//		-D old=put_page -D new=put_user_pages_dirty_lock -D at=all FILE
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
- for@p (i = 0; i < n; i++) {
(
-	set_page_dirty_lock(a[i]);
|
-	if (!PageDirty(a[i]))
-		set_page_dirty_lock(a[i]);
|
-	if (!PageDirty(a[i])) {
-		set_page_dirty_lock(a[i]);
-	}
)
-	old(a[i]);
- }
+ new(a, n);
|
- while@p (i--) {
(
-	set_page_dirty_lock(a[i]);
|
-	if (!PageDirty(a[i]))
-		set_page_dirty_lock(a[i]);
|
-	if (!PageDirty(a[i])) {
-		set_page_dirty_lock(a[i]);
-	}
)
-	old(a[i]);
- }
+ new(a, i);
|
- while@p (i-- > 0) {
(
-	set_page_dirty_lock(a[i]);
|
-	if (!PageDirty(a[i]))
-		set_page_dirty_lock(a[i]);
|
-	if (!PageDirty(a[i])) {
-		set_page_dirty_lock(a[i]);
-	}
)
-	old(a[i]);
- }
+ new(a, i);
|
- while@p (--i >= 0) {
(
-	set_page_dirty_lock(a[i]);
|
-	if (!PageDirty(a[i]))
-		set_page_dirty_lock(a[i]);
|
-	if (!PageDirty(a[i])) {
-		set_page_dirty_lock(a[i]);
-	}
)
-	old(a[i]);
- }
+ new(a, i);
|
- for@p (T i = 0; i < n; i++) {
(
-	set_page_dirty_lock(a[i]);
|
-	if (!PageDirty(a[i]))
-		set_page_dirty_lock(a[i]);
|
-	if (!PageDirty(a[i])) {
-		set_page_dirty_lock(a[i]);
-	}
)
-	old(a[i]);
- }
+ new(a, n);
|
- for@p (i = 0; i < n; i++) {
-	one = a[i];
(
-	set_page_dirty_lock(one);
|
-	if (!PageDirty(one))
-		set_page_dirty_lock(one);
|
-	if (!PageDirty(one)) {
-		set_page_dirty_lock(one);
-	}
)
-	old(one);
- }
+ new(a, n);
|
- for@p (i = 0; i < n; i++) {
-	struct page *one = a[i];
(
-	set_page_dirty_lock(one);
|
-	if (!PageDirty(one))
-		set_page_dirty_lock(one);
|
-	if (!PageDirty(one)) {
-		set_page_dirty_lock(one);
-	}
)
-	old(one);
- }
+ new(a, n);
)
