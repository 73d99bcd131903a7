/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_PAGEMAP_H
#define _LINUX_PAGEMAP_H

#include <linux/mm.h>

int mapping_writably_mapped(struct address_space *mapping);

#endif /* _LINUX_PAGEMAP_H */
