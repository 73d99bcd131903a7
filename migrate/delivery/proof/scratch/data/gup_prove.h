/* SPDX-License-Identifier: GPL-2.0-only */
/* Made by gup-migrate prove, for a scratch build. */
#ifndef _LINUX_GUP_PROVE_H
#define _LINUX_GUP_PROVE_H

struct gup_prove_site {
	const char *file;
	int line;
	bool plain;	/* of a reference on a page that is only looked at */
	bool known, acquires;
	unsigned long calls, pages;
	struct gup_prove_site *next;
};

long gup_prove_acquired(struct gup_prove_site *site, struct page **pages, long got);
void gup_prove_acquired_one(struct gup_prove_site *site, struct page *page);
bool gup_prove_fails(struct gup_prove_site *site);
void gup_prove_released(struct gup_prove_site *site, struct page **pages, unsigned long n);
void gup_prove_released_row(struct gup_prove_site *site, struct page *page,
			    unsigned long n, int step);
void gup_prove_passed(struct gup_prove_site *site);

/* In the place of a release that was taken out. */
#define gup_prove_dropped() ({ \
	static struct gup_prove_site __gp_site = { .file = __FILE__, .line = __LINE__ }; \
	gup_prove_passed(&__gp_site); \
})

{extracts}#define GUP_PROVE_RELEASE(page) ({one})(page)

#ifndef GUP_PROVE_OFF
{macros}

/* In the files of groups that look pages up. */
#ifdef GUP_PROVE_PLAIN
{plain}
#endif
#endif
#endif
