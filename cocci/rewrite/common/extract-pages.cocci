// SPDX-License-Identifier: GPL-2.0-only
/// Take pages out of an iterator by a function that pins those of user memory
/// and takes no reference on others, in place of one that always takes one.
///
//# The old function frees its array when it takes nothing, and the new one does
//# not. What holds the pages is told the same way as before.
//
// Confidence: Moderate
// Copyright: (C) The gup-migrate authors
// Comments: False positives, to be ruled out before a place is given: pages
//	that are not dropped as the iterator wants it, a number of pages that
//	may be 0, and a result that is unsigned.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file extract-pages.cocci -D patch \
//		-D old=iov_iter_get_pages_alloc2 -D new=iov_iter_extract_pages \
//		-D at=all FILE
//
// "at" is "all", or the places of the function's name, lines from 1 and columns
// from 0 in bytes, joined by underscores: L12C1_L57C2. With -D given in
// addition, the array is that of the caller, as for iov_iter_get_pages2().

virtual patch
virtual given

@initialize:python@
at << virtual.at;
@@
ALL = at == "all"
PLACES = set(at.split("_"))


def wanted(p):
    return ALL or "L%sC%s" % (p[0].line, p[0].column) in PLACES

@depends on patch && !given@
identifier virtual.old;
identifier virtual.new;
expression i, most, start, r;
identifier pages;
position p : script:python() { wanted(p) };
@@
(
+ pages = NULL;
  r =
-  old@p
+  new
   (i, &pages, most
+   , UINT_MAX, 0
    , start);
+ if (r <= 0) {
+	kvfree(pages);
+	pages = NULL;
+ }
|
+ *pages = NULL;
  r =
-  old@p
+  new
   (i, pages, most
+   , UINT_MAX, 0
    , start);
+ if (r <= 0) {
+	kvfree(*pages);
+	*pages = NULL;
+ }
)

@depends on patch && given@
identifier virtual.old;
identifier virtual.new;
expression i, most, n, start;
identifier pages;
position p : script:python() { wanted(p) };
@@
-  old@p
+  new
   (i,
-   pages
+   &pages
    , most, n
+   , 0
    , start)
