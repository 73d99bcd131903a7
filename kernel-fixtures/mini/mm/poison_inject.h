/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _MM_POISON_INJECT_H
#define _MM_POISON_INJECT_H

int poison_inject(unsigned long address);

#endif /* _MM_POISON_INJECT_H */
