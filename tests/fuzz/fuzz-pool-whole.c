/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz-pool.h"

/* What concerns a pool as a whole. */

/* In chunks of one pool. Few of them are written to. */
#define MAX_BYTES ((gsize) 256 * 1024 * 1024)

/* --- Room --- */

static void
reserve_far_too_many (FuzzPool *self)
{
  /* Of the smallest blocks, too, more than there are addresses. */
  gsize n = G_MAXSIZE >> fuzz_input_below (GLIB_SIZEOF_SIZE_T == 8 ? 8 : 3);
  GError *error = NULL;

  fuzz_check_end ("fsmm_pool_reserve () of far too many", fuzz_pool_expect_refusal (self, n),
                  fsmm_pool_reserve (self->pool, n, &error), &error);
}

/* What caches have is brought back first, so that here the number of chunks is known even where
 * both threads have worked. */
static void
reserve_some (FuzzPool *self, guint n)
{
  gsize n_idle = fuzz_pool_count_idle (self);
  gsize n_missing = n > n_idle ? (n - n_idle - 1) / self->per_chunk + 1 : 0;
  GError *error = NULL;
  gboolean done, has_failed;

  if ((self->n_chunks + n_missing) * self->chunk_bytes > MAX_BYTES)
    return;

  done = fsmm_pool_reserve (self->pool, n, &error);
  has_failed = fuzz_has_failed ();
  fuzz_check_end ("fsmm_pool_reserve ()", fuzz_pool_expect_take (self, n, has_failed), done,
                  &error);
  if (done)
    self->n_chunks += n_missing;
}

void
fuzz_pool_reserve (void)
{
  FuzzPool *self = fuzz_pool_choose ();
  guint n = fuzz_input_below (400);

  if (self == NULL)
    return;

  if (n == 399)
    reserve_far_too_many (self);
  else
    reserve_some (self, n);
}

void
fuzz_pool_trim (void)
{
  FuzzPool *self = fuzz_pool_choose ();
  gsize n_before, n_bytes;

  if (self == NULL)
    return;

  n_before = fsmm_pool_get_reserved_bytes (self->pool);
  n_bytes = fsmm_pool_trim (self->pool);
  fuzz_check (n_bytes == n_before - fsmm_pool_get_reserved_bytes (self->pool),
              "reserved-bytes has decreased from %" G_GSIZE_FORMAT " to %" G_GSIZE_FORMAT
              ", but fsmm_pool_trim () returned %" G_GSIZE_FORMAT,
              n_before, fsmm_pool_get_reserved_bytes (self->pool), n_bytes);

  self->n_chunks = fuzz_pool_count_used_chunks (self);
  fuzz_pool_forget_unused_chunks (self);
}

/* Which chunks stay is not modelled, but how many can: none the first time that it is left to the pool. */
static void
check_retained (FuzzPool *self, gsize n_before)
{
  gint64 retain_bytes = fsmm_pool_get_retain_bytes (self->pool);
  gsize most = n_before;

  if (self->debug != 0 || (retain_bytes < 0 && !self->was_dropped))
    most = 0;
  else if (retain_bytes >= 0)
    most = MIN (most, (gsize) retain_bytes / self->chunk_bytes);

  self->n_chunks = fsmm_pool_get_n_chunks (self->pool);
  fuzz_check (self->n_chunks <= most,
              "fsmm_pool_free_all () must keep at most %" G_GSIZE_FORMAT
              " chunks, but kept %" G_GSIZE_FORMAT,
              most, self->n_chunks);
}

static void
free_all (FuzzPool *self)
{
  gsize n_before = self->n_chunks;
  gsize n_freed = fsmm_pool_free_all (self->pool);

  fuzz_check (n_freed == self->n_blocks,
              "fsmm_pool_free_all () must return %u, but returned %" G_GSIZE_FORMAT, self->n_blocks,
              n_freed);
  fuzz_handle_dropped (self);
  fuzz_pool_remove_all (self);
  check_retained (self, n_before);
  self->was_dropped = TRUE;
}

void
fuzz_pool_free_all (void)
{
  FuzzPool *self = fuzz_pool_choose ();
  guint n_retained = fuzz_input_below (16);

  if (self == NULL)
    return;

  if (n_retained < 4)
    fsmm_pool_set_retain_bytes (self->pool, (gint64) (n_retained * self->chunk_bytes) - 1);
  free_all (self);
}

/* --- Walking --- */

enum
{
  LOOK,
  FREE,
  ALLOC,
  FREE_ANOTHER,
  TRIM,
  FREE_ALL,
  N_VISITS,
};

typedef struct
{
  FuzzPool *pool;
  guint what;
  guint n_left; /* so many more times */
} Visit;

static void
alloc_new (FuzzPool *self)
{
  guint n_before = self->n_blocks;

  fuzz_pool_alloc_one (self, TRUE);
  if (self->n_blocks > n_before)
    self->blocks[n_before].is_new = TRUE;
}

static void
meddle (Visit *visit, gpointer address)
{
  FuzzPool *self = visit->pool;

  switch (visit->what)
    {
    case FREE:
      fuzz_pool_free_one (self, address, TRUE);
      break;
    case ALLOC:
      alloc_new (self);
      break;
    case FREE_ANOTHER:
      fuzz_pool_free_one (self, self->blocks[self->n_blocks - 1].address, TRUE);
      break;
    case TRIM:
      fsmm_pool_trim (self->pool);
      self->n_chunks = fuzz_pool_count_used_chunks (self);
      fuzz_pool_forget_unused_chunks (self);
      break;
    case FREE_ALL:
      free_all (self);
      break;
    default:
      break;
    }
}

static void
visit_block (gpointer address, gpointer data)
{
  Visit *visit = data;
  FuzzBlock *block = fuzz_pool_find (visit->pool, address);

  fuzz_check (block != NULL, "foreach shows %p, which is not live", address);
  fuzz_check (!block->is_shown, "foreach shows %p twice", address);
  block->is_shown = TRUE;

  if (visit->n_left > 0)
    {
      visit->n_left--;
      meddle (visit, address);
    }
}

void
fuzz_pool_foreach (void)
{
  FuzzPool *self = fuzz_pool_choose ();
  Visit visit = { .pool = self };

  visit.what = fuzz_input_below (N_VISITS);
  visit.n_left = fuzz_input_byte ();
  if (self == NULL)
    return;

  for (guint i = 0; i < self->n_blocks; i++)
    {
      self->blocks[i].is_shown = FALSE;
      self->blocks[i].is_new = FALSE;
    }

  fsmm_pool_foreach (self->pool, visit_block, &visit);

  for (guint i = 0; i < self->n_blocks; i++)
    fuzz_check (self->blocks[i].is_shown || self->blocks[i].is_new, "foreach has not shown %p",
                self->blocks[i].address);
}

/* --- The end --- */

/* A pool that has no reference any more is gone, with all its blocks. */
void
fuzz_pool_end_if_unused (FuzzPool *self)
{
  if (self->is_owned || self->n_handles > 0)
    {
      fuzz_check (self->weak != NULL, "a pool has been finalized that is in use");
      return;
    }

  fuzz_check (self->weak == NULL, "a pool is still there that nobody uses");
  fuzz_check_leak_reports (self->debug & FSMM_DEBUG_LEAKS && self->n_blocks > 0);
  fuzz_pool_remove_all (self);
  self->pool = NULL;
}

void
fuzz_pool_unref_owned (FuzzPool *self)
{
  if (self->is_owned)
    {
      self->is_owned = FALSE;
      g_object_unref (self->pool);
      fuzz_pool_end_if_unused (self);
    }
}

void
fuzz_pool_unref (void)
{
  FuzzPool *self = fuzz_pool_choose ();

  if (self != NULL)
    fuzz_pool_unref_owned (self);
}
