/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_NUMA_H
#define _LINUX_NUMA_H

int node_of_address(unsigned long address);

#endif /* _LINUX_NUMA_H */
