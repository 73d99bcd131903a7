// SPDX-License-Identifier: GPL-2.0-only
/// Report every call of a function that takes references on user pages.
///
//# What `make coccicheck` needs for one rule is the yardstick of bench/scan.py. The names are
//# spelled out in a disjunction of calls, so that spatch parses only files that have one.
//
// Confidence: High
// Copyright: (C) 2026 The gup-migrate authors.
// Comments: Calls in functions that spatch cannot parse are not seen.
// Options: --no-includes --very-quiet

virtual report

@call depends on report@
position p;
@@

(
get_user_pages@p(...)
|
get_user_pages_fast@p(...)
|
get_user_pages_remote@p(...)
|
get_user_pages_locked@p(...)
|
get_user_pages_unlocked@p(...)
|
get_user_pages_longterm@p(...)
|
get_user_pages_fast_only@p(...)
|
get_user_page_fast_only@p(...)
|
__get_user_pages_fast@p(...)
)

@script:python depends on report@
p << call.p;
@@

coccilib.report.print_report(p[0], "user pages are taken here")
