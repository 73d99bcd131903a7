/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_HIGHMEM_H
#define _LINUX_HIGHMEM_H

#include <linux/mm.h>

void *kmap(struct page *page);
void kunmap(struct page *page);
void *kmap_atomic(struct page *page);
void __kunmap_atomic(const void *address);
void *kmap_local_page(struct page *page);
void __kunmap_local(const void *address);
void memcpy_from_page(char *to, struct page *page, size_t offset, size_t len);
void memcpy_to_page(struct page *page, size_t offset, const char *from, size_t len);

#define kunmap_atomic(address) __kunmap_atomic(address)
#define kunmap_local(address) __kunmap_local(address)

#endif /* _LINUX_HIGHMEM_H */
