/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BUTLER_H
#define BUTLER_H

#include <linux/mm.h>

int butler_fetch(unsigned long start, int nr, struct page **pages);
void butler_return(struct page **pages, int nr);

#endif
