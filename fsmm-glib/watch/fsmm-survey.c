/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "watch/fsmm-survey.h"

/* No thread is stopped for this. The figures of one pool are looked at with its lock, one pool after the
 * other, so that they need not be of the same moment as those of another one. */

static void (*look_further) (FsmmSurvey *survey); /* (atomic) (nullable) */

void
fsmm_survey_set_look_further (void (*look) (FsmmSurvey *survey))
{
  g_atomic_pointer_set (&look_further, look);
}

void
fsmm_survey_add (FsmmSurvey *self, FsmmFigures figures, const char *name)
{
  if (self->known == NULL || !g_hash_table_contains (self->known, &figures.id))
    figures.name = g_strdup (name);
  g_array_append_val (self->figures, figures);
}

static FsmmPoolKind
get_kind (const FsmmSubject *subject)
{
  if (subject->owner == NULL)
    return FSMM_POOL_KIND_HANDLES;

  return subject->type != NULL ? FSMM_POOL_KIND_TYPED : FSMM_POOL_KIND_RAW;
}

static void
look_at_blocks (FsmmStore *store, gpointer survey)
{
  FsmmHeapStats stats;

  fsmm_heap_get_stats (store, &stats);
  fsmm_survey_add (survey,
                   (FsmmFigures) {
                     .id = store->id,
                     .kind = get_kind (&store->identity),
                     .type = store->identity.type,
                     .alloc_size = store->geometry.alloc_size,
                     .n_live = stats.n_live,
                     .peak_live = stats.peak_live,
                     .max_blocks = stats.max_blocks == G_MAXSIZE ? 0 : stats.max_blocks,
                     .n_waiting = stats.n_waiting,
                     .reserved_bytes = stats.reserved_bytes,
                     .n_taken = stats.n_taken,
                   },
                   store->identity.name);
}

static gint
compare_ids (gconstpointer a, gconstpointer b)
{
  guint64 one = ((const FsmmFigures *) a)->id;
  guint64 other = ((const FsmmFigures *) b)->id;

  return one == other ? 0 : one > other ? 1 : -1;
}

static void
clear_figures (gpointer figures)
{
  g_free (((FsmmFigures *) figures)->name);
}

GArray *
fsmm_survey_take (GHashTable *known)
{
  FsmmSurvey self = { g_array_new (FALSE, FALSE, sizeof (FsmmFigures)), known };
  void (*look) (FsmmSurvey *survey) = g_atomic_pointer_get (&look_further);

  g_array_set_clear_func (self.figures, clear_figures);
  fsmm_heap_for_each_store (look_at_blocks, &self);
  if (look != NULL)
    look (&self);
  g_array_sort (self.figures, compare_ids);

  return self.figures;
}

/* --- Looking closer --- */

static void
find_extents (FsmmStore *store, gpointer extents_by_id)
{
  GArray *extents = g_hash_table_lookup (extents_by_id, &store->id);

  if (extents != NULL)
    fsmm_heap_list_extents (store, extents);
}

/* The system takes more time for each pool than all the rest does. */
void
fsmm_survey_add_resident (GArray *figures, FsmmSurveyFilter is_meant, gpointer data)
{
  g_autoptr (GHashTable) extents_by_id =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, (GDestroyNotify) g_array_unref);

  for (guint i = 0; i < figures->len; i++)
    {
      FsmmFigures *pool = &g_array_index (figures, FsmmFigures, i);

      if (pool->kind != FSMM_POOL_KIND_OBJECTS && (is_meant == NULL || is_meant (pool, data)))
        g_hash_table_insert (extents_by_id, &pool->id, g_array_new (FALSE, FALSE, sizeof (FsmmExtent)));
    }
  fsmm_heap_for_each_store (find_extents, extents_by_id);
  for (guint i = 0; i < figures->len; i++)
    {
      FsmmFigures *pool = &g_array_index (figures, FsmmFigures, i);
      GArray *extents = g_hash_table_lookup (extents_by_id, &pool->id);

      if (extents != NULL)
        pool->resident_bytes = fsmm_heap_count_resident (extents);
    }
}

typedef struct {
  guint64 id;
  GString *text; /* (owned) (nullable) */
} MapSearch;

static void
draw_if_meant (FsmmStore *store, gpointer data)
{
  MapSearch *self = data;

  if (store->id != self->id)
    return;

  self->text = g_string_new (NULL);
  fsmm_heap_draw (store, self->text);
}

char *
fsmm_survey_draw (guint64 id)
{
  MapSearch self = { id, NULL };

  fsmm_heap_for_each_store (draw_if_meant, &self);

  return self.text != NULL ? g_string_free (self.text, FALSE) : NULL;
}
