// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

static int around(unsigned long addr, struct page **p, unsigned int count)
{
	int got, ret = 0;

	got = get_user_pages_fast(addr, count, FOLL_WRITE, p);
	if (got != count) {
		ret = -EFAULT;
		goto out;
	}
	ret = look(p);
out:
	if (got  >  0)
		release_pages(p, got);	/* as many as there are */
	return ret;
}

static int before(unsigned long addr, struct page **p, unsigned int count)
{
	int got = get_user_pages_fast(addr, count, FOLL_WRITE, p);

	if (unlikely(got < 0)) {
		got = -ENOMEM;
		return got;
	}
	look(p);
	release_pages(p, got);
	return 0;
}

static int besides(unsigned long addr, struct page **p, unsigned int count)
{
	long got = get_user_pages_fast(addr, count, FOLL_WRITE, p);

	if (0 >= got || !p) {
		pr_info("no pages\n");
	} else if (count && !(got > count)) {
		release_pages(p, got);
	}
	for_each_sg(p, count) {
		if (look(p) && got >= 0)
			release_pages(p, got);
	}
	return 0;
}
