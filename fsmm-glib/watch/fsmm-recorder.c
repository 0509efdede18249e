/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "watch/fsmm-recorder.h"

#include "base/fsmm-lock.h"
#include "watch/fsmm-record-file.h"
#include "watch/fsmm-record-text.h"
#include "watch/fsmm-survey.h"
#include "watch/fsmm-watcher.h"

/* A pool has a row when it has changed, so that a file grows by what goes on, and not by how many pools
 * there are. Every look is written at once, in whole rows: whatever ends the program, what was written
 * before can be read.
 *
 * The lock is held while a look is written, which fork () waits for, but not while pools are looked
 * at, which takes locks of theirs. Nothing is logged with it held either. So there is one look at a
 * time, and the end of the process waits for it. */

#define RECORD_INTERVAL 100 /* milliseconds */

/* How often, in looks, the system is asked for the memory of a pool at rest. It takes longer than all
 * else, and there is little that changes it: blocks that were taken are written to, and free memory is
 * given back. */
#define RESIDENT_LOOKS 10

/* A look may wait for a lock of a pool, which the thread may have in which the process ends. */
#define LAST_LOOK_PATIENCE G_USEC_PER_SEC

typedef struct {
  FsmmFigures figures; /* of its last row; its name is owned */
  guint n_looks;       /* of the recorder, when it was last seen */
  guint last_change;   /* the same, when it had changed */
} RecordedPool;

typedef struct {
  FsmmRecordFile *file; /* (owned) */
  gint64 start;
  GHashTable *pools; /* (owned) (element-type guint64 RecordedPool): by their ids, which are in them */
  guint n_looks;
  gboolean is_last; /* the look is that at the end: each pool has a row, so that it was so until then */
} Recorder;

static const char look_failed[] = "pools are no longer recorded";

static GMutex recorder_lock;
static GCond look_has_ended;
static gboolean is_looking;   /* with the lock: pools of the recorder are in the hands of one thread */
static Recorder *recorder;    /* (owned) (nullable): with the lock; NULL: nothing is recorded */
static char *recorder_folder; /* (owned) (nullable): where the first process of its program was */
static gboolean is_in_child;  /* of fork () */

/* --- One look --- */

static void
recorded_pool_free (gpointer data)
{
  RecordedPool *self = data;

  g_free (self->figures.name);
  g_free (self);
}

/* But for memory. */
static gboolean
is_at_rest (const FsmmFigures *a, const FsmmFigures *b)
{
  return a->n_live == b->n_live && a->peak_live == b->peak_live && a->max_blocks == b->max_blocks &&
         a->n_waiting == b->n_waiting && a->reserved_bytes == b->reserved_bytes &&
         a->n_taken == b->n_taken;
}

/* Not all of those at rest in the same look. */
static gboolean
needs_resident (const FsmmFigures *figures, gpointer data)
{
  Recorder *self = data;
  const RecordedPool *pool = g_hash_table_lookup (self->pools, &figures->id);

  return self->is_last || pool == NULL || !is_at_rest (&pool->figures, figures) ||
         self->n_looks - pool->last_change < RESIDENT_LOOKS ||
         (self->n_looks + figures->id / 2) % RESIDENT_LOOKS == 0;
}

static void
recorder_find_resident (Recorder *self, GArray *figures)
{
  for (guint i = 0; i < figures->len; i++)
    {
      FsmmFigures *found = &g_array_index (figures, FsmmFigures, i);
      const RecordedPool *pool = g_hash_table_lookup (self->pools, &found->id);

      if (pool != NULL)
        found->resident_bytes = pool->figures.resident_bytes;
    }
  fsmm_survey_add_resident (figures, needs_resident, self);
}

/* Takes the name out of @figures. */
static RecordedPool *
recorder_add_pool (Recorder *self, FsmmFigures *figures)
{
  RecordedPool *pool = g_new0 (RecordedPool, 1);

  pool->figures = *figures;
  pool->last_change = self->n_looks;
  figures->name = NULL;
  g_hash_table_insert (self->pools, &pool->figures.id, pool);

  return pool;
}

/* Whether there is anything new. */
static gboolean
recorder_update_pool (Recorder *self, RecordedPool *pool, const FsmmFigures *figures)
{
  gboolean was_at_rest = is_at_rest (&pool->figures, figures);
  gboolean is_same = was_at_rest && pool->figures.resident_bytes == figures->resident_bytes;
  char *name = pool->figures.name;

  if (!was_at_rest)
    pool->last_change = self->n_looks;
  pool->figures = *figures;
  pool->figures.name = name;

  return !is_same;
}

static void
recorder_add_figures (Recorder *self, FsmmFigures *figures, gint64 age, GString *rows)
{
  RecordedPool *pool = g_hash_table_lookup (self->pools, &figures->id);
  gboolean has_row = self->is_last;

  if (pool != NULL)
    has_row |= recorder_update_pool (self, pool, figures);
  else
    {
      pool = recorder_add_pool (self, figures);
      has_row = TRUE;
    }
  pool->n_looks = self->n_looks;
  if (has_row)
    fsmm_record_add_row (rows, age, FSMM_RECORD_FIGURES, &pool->figures);
}

static void
recorder_drop_gone (Recorder *self, gint64 age, GString *rows)
{
  GHashTableIter iter;
  gpointer data;

  g_hash_table_iter_init (&iter, self->pools);
  while (g_hash_table_iter_next (&iter, NULL, &data))
    {
      RecordedPool *pool = data;

      if (pool->n_looks != self->n_looks)
        {
          fsmm_record_add_row (rows, age, FSMM_RECORD_END, &pool->figures);
          g_hash_table_iter_remove (&iter);
        }
    }
}

/* Returns: (transfer full) (element-type FsmmFigures) */
static GArray *
recorder_look (Recorder *self)
{
  GArray *figures = fsmm_survey_take (self->pools);

  recorder_find_resident (self, figures);

  return figures;
}

static gboolean
recorder_write (Recorder *self, GArray *figures, gint64 age, GError **error)
{
  g_autoptr (GString) rows = g_string_new (NULL);

  for (guint i = 0; i < figures->len; i++)
    recorder_add_figures (self, &g_array_index (figures, FsmmFigures, i), age, rows);
  if (g_hash_table_size (self->pools) > figures->len)
    recorder_drop_gone (self, age, rows);

  return fsmm_record_file_append (self->file, rows, error);
}

/* --- From start to end --- */

static void
recorder_free (Recorder *self)
{
  fsmm_record_file_close (self->file);
  g_hash_table_unref (self->pools);
  g_free (self);
}

/* Returns: (transfer none) (nullable): what is to look, if anything is */
static Recorder *
begin_look (gboolean is_last)
{
  gint64 end = g_get_monotonic_time () + LAST_LOOK_PATIENCE;
  Recorder *self = NULL;

  fsmm_lock (&recorder_lock);
  while (is_looking && fsmm_wait_until (&look_has_ended, &recorder_lock, end))
    ;
  if (!is_looking && recorder != NULL)
    {
      self = recorder;
      self->is_last = is_last;
      self->n_looks++;
      is_looking = TRUE;
    }
  fsmm_unlock (&recorder_lock);

  return self;
}

/* Whether there will be another look. In a child of fork (), where a look was under way, there is
 * nothing to be written. */
static gboolean
end_look (Recorder *self, GArray *figures, gint64 age, GError **error)
{
  gboolean is_on = FALSE;

  fsmm_lock (&recorder_lock);
  if (recorder == self)
    {
      is_on = recorder_write (self, figures, age, error) && !self->is_last;
      if (!is_on)
        g_clear_pointer (&recorder, recorder_free);
      is_looking = FALSE;
      g_cond_broadcast (&look_has_ended);
    }
  fsmm_unlock (&recorder_lock);

  return is_on;
}

/* Whether there will be another look. */
static gboolean
look_once (gboolean is_last, GError **error)
{
  Recorder *self = begin_look (is_last);
  g_autoptr (GArray) figures = NULL;
  gint64 age;

  if (self == NULL)
    return FALSE;

  age = g_get_monotonic_time () - self->start;
  figures = recorder_look (self);

  return end_look (self, figures, age, error);
}

static gboolean
on_interval (gpointer data)
{
  g_autoptr (GError) error = NULL;
  gboolean is_on = look_once (FALSE, &error);

  if (error != NULL)
    fsmm_watcher_warn (look_failed, error);

  return is_on;
}

/* After a time in which nothing could be done, it is called once, and not for each interval of that. */
static void
add_interval (GMainContext *context)
{
  g_autoptr (GSource) source = g_timeout_source_new (RECORD_INTERVAL);

  g_source_set_callback (source, on_interval, NULL, NULL);
  g_source_set_static_name (source, "[fsmm-glib] record");
  g_source_attach (source, context);
}

/* Returns: (transfer full) (nullable) */
static Recorder *
recorder_new (const char *file, GError **error)
{
  g_autoptr (GString) head = g_string_new (NULL);
  FsmmRecordFile *opened = fsmm_record_file_open (recorder_folder, file, is_in_child, error);
  Recorder *self;

  if (opened == NULL)
    return NULL;

  self = g_new0 (Recorder, 1);
  self->file = opened;
  self->start = g_get_monotonic_time ();
  self->pools = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, recorded_pool_free);
  fsmm_record_add_head (head);
  if (!fsmm_record_file_append (self->file, head, error))
    g_clear_pointer (&self, recorder_free);

  return self;
}

static gboolean
start_recorder_locked (const char *file, GError **error)
{
  GMainContext *context;

  if (recorder_folder == NULL)
    recorder_folder = g_get_current_dir ();
  recorder = recorder_new (file, error);
  if (recorder == NULL)
    return FALSE;

  fsmm_lock (&fsmm_watcher_lock);
  context = fsmm_watcher_start (error);
  fsmm_unlock (&fsmm_watcher_lock);
  if (context != NULL)
    add_interval (context);
  else
    g_clear_pointer (&recorder, recorder_free);

  return context != NULL;
}

gboolean
fsmm_recorder_start (const char *file, GError **error)
{
  gboolean is_recorded;

  fsmm_lock (&recorder_lock);
  is_recorded = start_recorder_locked (file, error);
  fsmm_unlock (&recorder_lock);

  return is_recorded;
}

void
fsmm_recorder_stop (void)
{
  g_autoptr (GError) error = NULL;

  look_once (TRUE, &error);
  if (error != NULL)
    g_warning ("%s: %s", look_failed, error->message);
}

/* --- fork () --- */

void
fsmm_recorder_lock (void)
{
  fsmm_lock (&recorder_lock);
}

void
fsmm_recorder_unlock (void)
{
  fsmm_unlock (&recorder_lock);
}

void
fsmm_recorder_forget (void)
{
  if (recorder != NULL)
    fsmm_record_file_close_in_child (recorder->file);
  recorder = NULL;
  is_looking = FALSE;
  g_cond_init (&look_has_ended);
  is_in_child = TRUE;
}
