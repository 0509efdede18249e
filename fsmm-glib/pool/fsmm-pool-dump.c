/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-heap-wait.h"
#include "engine/heap/fsmm-leaks.h"
#include "pool/fsmm-pool-private.h"

#include <string.h>

static void
append_counts (FsmmPool *self, GString *text)
{
  const FsmmHeapStats stats = fsmm_pool_get_stats (self);

  g_string_append_printf (text,
                          "  %" G_GSIZE_FORMAT " allocated, %" G_GSIZE_FORMAT
                          " at the peak, %" G_GSIZE_FORMAT " free",
                          stats.n_live, stats.peak_live, stats.n_free);
  if (fsmm_pool_get_limit (self) > 0)
    g_string_append_printf (text, ", at most %" G_GUINT64_FORMAT, fsmm_pool_get_limit (self));
  g_string_append_printf (text,
                          "\n  %" G_GSIZE_FORMAT " bytes in %" G_GSIZE_FORMAT " chunk%s\n",
                          stats.reserved_bytes, stats.n_chunks, stats.n_chunks == 1 ? "" : "s");
}

static void
append_waiting (FsmmPool *self, GString *text)
{
  guint n_waiting = fsmm_heap_count_waiting (&self->store);

  if (n_waiting > 0)
    g_string_append_printf (text, "  %u wait%s for a block\n", n_waiting, n_waiting == 1 ? "s" : "");
  if (fsmm_heap_is_closed (&self->store))
    g_string_append (text, "  flushing: nobody can wait\n");
}

static void
append_memory (FsmmPool *self, GString *text)
{
  FsmmHeapMemory memory;

  fsmm_heap_get_memory (&self->store, &memory);
  g_string_append_printf (
      text,
      "  %" G_GSIZE_FORMAT " bytes live, %" G_GSIZE_FORMAT " free in threads, %" G_GSIZE_FORMAT
      " free besides, %" G_GSIZE_FORMAT " given back; %" G_GSIZE_FORMAT " of bookkeeping\n",
      memory.live_bytes, memory.thread_bytes, memory.idle_bytes, memory.given_back_bytes,
      memory.bookkeeping_bytes);
}

static void
append_geometry (FsmmPool *self, GString *text)
{
  const FsmmGeometry *geometry = &self->store.geometry;

  g_string_append_printf (text,
                          "  blocks of %" G_GSIZE_FORMAT " bytes at multiples of %" G_GSIZE_FORMAT
                          ", %" G_GSIZE_FORMAT " in a chunk\n",
                          geometry->block_size, geometry->alignment, geometry->n_blocks);
}

static void
append_flags (FsmmPool *self, GString *text)
{
  g_autofree char *flags = fsmm_debug_list (self->store.debug);

  if (*flags != '\0')
    g_string_append_printf (text, "  FSMM_DEBUG: %s\n", flags);
  if (self->store.debug & FSMM_DEBUG_TOOLS)
    g_string_append (text, "  AddressSanitizer or Valgrind is told of each block\n");
}

/* Where live blocks were taken, if that is remembered: last, because it is long. */
static void
append_call_sites (FsmmPool *self, GString *text)
{
  g_autofree char *sites = fsmm_leaks_describe_sites (&self->store);

  if (*sites != '\0')
    g_string_append_printf (text, "%s\n", sites + strlen ("\n"));
}

/**
 * fsmm_pool_dump:
 * @self: a pool
 *
 * Describes the pool and all its chunks for debugging.
 *
 * ```text
 * pool "nodes" (alloc-size 64)
 *   blocks of 64 bytes at multiples of 16, 16 in a chunk
 *   21 allocated, 40 at the peak, 27 free
 *   3072 bytes in 3 chunks
 *   1344 bytes live, 1728 free in threads, 0 free besides, 0 given back; 2440 of bookkeeping
 *   0x7f5be1fc0000    16/16 ################
 *   0x7f5be1fc0400     5/16 ##.#.##.........
 *   0x7f5be1fc0800     0/16 ........________
 * ```
 *
 * The line for a chunk shows its address, how many of its blocks are allocated, and a map of them:
 * `#` for an allocated block, `.` for a free one, `_` for one that was never handed out. If there
 * are more than 64 blocks, a character stands for several, and is `+` if only some of them are
 * allocated. If there are more than 64 chunks, only the first 64 are shown. With `FSMM_DEBUG=trace`, the
 * call stacks follow that took the most of the allocated blocks.
 *
 * The text is not meant to be parsed: it may change. In a debugger, print it with
 * `call (void) puts (fsmm_pool_dump (pool))`.
 *
 * Returns: (transfer full): some lines of text, to be freed with `g_free ()`
 *
 * Since: 1.0
 */
char *
fsmm_pool_dump (FsmmPool *self)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *pool = NULL;

  g_return_val_if_fail (FSMM_IS_POOL (self), NULL);

  pool = fsmm_pool_describe (self);
  g_string_append_printf (text, "%s\n", pool);

  if (fsmm_pool_is_broken (self))
    g_string_append_printf (text, "  %s\n", self->construct_error->message);
  else
    {
      append_geometry (self, text);
      append_counts (self, text);
      append_waiting (self, text);
      append_memory (self, text);
      append_flags (self, text);
      fsmm_heap_draw (&self->store, text);
      append_call_sites (self, text);
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}
