// SPDX-License-Identifier: GPL-2.0-only
/// Leave out the count of a call that is told to take one page, for a
/// function that always takes one.
///
//# The rule takes 1 for a count only when it is written as 1.
//
// Confidence: High
// Copyright: (C) The gup-migrate authors
// Comments: The calls have got their new name before; profile.toml beside it
//	says which. No script is in it, so that nobody has to trust it.
// Options: --no-includes
//
// Usage:
//	spatch --no-includes --sp-file lookup.cocci -D patch \
//		-D fn=lookup_user_page_fast FILE

virtual patch
virtual context

@depends on patch@
identifier virtual.fn;
expression start, flags, page;
@@
  fn(start
-  , 1
   , flags, page)

@depends on context@
identifier virtual.fn;
expression start, flags, page;
@@
* fn(start, 1, flags, page)
