// SPDX-License-Identifier: GPL-2.0-only
/* Pages in a member of an unnamed struct, in an array of structs. */
#include "quarry.h"

int quarry_dig(struct quarry *quarry, int n, unsigned long start)
{
	struct quarry_seam *seam = &quarry->seams[n];
	int got;

	got = get_user_pages_fast(start, 8, FOLL_WRITE | FOLL_LONGTERM, /* acquire: seam */
				  quarry->seams[n].rock.pages);
	if (got <= 0)
		return -EFAULT;
	seam->rock.nr = got;
	seam->bus = dma_map_page(quarry->dev, seam->rock.pages[0], 0, PAGE_SIZE,
				 DMA_BIDIRECTIONAL);
	return 0;
}

void quarry_fill_in(struct quarry *quarry)
{
	struct quarry_seam *seam;
	int n, i;

	for (n = 0; n < 4; n++) {
		seam = quarry->seams + n;
		dma_unmap_page(quarry->dev, seam->bus, PAGE_SIZE, DMA_BIDIRECTIONAL);
		for (i = 0; i < seam->rock.nr; i++) {
			set_page_dirty_lock(seam->rock.pages[i]);
			put_page(seam->rock.pages[i]); /* release: seam */
		}
	}
}
