// SPDX-License-Identifier: GPL-2.0-only
/// Leave out the count, the pages and the vmas of a call that only has one page
/// faulted in, for a function that takes none of them.
///
//# The count has to be written as 1, and the others as NULL.
//
// Confidence: High
// Copyright: (C) The gup-migrate authors
// Comments: The calls have got their new name before; profile.toml beside it
//	says which.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file no-page.cocci -D patch \
//		-D fn=vaddr_fault_in_locked FILE

virtual patch
virtual context

@depends on patch@
identifier virtual.fn;
expression start, flags;
@@
(
  fn(start
-  , 1
   , flags
-  , NULL
  )
|
  fn(start
-  , 1
   , flags
-  , NULL, NULL
  )
)

@depends on context@
identifier virtual.fn;
expression start, flags;
@@
(
* fn(start, 1, flags, NULL)
|
* fn(start, 1, flags, NULL, NULL)
)
