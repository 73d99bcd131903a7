// SPDX-License-Identifier: GPL-2.0-only
/// Fault one page in and look it up by follow_page() in place of asking GUP for
/// it: for code that only looks at struct page.
///
//# The mmap lock is held, and the vma of the address is at hand. The page comes
//# with a reference, so put_page() stays as it is. What was a number of pages
//# or an error code becomes 1 or -EFAULT.
//
// Confidence: Moderate
// Copyright: (C) The gup-migrate authors
// Comments: False positives, to be ruled out before a place is given: a vma
//	that is not that of the address, a lock that is not held, an address or
//	a condition that does something when it is evaluated, and callers that
//	tell error codes apart. follow_page() wants vmas that GUP would refuse,
//	too, as those of devices.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file follow-page.cocci -D patch \
//		-D fn=get_user_pages -D vma=vma -D at=all FILE
//
// "at" is "all", or the places of the function's name, lines from 1 and columns
// from 0 in bytes, joined by underscores: L12C1_L57C2. "vma" is the name of the
// variable. With -D task in addition, fixup_user_fault() gets NULL for its
// task, as before 5.9.

virtual patch
virtual task

@initialize:python@
at << virtual.at;
@@
ALL = at == "all"
PLACES = set(at.split("_"))


def wanted(p):
    return ALL or "L%sC%s" % (p[0].line, p[0].column) in PLACES

@depends on patch && !task@
identifier virtual.fn;
identifier virtual.vma;
expression a, w;
identifier page, ret;
statement S, other;
position p : script:python() { wanted(p) };
@@
(
- ret = fn@p(..., a, 1, 0, &page, ...);
+ ret = fixup_user_fault(vma->vm_mm, a, 0, NULL);
+ if (!ret) {
+	page = follow_page(vma, a, FOLL_GET);
+	ret = IS_ERR_OR_NULL(page) ? -EFAULT : 1;
+ }
|
+ page = NULL;
+ if (!fixup_user_fault(vma->vm_mm, a, 0, NULL))
+	page = follow_page(vma, a, FOLL_GET);
  if (
(
-	fn@p(..., a, 1, 0, &page, ...) <= 0
|
-	fn@p(..., a, 1, 0, &page, ...) < 1
|
-	fn@p(..., a, 1, 0, &page, ...) != 1
)
+	IS_ERR_OR_NULL(page)
  ) S
|
+ page = NULL;
+ if (!fixup_user_fault(vma->vm_mm, a, 0, NULL))
+	page = follow_page(vma, a, FOLL_GET);
  if (
(
-	fn@p(..., a, 1, 0, &page, ...) <= 0
|
-	fn@p(..., a, 1, 0, &page, ...) < 1
|
-	fn@p(..., a, 1, 0, &page, ...) != 1
)
+	IS_ERR_OR_NULL(page)
  ) S else other
|
- ret = fn@p(..., a, 1, FOLL_WRITE, &page, ...);
+ ret = fixup_user_fault(vma->vm_mm, a, FAULT_FLAG_WRITE, NULL);
+ if (!ret) {
+	page = follow_page(vma, a, FOLL_GET | FOLL_WRITE);
+	ret = IS_ERR_OR_NULL(page) ? -EFAULT : 1;
+ }
|
+ page = NULL;
+ if (!fixup_user_fault(vma->vm_mm, a, FAULT_FLAG_WRITE, NULL))
+	page = follow_page(vma, a, FOLL_GET | FOLL_WRITE);
  if (
(
-	fn@p(..., a, 1, FOLL_WRITE, &page, ...) <= 0
|
-	fn@p(..., a, 1, FOLL_WRITE, &page, ...) < 1
|
-	fn@p(..., a, 1, FOLL_WRITE, &page, ...) != 1
)
+	IS_ERR_OR_NULL(page)
  ) S
|
+ page = NULL;
+ if (!fixup_user_fault(vma->vm_mm, a, FAULT_FLAG_WRITE, NULL))
+	page = follow_page(vma, a, FOLL_GET | FOLL_WRITE);
  if (
(
-	fn@p(..., a, 1, FOLL_WRITE, &page, ...) <= 0
|
-	fn@p(..., a, 1, FOLL_WRITE, &page, ...) < 1
|
-	fn@p(..., a, 1, FOLL_WRITE, &page, ...) != 1
)
+	IS_ERR_OR_NULL(page)
  ) S else other
|
- ret = fn@p(..., a, 1, w ? FOLL_WRITE : 0, &page, ...);
+ ret = fixup_user_fault(vma->vm_mm, a, w ? FAULT_FLAG_WRITE : 0, NULL);
+ if (!ret) {
+	page = follow_page(vma, a, FOLL_GET | (w ? FOLL_WRITE : 0));
+	ret = IS_ERR_OR_NULL(page) ? -EFAULT : 1;
+ }
|
+ page = NULL;
+ if (!fixup_user_fault(vma->vm_mm, a, w ? FAULT_FLAG_WRITE : 0, NULL))
+	page = follow_page(vma, a, FOLL_GET | (w ? FOLL_WRITE : 0));
  if (
(
-	fn@p(..., a, 1, w ? FOLL_WRITE : 0, &page, ...) <= 0
|
-	fn@p(..., a, 1, w ? FOLL_WRITE : 0, &page, ...) < 1
|
-	fn@p(..., a, 1, w ? FOLL_WRITE : 0, &page, ...) != 1
)
+	IS_ERR_OR_NULL(page)
  ) S
|
+ page = NULL;
+ if (!fixup_user_fault(vma->vm_mm, a, w ? FAULT_FLAG_WRITE : 0, NULL))
+	page = follow_page(vma, a, FOLL_GET | (w ? FOLL_WRITE : 0));
  if (
(
-	fn@p(..., a, 1, w ? FOLL_WRITE : 0, &page, ...) <= 0
|
-	fn@p(..., a, 1, w ? FOLL_WRITE : 0, &page, ...) < 1
|
-	fn@p(..., a, 1, w ? FOLL_WRITE : 0, &page, ...) != 1
)
+	IS_ERR_OR_NULL(page)
  ) S else other
)

@depends on patch && task@
identifier virtual.fn;
identifier virtual.vma;
expression a, w;
identifier page, ret;
statement S, other;
position p : script:python() { wanted(p) };
@@
(
- ret = fn@p(..., a, 1, 0, &page, ...);
+ ret = fixup_user_fault(NULL, vma->vm_mm, a, 0, NULL);
+ if (!ret) {
+	page = follow_page(vma, a, FOLL_GET);
+	ret = IS_ERR_OR_NULL(page) ? -EFAULT : 1;
+ }
|
+ page = NULL;
+ if (!fixup_user_fault(NULL, vma->vm_mm, a, 0, NULL))
+	page = follow_page(vma, a, FOLL_GET);
  if (
(
-	fn@p(..., a, 1, 0, &page, ...) <= 0
|
-	fn@p(..., a, 1, 0, &page, ...) < 1
|
-	fn@p(..., a, 1, 0, &page, ...) != 1
)
+	IS_ERR_OR_NULL(page)
  ) S
|
+ page = NULL;
+ if (!fixup_user_fault(NULL, vma->vm_mm, a, 0, NULL))
+	page = follow_page(vma, a, FOLL_GET);
  if (
(
-	fn@p(..., a, 1, 0, &page, ...) <= 0
|
-	fn@p(..., a, 1, 0, &page, ...) < 1
|
-	fn@p(..., a, 1, 0, &page, ...) != 1
)
+	IS_ERR_OR_NULL(page)
  ) S else other
|
- ret = fn@p(..., a, 1, FOLL_WRITE, &page, ...);
+ ret = fixup_user_fault(NULL, vma->vm_mm, a, FAULT_FLAG_WRITE, NULL);
+ if (!ret) {
+	page = follow_page(vma, a, FOLL_GET | FOLL_WRITE);
+	ret = IS_ERR_OR_NULL(page) ? -EFAULT : 1;
+ }
|
+ page = NULL;
+ if (!fixup_user_fault(NULL, vma->vm_mm, a, FAULT_FLAG_WRITE, NULL))
+	page = follow_page(vma, a, FOLL_GET | FOLL_WRITE);
  if (
(
-	fn@p(..., a, 1, FOLL_WRITE, &page, ...) <= 0
|
-	fn@p(..., a, 1, FOLL_WRITE, &page, ...) < 1
|
-	fn@p(..., a, 1, FOLL_WRITE, &page, ...) != 1
)
+	IS_ERR_OR_NULL(page)
  ) S
|
+ page = NULL;
+ if (!fixup_user_fault(NULL, vma->vm_mm, a, FAULT_FLAG_WRITE, NULL))
+	page = follow_page(vma, a, FOLL_GET | FOLL_WRITE);
  if (
(
-	fn@p(..., a, 1, FOLL_WRITE, &page, ...) <= 0
|
-	fn@p(..., a, 1, FOLL_WRITE, &page, ...) < 1
|
-	fn@p(..., a, 1, FOLL_WRITE, &page, ...) != 1
)
+	IS_ERR_OR_NULL(page)
  ) S else other
|
- ret = fn@p(..., a, 1, w ? FOLL_WRITE : 0, &page, ...);
+ ret = fixup_user_fault(NULL, vma->vm_mm, a, w ? FAULT_FLAG_WRITE : 0, NULL);
+ if (!ret) {
+	page = follow_page(vma, a, FOLL_GET | (w ? FOLL_WRITE : 0));
+	ret = IS_ERR_OR_NULL(page) ? -EFAULT : 1;
+ }
|
+ page = NULL;
+ if (!fixup_user_fault(NULL, vma->vm_mm, a, w ? FAULT_FLAG_WRITE : 0, NULL))
+	page = follow_page(vma, a, FOLL_GET | (w ? FOLL_WRITE : 0));
  if (
(
-	fn@p(..., a, 1, w ? FOLL_WRITE : 0, &page, ...) <= 0
|
-	fn@p(..., a, 1, w ? FOLL_WRITE : 0, &page, ...) < 1
|
-	fn@p(..., a, 1, w ? FOLL_WRITE : 0, &page, ...) != 1
)
+	IS_ERR_OR_NULL(page)
  ) S
|
+ page = NULL;
+ if (!fixup_user_fault(NULL, vma->vm_mm, a, w ? FAULT_FLAG_WRITE : 0, NULL))
+	page = follow_page(vma, a, FOLL_GET | (w ? FOLL_WRITE : 0));
  if (
(
-	fn@p(..., a, 1, w ? FOLL_WRITE : 0, &page, ...) <= 0
|
-	fn@p(..., a, 1, w ? FOLL_WRITE : 0, &page, ...) < 1
|
-	fn@p(..., a, 1, w ? FOLL_WRITE : 0, &page, ...) != 1
)
+	IS_ERR_OR_NULL(page)
  ) S else other
)
