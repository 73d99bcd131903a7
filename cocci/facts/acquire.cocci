// SPDX-License-Identifier: GPL-2.0-only
/// Find every call of a function that takes or drops references or pins on user pages.
///
//# The names are spelled out in a disjunction: a regular expression would make spatch parse
//# every file of the tree. For each call one line is printed:
//#     gup-migrate: LINE COLUMN NAME FILE
//# with the line from 1 and the column from 0, in bytes.
//
// Confidence: High
// Copyright: (C) 2026 The gup-migrate authors.
// Comments: Calls in functions that spatch cannot parse are not seen, and it does not say so.
// Comments: A static function of the file by one of these names is reported, too.
// Options: --no-includes --very-quiet
// Usage: spatch --no-includes --very-quiet -D report --sp-file acquire.cocci FILE

virtual report

@acquire depends on report@
position p;
identifier fn = {get_user_pages, get_user_pages_fast, get_user_pages_remote, get_user_pages_locked, get_user_pages_unlocked, get_user_pages_longterm, get_user_pages_fast_only, get_user_page_fast_only, __get_user_pages_fast, __get_user_pages_unlocked, get_user_page_vma_remote, get_user_page_nowait, pin_user_pages, pin_user_pages_fast, pin_user_pages_fast_only, pin_user_pages_remote, pin_user_pages_locked, pin_user_pages_unlocked, vaddr_pin_pages, vaddr_pin_pages_fast, vaddr_pin_pages_remote, vaddr_pin_pages_locked, vaddr_pin_pages_unlocked};
@@

fn@p(...)

@release depends on report@
position p;
identifier fn = {folio_put, folio_put_refs, folio_release_kmap, folios_put, free_page_and_swap_cache, page_cache_release, put_compound_page, put_page, put_page_and_swap, put_user_page, put_user_pages, put_user_pages_dirty, put_user_pages_dirty_lock, release_pages, unmap_and_put_page, unmap_and_put_user_folio, unmap_and_put_user_page, unpin_folio, unpin_folios, unpin_user_folio, unpin_user_page, unpin_user_page_range_dirty_lock, unpin_user_pages, unpin_user_pages_dirty_lock};
@@

fn@p(...)

@script:python depends on report@
p << acquire.p;
fn << acquire.fn;
@@

print("gup-migrate: %s %s %s %s" % (p[0].line, p[0].column, fn, p[0].file))

@script:python depends on report@
p << release.p;
fn << release.fn;
@@

print("gup-migrate: %s %s %s %s" % (p[0].line, p[0].column, fn, p[0].file))
