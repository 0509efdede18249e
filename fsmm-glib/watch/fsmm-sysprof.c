/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "watch/fsmm-sysprof.h"

#ifdef HAVE_SYSPROF

#include <sysprof-capture.h>

#include "base/fsmm-lock.h"
#include "base/fsmm-privilege.h"
#include "watch/fsmm-survey.h"
#include "watch/fsmm-watcher.h"

/* Each pool that the program has given a name has two counters, whose values are given again and again:
 * marks for what happens to blocks would take longer than what happens. */

#define INTERVAL_MS 100
#define MAX_POOLS 64

/* The numbers of counters begin with the same one in each thread, and in each library of a process that
 * has some of its own. There are 256 of them before those of the next process: so ours begin in the
 * middle. */
#define N_LEFT_TO_OTHERS 128

typedef enum {
  COUNTER_LIVE,
  COUNTER_RESERVED,
  N_COUNTERS,
} CounterKind;

static const char *const names[N_COUNTERS] = {
  [COUNTER_LIVE] = "live",
  [COUNTER_RESERVED] = "reserved",
};

typedef struct {
  GHashTable *known; /* (owned) (element-type guint64): ids, to one more than the place of each below; 0:
                      * it has no counters */
  guint n_pools;     /* that have */
  unsigned int ids[MAX_POOLS * N_COUNTERS];
  SysprofCaptureCounterValue values[MAX_POOLS * N_COUNTERS];
} Sampler;

static SysprofCaptureCounterValue
get_counter_value (const FsmmFigures *figures, CounterKind kind)
{
  return (SysprofCaptureCounterValue) {
    .v64 = (gint64) (kind == COUNTER_LIVE ? figures->n_live : figures->reserved_bytes)
  };
}

/* What it counts, which Sysprof shows behind the name. */
static const char *
get_unit (const FsmmFigures *figures, CounterKind kind)
{
  if (kind == COUNTER_RESERVED)
    return "bytes";

  return figures->kind == FSMM_POOL_KIND_OBJECTS ? "objects" : "blocks";
}

/* Copies what there is room for, up to the end of a character. */
static void
copy_text (char *to, gsize size, const char *text)
{
  const char *end;

  g_strlcpy (to, text, size);
  if (!g_utf8_validate (to, -1, &end))
    to[end - to] = '\0';
}

static void
define_counters (Sampler *self, guint place, const FsmmFigures *figures)
{
  SysprofCaptureCounter counters[N_COUNTERS] = { 0 };
  g_autofree char *name = fsmm_figures_dup_name (figures);
  g_autofree char *category = g_strdup_printf ("Pool %s", name);
  guint n_defined = figures->kind == FSMM_POOL_KIND_OBJECTS ? COUNTER_LIVE + 1 : N_COUNTERS;

  for (guint i = 0; i < N_COUNTERS; i++)
    {
      SysprofCaptureCounter *counter = &counters[i];

      copy_text (counter->category, sizeof counter->category, category);
      copy_text (counter->name, sizeof counter->name, names[i]);
      copy_text (counter->description, sizeof counter->description, get_unit (figures, i));
      counter->type = SYSPROF_CAPTURE_COUNTER_INT64;
      counter->value = get_counter_value (figures, i);
      /* Only 24 bits are kept here, and Sysprof 48 gives more: values have to be of the same number. */
      counter->id = sysprof_collector_request_counters (1);
      self->ids[place * N_COUNTERS + i] = counter->id;
    }
  sysprof_collector_define_counters (counters, n_defined);
}

static guint
add_to_sampler (Sampler *self, const FsmmFigures *figures)
{
  guint64 *id = g_new (guint64, 1);
  gboolean has_counters = figures->name != NULL && figures->kind != FSMM_POOL_KIND_HANDLES &&
                          self->n_pools < MAX_POOLS;
  guint number = has_counters ? ++self->n_pools : 0;

  *id = figures->id;
  g_hash_table_insert (self->known, id, GUINT_TO_POINTER (number));
  if (has_counters)
    define_counters (self, number - 1, figures);

  return number;
}

/* One more than its place, or 0. */
static guint
find_in_sampler (Sampler *self, const FsmmFigures *figures)
{
  gpointer number;

  if (g_hash_table_lookup_extended (self->known, &figures->id, NULL, &number))
    return GPOINTER_TO_UINT (number);

  return add_to_sampler (self, figures);
}

/* Those that are gone have nothing any more. */
static gboolean
sample (gpointer data)
{
  Sampler *self = data;
  g_autoptr (GArray) figures = fsmm_survey_take (self->known);

  memset (self->values, 0, sizeof self->values);
  for (guint i = 0; i < figures->len; i++)
    {
      const FsmmFigures *pool = &g_array_index (figures, FsmmFigures, i);
      guint number = find_in_sampler (self, pool);

      for (guint k = 0; number > 0 && k < N_COUNTERS; k++)
        self->values[(number - 1) * N_COUNTERS + k] = get_counter_value (pool, k);
    }
  sysprof_collector_set_counters (self->ids, self->values, self->n_pools * N_COUNTERS);

  return G_SOURCE_CONTINUE;
}

static void
sampler_free (gpointer data)
{
  Sampler *self = data;

  g_hash_table_unref (self->known);
  g_free (self);
}

/* The thread that asks for it is the one that has a buffer. */
static gboolean
begin_to_sample (gpointer context)
{
  g_autoptr (GSource) source = g_timeout_source_new (INTERVAL_MS);
  gboolean is_active;
  Sampler *self;

  /* The profiler is waited for, which fork () is not to be. */
  fsmm_watcher_let_go ();
  is_active = sysprof_collector_is_active ();
  fsmm_watcher_hold ();
  if (!is_active)
    return G_SOURCE_REMOVE;

  sysprof_collector_request_counters (N_LEFT_TO_OTHERS);
  self = g_new0 (Sampler, 1);
  self->known = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  sample (self);
  g_source_set_static_name (source, "[fsmm-glib] Sysprof");
  g_source_set_callback (source, sample, self, sampler_free);
  g_source_attach (source, context);

  return G_SOURCE_REMOVE;
}

gboolean
fsmm_sysprof_start (GError **error)
{
  GMainContext *context;

  if (fsmm_process_is_privileged () || g_getenv ("SYSPROF_CONTROL_FD") == NULL)
    return TRUE;

  fsmm_lock (&fsmm_watcher_lock);
  context = fsmm_watcher_start (error);
  fsmm_unlock (&fsmm_watcher_lock);
  if (context == NULL)
    return FALSE;

  g_main_context_invoke (context, begin_to_sample, context);

  return TRUE;
}

#else

gboolean
fsmm_sysprof_start (GError **error)
{
  return TRUE;
}

#endif
