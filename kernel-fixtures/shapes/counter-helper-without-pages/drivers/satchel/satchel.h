/* SPDX-License-Identifier: GPL-2.0-only */
int satchel_take(unsigned long start, struct page **pages);
