/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What programs do with pools, one after the other. */

#pragma once

#include "fsmm-test.h"

G_BEGIN_DECLS

#define TOUR_N_THREADS 2
#define TOUR_N_SLOTS 200

/* What a block says of itself, as long as somebody has it. */
typedef struct
{
  guintptr cookie; /* (atomic) */
} Taken;

/* What the system does not take back. */
typedef enum
{
  TOUR_KEEPS_NOTHING,
  TOUR_KEEPS_PAGES, /* single pages of a mapping */
  TOUR_KEEPS_ALL
} TourKeeps;

typedef struct
{
  FsmmPool *pool; /* (owned): large enough for huge pages */
  Taken **blocks; /* (owned): all of its blocks, or NULL where one is free */

  FsmmPool *shared; /* (owned): threads take its blocks, and free those of the others */
  gpointer slots[TOUR_N_SLOTS];
  GThread *threads[TOUR_N_THREADS];
  gint n_trading; /* (atomic): how many of them have begun */
  gint is_over;   /* (atomic) */
} Tour;

Taken *tour_take (FsmmPool *pool);
void tour_give (FsmmPool *pool, Taken *block);
void tour_refuse_misuse (FsmmPool *pool);

void tour_start_threads (Tour *self);
void tour_stop_threads (Tour *self);

void tour_begin (Tour *self);
void tour_go (Tour *self, TourKeeps keeps);
void tour_end (Tour *self, TourKeeps keeps);

G_END_DECLS
