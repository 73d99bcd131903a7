/* SPDX-License-Identifier: GPL-2.0-only */
#define MASK_IGNORED (void)
int mask_elsewhere(struct page *page);
void dev_info_page(struct page *page);
