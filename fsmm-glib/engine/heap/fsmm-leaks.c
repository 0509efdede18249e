/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "engine/heap/fsmm-leaks.h"

#include "engine/heap/fsmm-heap-locked.h"
#include "engine/cache/fsmm-thread.h"

#ifdef HAVE_PTHREAD_ATFORK
#include <pthread.h>
#endif

/* All that is live: no clock shows an earlier time, whenever the machine was started. */
#define SINCE_EVER G_MININT64

/* How many of the places where live blocks were taken are shown of each pool. */
#define MAX_SITES 5

typedef struct {
  const FsmmStack *stack; /* (nullable) */
  gsize n_blocks;
} Site;

typedef struct {
  FsmmReport report;
  gsize n_blocks;
  gsize alloc_size;
  gint64 taken_at; /* the oldest */
  GArray *sites;   /* (element-type Site) */
} Leaks;

static void
leaks_free (Leaks *self)
{
  fsmm_report_clear (&self->report);
  g_array_unref (self->sites);
  g_free (self);
}

/* --- Looking --- */

static void
add_to_site (Leaks *self, GHashTable *indexes, const FsmmStack *stack)
{
  gpointer index;

  if (!g_hash_table_lookup_extended (indexes, stack, NULL, &index))
    {
      const Site site = { stack, 0 };

      index = GUINT_TO_POINTER (self->sites->len);
      g_array_append_val (self->sites, site);
      g_hash_table_insert (indexes, (gpointer) stack, index);
    }

  g_array_index (self->sites, Site, GPOINTER_TO_UINT (index)).n_blocks++;
}

static void
look_at_chunk (Leaks *self, GHashTable *indexes, const FsmmChunk *chunk, gint64 since)
{
  for (gsize i = 0; i < chunk->geometry->n_blocks; i++)
    if (fsmm_state_is_out (fsmm_state_get (fsmm_chunk_get_state (chunk, i))) &&
        chunk->histories[i].taken_at >= since)
      {
        const FsmmHistory *history = &chunk->histories[i];

        if (self->n_blocks == 0 || history->taken_at < self->taken_at)
          self->taken_at = history->taken_at;
        self->n_blocks++;
        add_to_site (self, indexes, history->taken);
      }
}

static gint
compare_sites (gconstpointer a, gconstpointer b)
{
  gsize one = ((const Site *) a)->n_blocks;
  gsize other = ((const Site *) b)->n_blocks;

  return one == other ? 0 : one > other ? -1 : 1;
}

/* Of what was taken since then. NULL if there are none. */
static Leaks *
find_leaks (FsmmStore *store, gint64 since)
{
  g_autoptr (GHashTable) indexes = g_hash_table_new (NULL, NULL);
  Leaks *self = g_new0 (Leaks, 1);

  self->sites = g_array_new (FALSE, FALSE, sizeof (Site));
  self->alloc_size = store->geometry.alloc_size;
  fsmm_report_init (&self->report, &store->identity);

  fsmm_lock (store->lock);
  for (GList *l = store->all.head; l != NULL; l = l->next)
    if (!((FsmmChunk *) l->data)->detached)
      look_at_chunk (self, indexes, l->data, since);
  fsmm_unlock (store->lock);

  g_array_sort (self->sites, compare_sites);
  if (self->n_blocks == 0)
    g_clear_pointer (&self, leaks_free);

  return self;
}

/* --- Telling --- */

static const char *
plural (gsize n)
{
  return n == 1 ? "" : "s";
}

static void
append_site (GString *text, const Leaks *self, const Site *site)
{
  if (site->stack == NULL)
    return;

  g_string_append_printf (
      text, "\n  %" G_GSIZE_FORMAT " block%s (%" G_GSIZE_FORMAT " bytes) taken by:\n%s",
      site->n_blocks, plural (site->n_blocks), site->n_blocks * self->alloc_size,
      fsmm_stack_describe (site->stack));
}

static void
append_sites (GString *text, const Leaks *self)
{
  for (guint i = 0; i < MIN (self->sites->len, MAX_SITES); i++)
    append_site (text, self, &g_array_index (self->sites, Site, i));
  if (self->sites->len > MAX_SITES)
    g_string_append_printf (text, "\n  and others at %u more places", self->sites->len - MAX_SITES);
}

static void
log_leaks (const Leaks *self, const char *when)
{
  g_autoptr (GString) text = g_string_new (NULL);
  /* Not with %f: the point would be a comma in many locales. */
  gint64 tenths = (g_get_monotonic_time () - self->taken_at) * 10 / G_USEC_PER_SEC;

  g_string_append_printf (text,
                          "%s: %" G_GSIZE_FORMAT " block%s (%" G_GSIZE_FORMAT
                          " bytes) live when %s, the oldest for %" G_GINT64_FORMAT ".%d s",
                          self->report.description, self->n_blocks, plural (self->n_blocks),
                          self->n_blocks * self->alloc_size, when, tenths / 10,
                          (int) (tenths % 10));

  append_sites (text, self);

  fsmm_report_log (&self->report, G_LOG_LEVEL_MESSAGE, FSMM_FAULT_LEAK, NULL, text->str);
}

/* @when is how the sentence goes on after "live when". */
void
fsmm_leaks_report (FsmmStore *store, const char *when)
{
  Leaks *leaks = find_leaks (store, SINCE_EVER);

  if (leaks != NULL)
    {
      log_leaks (leaks, when);
      leaks_free (leaks);
    }
}

/* Returns: (transfer full): where most of what is live was taken, in lines that each begin with a line
 * break. Empty if that was not remembered. */
char *
fsmm_leaks_describe_sites (FsmmStore *store)
{
  Leaks *leaks = store->debug & FSMM_DEBUG_HISTORY ? find_leaks (store, SINCE_EVER) : NULL;
  GString *text = g_string_new (NULL);

  if (leaks != NULL)
    {
      append_sites (text, leaks);
      leaks_free (leaks);
    }

  return g_string_free (text, FALSE);
}

/* --- At the end of the program --- */

/* In a child of fork (), when that was: what was live then is for the parent to free. */
static gint64 forked_at = SINCE_EVER;

typedef struct {
  const char *type;
  guint n_pools;
  gsize n_instances;
  gsize n_bytes;
} TypeSum;

static void
add_to_sum (GArray *sums, const Leaks *leaks)
{
  TypeSum sum = { leaks->report.type, 1, leaks->n_blocks, leaks->n_blocks * leaks->alloc_size };

  if (sum.type == NULL)
    return;

  for (guint i = 0; i < sums->len; i++)
    {
      TypeSum *present = &g_array_index (sums, TypeSum, i);

      if (g_str_equal (present->type, sum.type))
        {
          present->n_pools++;
          present->n_instances += sum.n_instances;
          present->n_bytes += sum.n_bytes;
          return;
        }
    }

  g_array_append_val (sums, sum);
}

/* What is live of each type, whichever pools it is in. */
static void
log_sums (GArray *sums)
{
  const FsmmReport no_pool = { NULL, NULL, NULL };
  g_autoptr (GString) text = g_string_new ("live when the program exited, by type:");

  for (guint i = 0; i < sums->len; i++)
    {
      const TypeSum *sum = &g_array_index (sums, TypeSum, i);

      g_string_append_printf (
          text, "\n  %s: %" G_GSIZE_FORMAT " instance%s (%" G_GSIZE_FORMAT " bytes) in %u pool%s",
          sum->type, sum->n_instances, plural (sum->n_instances), sum->n_bytes, sum->n_pools,
          plural (sum->n_pools));
    }

  if (sums->len > 0)
    fsmm_report_log (&no_pool, G_LOG_LEVEL_MESSAGE, FSMM_FAULT_LEAK, NULL, text->str);
}

static void
collect (FsmmStore *store, gpointer found)
{
  Leaks *leaks = store->debug & FSMM_DEBUG_LEAKS ? find_leaks (store, forked_at) : NULL;

  if (leaks != NULL)
    g_ptr_array_add (found, leaks);
}

/* Messages are for when no pool is locked. */
void
fsmm_leaks_report_at_exit (void)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func ((GDestroyNotify) leaks_free);
  g_autoptr (GArray) sums = g_array_new (FALSE, FALSE, sizeof (TypeSum));

  fsmm_thread_for_each_store (collect, found);

  for (guint i = 0; i < found->len; i++)
    {
      log_leaks (found->pdata[i], "the program exited");
      add_to_sum (sums, found->pdata[i]);
    }
  log_sums (sums);
}

#ifdef HAVE_PTHREAD_ATFORK

static void
note_child (void)
{
  forked_at = g_get_monotonic_time ();
}

/* Called in each process before it can fork with a block in a pool. */
void
fsmm_leaks_watch_fork (void)
{
  static gsize watching;

  if (fsmm_once_enter (&watching))
    {
      pthread_atfork (NULL, NULL, note_child);
      fsmm_once_leave (&watching);
    }
}

#else

void
fsmm_leaks_watch_fork (void)
{
}

#endif
