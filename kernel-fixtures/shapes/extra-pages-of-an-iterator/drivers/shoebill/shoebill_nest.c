// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/uio.h>

void shoebill_leave(struct page **pages, int nr)
{
	int i;

	for (i = 0; i < nr; i++)
		if (pages[i])
			put_page(pages[i]); /* release: nesting */
}

/* Pages of the kernel itself come without a reference, and the caller is told. */
static int shoebill_take(struct page ***pages, struct iov_iter *from, int most,
			 size_t *start, int *held)
{
	int n;

	if (!iov_iter_count(from))
		return 0;
	if (from->count > most) {
		n = iov_iter_get_pages_alloc2(from, pages, most, start); /* acquire: nesting */
		if (n < 0)
			return n;
		*held = 1;
		return n;
	}
	*pages = kvmalloc_array(1, sizeof(struct page *), 0);
	if (!*pages)
		return -ENOMEM;
	*held = 0;
	(*pages)[0] = virt_to_page(from->bvec);
	return PAGE_SIZE;
}

int shoebill_nest(struct iov_iter *in, struct iov_iter *out)
{
	struct page **in_pages = NULL, **out_pages = NULL;
	int n, err = 0, held = 0, in_nr = 0, out_nr = 0;
	size_t start = 0;

	if (out) {
		n = shoebill_take(&out_pages, out, 4096, &start, &held);
		if (n < 0) {
			err = n;
			goto done;
		}
		out_nr = n / PAGE_SIZE;
	} else if (in) {
		n = shoebill_take(&in_pages, in, 4096, &start, &held);
		if (n < 0) {
			err = n;
			goto done;
		}
		in_nr = n / PAGE_SIZE;
		memset(page_address(in_pages[0]), 0, n);
	}
done:
	if (held) {
		if (in_pages) {
			shoebill_leave(in_pages, in_nr);
			in_nr = 0;
		}
		if (out_pages) {
			shoebill_leave(out_pages, out_nr);
			out_nr = 0;
		}
	}
	kvfree(in_pages);
	kvfree(out_pages);
	return err;
}
