// SPDX-License-Identifier: GPL-2.0-only
/// Find callers of get_user_pages*() outside of mm/: code that touches the data
/// of user pages needs a pin, and code that only looks at struct page needs no
/// GUP.
///
//# It proposes nothing: which function is right depends on what is done with
//# the page.
//
// Confidence: Moderate
// Copyright: (C) The gup-migrate authors
// Comments: False positives are callers that an MMU notifier covers, and those
//	that pass NULL for the pages to fault them in; the latter are not
//	reported where NULL is written out.
// Options: --no-includes --include-headers
//
// Usage:
//	spatch --no-includes --sp-file gup-callers.cocci -D report FILE
//
// In a kernel, also with MODE=context and MODE=org:
//	make coccicheck MODE=report COCCI=PATH_OF_THIS_FILE

virtual context
virtual org
virtual report

@initialize:python@
@@
def inside(p):
    return p[0].file.startswith("mm/") or "/mm/" in p[0].file

@fine@
expression start, nr, flags, tsk, mm, vmas, locked;
position p;
@@
(
  get_user_pages@p(start, nr, flags, NULL)
|
  get_user_pages@p(start, nr, flags, NULL, vmas)
|
  get_user_pages_fast@p(start, nr, flags, NULL)
|
  get_user_pages_remote@p(mm, start, nr, flags, NULL, locked)
|
  get_user_pages_remote@p(mm, start, nr, flags, NULL, vmas, locked)
|
  get_user_pages_remote@p(tsk, mm, start, nr, flags, NULL, vmas, locked)
)

@core@
position p : script:python() { inside(p) };
identifier fn = { get_user_pages, get_user_pages_fast, get_user_pages_remote,
	get_user_pages_unlocked, get_user_pages_locked, get_user_pages_longterm,
	get_user_pages_fast_only, get_user_page_fast_only, __get_user_pages_fast };
@@
  fn@p(...)

@depends on context@
position p != { fine.p, core.p };
identifier fn = { get_user_pages, get_user_pages_fast, get_user_pages_remote,
	get_user_pages_unlocked, get_user_pages_locked, get_user_pages_longterm,
	get_user_pages_fast_only, get_user_page_fast_only, __get_user_pages_fast };
@@
* fn@p(...)

@found depends on org || report@
position p != { fine.p, core.p };
identifier fn = { get_user_pages, get_user_pages_fast, get_user_pages_remote,
	get_user_pages_unlocked, get_user_pages_locked, get_user_pages_longterm,
	get_user_pages_fast_only, get_user_page_fast_only, __get_user_pages_fast };
@@
  fn@p(...)

@script:python depends on report@
p << found.p;
fn << found.fn;
@@
msg = "WARNING: new caller of %s(): pin the page, or look up struct page only" % fn
coccilib.report.print_report(p[0], msg)

@script:python depends on org@
p << found.p;
fn << found.fn;
@@
coccilib.org.print_todo(p[0], "WARNING: new caller of %s()" % fn)
