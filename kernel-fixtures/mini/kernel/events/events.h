/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KERNEL_EVENTS_H
#define _KERNEL_EVENTS_H

#include <linux/types.h>

struct mm_struct;

int event_update_counter(struct mm_struct *mm, unsigned long address, s16 delta);
int event_peek_opcode(struct mm_struct *mm, unsigned long address, u8 *opcode);
u64 event_sample_phys(unsigned long address);

#endif /* _KERNEL_EVENTS_H */
