// SPDX-License-Identifier: GPL-2.0-only
/// Leave out the count of a call that looks up one page, and the vmas that it
/// does not ask for, for a function that takes neither.
///
//# The count has to be written as 1, and the vmas as NULL. What the call
//# returns is 1 or an error code as before, but never 0.
//
// Confidence: High
// Copyright: (C) The gup-migrate authors
// Comments: The calls have got their new name before; profile.toml beside it
//	says which.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file one-page.cocci -D patch \
//		-D fn=vaddr_get_page FILE

virtual patch
virtual context

@depends on patch@
identifier virtual.fn;
expression start, flags, page;
@@
(
  fn(start
-  , 1
   , flags, page)
|
  fn(start
-  , 1
   , flags, page
-  , NULL
  )
)

@depends on context@
identifier virtual.fn;
expression start, flags, page;
@@
(
* fn(start, 1, flags, page)
|
* fn(start, 1, flags, page, NULL)
)
