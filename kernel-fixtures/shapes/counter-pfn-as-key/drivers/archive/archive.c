// SPDX-License-Identifier: GPL-2.0-only
/* The page frame number tells entries of a table apart, and nobody is given it. */
#include <linux/mm.h>

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct archive_entry {
	struct hlist_node node;
	unsigned long key;
	int hits;
};

struct archive {
	struct archive_entry *entries[64];
};

u32 hash_long(unsigned long value, unsigned int bits);
u32 jhash(const void *key, u32 length, u32 initial);

static struct archive_entry *archive_find(struct archive *archive, unsigned long key)
{
	struct archive_entry *entry = archive->entries[hash_long(key, 6)];

	return entry && entry->key == key ? entry : NULL;
}

bool archive_known(struct archive *archive, unsigned long address)
{
	struct page *page;
	bool known;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: known */
		return false;
	known = archive_find(archive, page_to_pfn(page)) != NULL;
	put_page(page); /* release: known */
	return known;
}

int archive_add(struct archive *archive, struct archive_entry *entry, unsigned long address)
{
	struct page *page;
	unsigned long key;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: stored */
		return -EFAULT;
	key = page_to_pfn(page);
	if (!archive_find(archive, key)) {
		entry->key = key;
		archive->entries[hash_long(key, 6)] = entry;
	}
	put_page(page); /* release: stored */
	return 0;
}

int archive_compare(unsigned long address, unsigned long pfn)
{
	struct page *page;
	unsigned long own;
	int same;

	if (get_user_pages_fast(address, 1, FOLL_WRITE, &page) != 1) /* acquire: compared */
		return -EFAULT;
	own = page_to_pfn(page);
	same = own == pfn ? 1 : own < pfn ? 2 : 3;
	switch (own & 3) {
	case 0:
		same += 4;
	}
	pr_info("%lx %x\n", own, jhash(&own, sizeof(own), 0));
	put_page(page); /* release: compared */
	return same;
}
