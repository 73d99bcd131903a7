// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who pinned each page and who released it, for gup-migrate prove, and which code
 * of the converted files ran. This file is part of a scratch build only. Pages are
 * noted by their head, for some of the functions release the head in the place of
 * the page that was pinned. GUP_PROVE_KERNEL is the name of this very kernel.
 */
#define GUP_PROVE_OFF
#include <linux/mm.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <asm/sections.h>

#define HOLDS (1 << 17)		/* pages that can be held at a time */
#define BUCKETS (1 << 13)
#define PAIRS 2048
#define PLACES (1 << 15)	/* basic blocks that can be noted */
#define PLACES_A_ROW 64

/* So many pins of the page "head" are held, which were taken at "site". */
struct hold {
	struct page *head;
	struct gup_prove_site *site;
	unsigned int count;
	int next;
};

/* "ambiguous": how often more sites than one held the page that was released. */
struct pair {
	struct gup_prove_site *acquire, *release;
	unsigned long count, ambiguous;
};

static struct hold holds[HOLDS];
static int buckets[BUCKETS];	/* the number of the first hold, 0 for none */
static int unused, fresh = 1;
static struct pair pairs[PAIRS];
static int pair_count;
static struct gup_prove_site *sites;
static unsigned long held, lost;
static unsigned int every_short, every_failed, multiple, attempts;
static DEFINE_RAW_SPINLOCK(lock);
static unsigned long ran[PLACES];
static unsigned int with_places;

/*
 * Each basic block of the converted files begins with a call of this; the compiler
 * knows the name. It may come from anywhere, so it takes no lock.
 */
void __sanitizer_cov_trace_pc(void);
void notrace __sanitizer_cov_trace_pc(void)
{
	unsigned long place = (unsigned long)__builtin_return_address(0);
	unsigned int at = (unsigned int)(place * 0x9E3779B1u) >> 17, tries;

	for (tries = 0; tries < 64; tries++, at = (at + 1) % PLACES) {
		unsigned long there = READ_ONCE(ran[at]);

		if (!there)
			there = cmpxchg(&ran[at], 0, place);
		if (!there || there == place)
			return;
	}
}

static void introduce(struct gup_prove_site *site, bool acquires)
{
	if (site->known)
		return;
	site->known = true;
	site->acquires = acquires;
	site->next = sites;
	sites = site;
}

static int *bucket_of(struct page *head)
{
	return &buckets[(unsigned int)(page_to_pfn(head) * 0x9E3779B1u) % BUCKETS];
}

static void hold(struct page *page, struct gup_prove_site *site)
{
	struct page *head = compound_head(page);
	int *first = bucket_of(head), i;

	held++;
	for (i = *first; i; i = holds[i].next) {
		if (holds[i].head == head && holds[i].site == site) {
			holds[i].count++;
			return;
		}
	}
	if (unused) {
		i = unused;
		unused = holds[i].next;
	} else if (fresh < HOLDS) {
		i = fresh++;
	} else {
		lost++;
		held--;
		return;
	}
	holds[i].head = head;
	holds[i].site = site;
	holds[i].count = 1;
	holds[i].next = *first;
	*first = i;
}

static struct pair *pair_of(struct gup_prove_site *acquire,
			    struct gup_prove_site *release)
{
	int i;

	for (i = 0; i < pair_count; i++)
		if (pairs[i].acquire == acquire && pairs[i].release == release)
			return &pairs[i];
	return NULL;
}

static void count_pair(struct gup_prove_site *acquire,
		       struct gup_prove_site *release, bool ambiguous)
{
	struct pair *pair = pair_of(acquire, release);

	if (!pair) {
		if (pair_count == PAIRS) {
			lost++;
			return;
		}
		pair = &pairs[pair_count++];
		pair->acquire = acquire;
		pair->release = release;
	}
	pair->count++;
	pair->ambiguous += ambiguous;
}

/*
 * Of several sites that hold a page, the one that was seen with this release
 * before gives its pin away, else the last one. A plain reference is only noted
 * where a page was looked up: whoever drops others is no business of this.
 */
static void let_go(struct page *page, struct gup_prove_site *site)
{
	struct page *head = compound_head(page);
	int *link, *chosen = NULL, holders = 0, i;
	bool seen = false;

	for (link = bucket_of(head); *link; link = &holds[*link].next) {
		i = *link;
		if (holds[i].head != head || holds[i].site->plain != site->plain)
			continue;
		holders++;
		if (!chosen || (!seen && pair_of(holds[i].site, site))) {
			chosen = link;
			seen = pair_of(holds[i].site, site);
		}
	}
	if (!chosen && site->plain)
		return;
	introduce(site, false);
	site->pages++;
	count_pair(chosen ? holds[*chosen].site : NULL, site, holders > 1);
	if (!chosen)
		return;
	held--;
	i = *chosen;
	if (--holds[i].count)
		return;
	*chosen = holds[i].next;
	holds[i].next = unused;
	unused = i;
}

long gup_prove_acquired(struct gup_prove_site *site, struct page **pages, long got)
{
	unsigned long flags;
	struct page *surplus = NULL;
	long i;

	raw_spin_lock_irqsave(&lock, flags);
	introduce(site, true);
	site->calls++;
	if (pages && got > 1 && every_short && multiple++ % every_short == 0)
		surplus = pages[--got];
	if (got > 0 && pages) {
		site->pages += got;
		for (i = 0; i < got; i++)
			hold(pages[i], site);
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	if (surplus)
		GUP_PROVE_RELEASE(surplus);
	return got;
}

void gup_prove_acquired_one(struct gup_prove_site *site, struct page *page)
{
	gup_prove_acquired(site, &page, IS_ERR_OR_NULL(page) ? 0 : 1);
}

#ifdef GUP_PROVE_EXTRACTS
/*
 * So many bytes from "offset" on, in pages that come from an iterator; what it keeps
 * of them. NULL is for an iterator that stays where it is.
 */
ssize_t gup_prove_extracted(struct gup_prove_site *site, struct iov_iter *iter,
			    struct page **pages, ssize_t got, size_t offset)
{
	long count = DIV_ROUND_UP(got + offset, PAGE_SIZE);
	long kept = gup_prove_acquired(site, pages, count);
	ssize_t rest = got - (kept * PAGE_SIZE - offset);

	if (kept == count)
		return got;
	if (iter)
		iov_iter_revert(iter, rest);
	return got - rest;
}
EXPORT_SYMBOL(gup_prove_extracted);
#endif

/* Whether this attempt is to fail. */
bool gup_prove_fails(struct gup_prove_site *site)
{
	unsigned long flags;
	bool fails;

	raw_spin_lock_irqsave(&lock, flags);
	fails = every_failed && attempts++ % every_failed == 0;
	if (fails) {
		introduce(site, true);
		site->calls++;
	}
	raw_spin_unlock_irqrestore(&lock, flags);
	return fails;
}

void gup_prove_released(struct gup_prove_site *site, struct page **pages, unsigned long n)
{
	unsigned long flags, i;

	if ((long)n < 0)
		return;
	raw_spin_lock_irqsave(&lock, flags);
	if (!site->plain)
		introduce(site, false);
	site->calls++;
	/* What is no page is for the function itself to stumble over. */
	for (i = 0; i < n; i++)
		if (!IS_ERR_OR_NULL(pages[i]))
			let_go(pages[i], site);
	raw_spin_unlock_irqrestore(&lock, flags);
}

/* `step` is 0 for so many pins of one page, 1 for so many pages in a row. */
void gup_prove_released_row(struct gup_prove_site *site, struct page *page,
			    unsigned long n, int step)
{
	unsigned long i;

	if ((long)n < 0)
		return;
	for (i = 0; i < n; i++) {
		struct page *one = page + i * step;

		gup_prove_released(site, &one, 1);
	}
}

/* Where nothing is released any more. */
void gup_prove_passed(struct gup_prove_site *site)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lock, flags);
	introduce(site, false);
	site->calls++;
	raw_spin_unlock_irqrestore(&lock, flags);
}

static void show_site(struct seq_file *m, struct gup_prove_site *site)
{
	if (site)
		seq_printf(m, " %s %d", site->file, site->line);
	else
		seq_puts(m, " - 0");
}

static void show_held(struct seq_file *m, struct gup_prove_site *site)
{
	unsigned long count = 0;
	int b, i;

	for (b = 0; b < BUCKETS; b++)
		for (i = buckets[b]; i; i = holds[i].next)
			if (holds[i].site == site)
				count += holds[i].count;
	if (!count)
		return;
	seq_puts(m, "HELD");
	show_site(m, site);
	seq_printf(m, " %lu\n", count);
}

/* Where code ran, as distances from the beginning of the kernel's. */
static void show_places(struct seq_file *m)
{
	int i, n = 0;

	for (i = 0; i < PLACES; i++) {
		if (!ran[i])
			continue;
		if (n % PLACES_A_ROW == 0)
			seq_puts(m, n ? "\nRAN" : "RAN");
		seq_printf(m, " %lx", ran[i] - (unsigned long)_stext);
		n++;
	}
	if (n)
		seq_puts(m, "\n");
}

/* Read when nothing runs; a lock would be held for too long. */
static int gup_prove_show(struct seq_file *m, void *v)
{
	struct gup_prove_site *site;
	int i;

	for (site = sites; site; site = site->next) {
		seq_puts(m, site->acquires ? "ACQUIRE" : "RELEASE");
		show_site(m, site);
		seq_printf(m, " %lu %lu\n", site->calls, site->pages);
	}
	for (i = 0; i < pair_count; i++) {
		seq_puts(m, "PAIR");
		show_site(m, pairs[i].acquire);
		show_site(m, pairs[i].release);
		seq_printf(m, " %lu %lu\n", pairs[i].count, pairs[i].ambiguous);
	}
	for (site = sites; site; site = site->next)
		if (site->acquires)
			show_held(m, site);
	if (with_places)
		show_places(m);
	seq_puts(m, "KERNEL " GUP_PROVE_KERNEL "\n");
	seq_printf(m, "SUM %lu %lu\n", held, lost);
	return 0;
}

static int gup_prove_open(struct inode *inode, struct file *file)
{
	return single_open(file, gup_prove_show, NULL);
}

/*
 * "short 3": every third pin of several pages gets one less; "fail 3": every third
 * fails; 0 for none. The next one is the first of these, whatever was before.
 * "places 1" shows which code ran, too.
 */
static ssize_t gup_prove_write(struct file *file, const char __user *from,
			       size_t size, loff_t *offset)
{
	char text[32] = "";

	if (size >= sizeof(text) || copy_from_user(text, from, size))
		return -EINVAL;
	if (sscanf(text, "short %u", &every_short) != 1 &&
	    sscanf(text, "fail %u", &every_failed) != 1 &&
	    sscanf(text, "places %u", &with_places) != 1)
		return -EINVAL;
	multiple = attempts = 0;
	return size;
}

static const struct file_operations gup_prove_fops = {
	.owner = THIS_MODULE,
	.open = gup_prove_open,
	.read = seq_read,
	.write = gup_prove_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int __init gup_prove_init(void)
{
	debugfs_create_file("gup_prove", 0600, NULL, NULL, &gup_prove_fops);
	return 0;
}
late_initcall(gup_prove_init);

EXPORT_SYMBOL(gup_prove_acquired);
EXPORT_SYMBOL(gup_prove_acquired_one);
EXPORT_SYMBOL(gup_prove_fails);
EXPORT_SYMBOL(gup_prove_passed);
EXPORT_SYMBOL(gup_prove_released);
EXPORT_SYMBOL(gup_prove_released_row);
