/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "objects/fsmm-object-pool-private.h"
#include "objects/fsmm-object-registry.h"
#include "pool/fsmm-trimmer-private.h"

/* What is done in the main context in which the pool was made: objects whose leases were dropped are
 * reset, those that nobody has used for long are dropped, and who can make one is asked to.
 *
 * There is one source for all of it, which is made ready when there is something to do. If nobody runs
 * the context, a thread that borrows does the same in its place. */

/* --- One thing after the other --- */

/* Before the signal is emitted, since its handler may add an object at once. */
static gboolean
claim_signal (FsmmObjectPool *self)
{
  FsmmObjectStore *store = self->store;
  gboolean is_needed;

  fsmm_object_pool_update_making (self);
  fsmm_lock (&store->lock);
  is_needed = fsmm_object_store_needs_signal (store);
  if (is_needed)
    store->n_pending++;
  fsmm_unlock (&store->lock);

  return is_needed;
}

static void
take_returned_back (FsmmObjectPool *self)
{
  FsmmPooled *pooled;

  while ((pooled = fsmm_object_store_take_returned (self->store)) != NULL)
    fsmm_object_pool_take_back (self, pooled, 0);
}

static void
drop_expired (FsmmObjectStore *store)
{
  FsmmPooled *pooled;

  while ((pooled = fsmm_object_store_take_expired (store)) != NULL)
    fsmm_pooled_drop (pooled, FSMM_CALLS_ALLOWED);
}

static GObject *
pop_doomed (FsmmObjectStore *store)
{
  GObject *object;

  fsmm_lock (&store->lock);
  object = g_queue_pop_head (&store->doomed);
  fsmm_unlock (&store->lock);

  return object;
}

/* Objects that were given up where none may be finalized. */
void
fsmm_object_care_drop_doomed (FsmmObjectStore *self)
{
  GObject *object;

  while ((object = pop_doomed (self)) != NULL)
    g_object_unref (object);
}

static guint
steal_number (FsmmObjectStore *store, guint *number)
{
  guint n;

  fsmm_lock (&store->lock);
  n = *number;
  *number = 0;
  fsmm_unlock (&store->lock);

  return n;
}

static void
trim_as_asked (FsmmObjectPool *self)
{
  guint level = steal_number (self->store, &self->store->trim_level);

  if (level >= G_MEMORY_MONITOR_WARNING_LEVEL_CRITICAL)
    fsmm_object_store_drop_idle (self->store, 0);
  else if (level >= G_MEMORY_MONITOR_WARNING_LEVEL_MEDIUM)
    fsmm_object_store_drop_idle (self->store, fsmm_object_pool_get_min_idle (self));
}

/* Those of leases that were dropped when nobody else had the pool any more. */
static void
let_dropped_pool_go (FsmmObjectPool *self)
{
  for (guint n = steal_number (self->store, &self->store->n_keepers); n > 0; n--)
    fsmm_keepers_remove (&self->keepers, self);
}

/* From now on, what there is to do is for somebody to do after this. */
static void
note_start (FsmmObjectStore *store)
{
  fsmm_lock (&store->lock);
  store->care_at = -1;
  if (store->care != NULL)
    g_source_set_ready_time (store->care, -1);
  fsmm_unlock (&store->lock);
}

static void
look_again_later (FsmmObjectStore *store)
{
  fsmm_lock (&store->lock);
  fsmm_object_store_look_at_lingering_later (store);
  fsmm_unlock (&store->lock);
}

/* The caller has a reference to the pool, and has noted the start. */
static void
do_all (FsmmObjectPool *self)
{
  FsmmObjectStore *store = self->store;

  take_returned_back (self);
  while (claim_signal (self))
    fsmm_object_pool_emit_needs_object (self);
  fsmm_object_store_look_at_lingering (store);
  drop_expired (store);
  trim_as_asked (self);
  fsmm_object_care_drop_doomed (store);
  let_dropped_pool_go (self);
  look_again_later (store);
}

/* --- The source --- */

static gboolean
has_stopped (FsmmObjectStore *store)
{
  gboolean has_stopped;

  fsmm_lock (&store->lock);
  has_stopped = store->care == NULL;
  fsmm_unlock (&store->lock);

  return has_stopped;
}

static gboolean
take_care (gpointer data)
{
  FsmmObjectStore *store = data;
  FsmmObjectPool *pool;

  note_start (store);
  pool = fsmm_object_store_dup_pool (store);
  if (pool == NULL)
    return has_stopped (store) ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;

  do_all (pool);
  g_object_unref (pool);

  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch_care (GSource *source, GSourceFunc func, gpointer data)
{
  return func (data);
}

static GSourceFuncs care_funcs = { .dispatch = dispatch_care };

static void leave_context (gpointer data);

/* With the lock. The source keeps the store, and not the pool. Only the context owns the source, and
 * nobody owns the context: requests that wait there end with it. It cannot end while somebody has the
 * lock, see leave_context (). */
static void
enter_context (FsmmObjectStore *self, GMainContext *context)
{
  GSource *source = g_source_new (&care_funcs, sizeof (GSource));

  g_source_set_static_name (source, "[fsmm-glib] FsmmObjectPool");
  g_source_set_callback (source, take_care, fsmm_object_store_ref (self), leave_context);
  self->context = context;
  self->care = source;
  g_source_attach (source, context);
  g_source_unref (source);
}

/* The source has been destroyed. If that is because the context ends, the default one, which never
 * does, is to be used in its place. */
static void
leave_context (gpointer data)
{
  FsmmObjectStore *self = data;

  fsmm_lock (&self->lock);
  if (self->care != NULL)
    {
      enter_context (self, g_main_context_default ());
      self->care_at = -1;
      fsmm_object_store_schedule (self, 0);
    }
  fsmm_unlock (&self->lock);
  fsmm_object_store_unref (self);
}

void
fsmm_object_care_start (FsmmObjectStore *self)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  fsmm_lock (&self->lock);
  enter_context (self, context);
  fsmm_unlock (&self->lock);
}

/* A source that another thread destroys while its context ends is left for ever, by GLib. So another
 * context than the default one is asked to do that itself, unless it ends first. */
void
fsmm_object_care_stop (FsmmObjectStore *self)
{
  GSource *care;

  fsmm_lock (&self->lock);
  care = self->context == g_main_context_default () ? g_source_ref (self->care) : NULL;
  g_source_set_ready_time (self->care, 0);
  self->care = NULL;
  self->context = NULL;
  fsmm_unlock (&self->lock);

  if (care == NULL)
    return;

  g_source_destroy (care);
  g_source_unref (care);
}

/* --- In place of the context --- */

static gboolean
has_something_to_do (FsmmObjectStore *store)
{
  return store->care_at == 0 || store->returned.length > 0 || store->doomed.length > 0 ||
         store->trim_level > 0 || fsmm_object_store_needs_signal (store);
}

/* Returns: (nullable): the context, if there is something to do in it, and the calling thread runs it, or
 * nobody does */
static GMainContext *
acquire_context (FsmmObjectStore *store)
{
  GMainContext *context;

  fsmm_lock (&store->lock);
  context = store->context;
  if (!has_something_to_do (store) || !g_main_context_acquire (context))
    context = NULL;
  fsmm_unlock (&store->lock);

  return context;
}

/* It may have ended meanwhile. */
static void
release_context (FsmmObjectStore *store, GMainContext *context)
{
  fsmm_lock (&store->lock);
  if (store->context == context)
    g_main_context_release (context);
  fsmm_unlock (&store->lock);
}

/* The caller has a reference to the pool. */
void
fsmm_object_care_if_possible (FsmmObjectPool *self)
{
  FsmmObjectStore *store = self->store;
  GMainContext *context = acquire_context (store);

  if (context == NULL)
    return;

  note_start (store);
  do_all (self);
  release_context (store, context);
}

/* What may make an object available: some of it may be for this thread to do, which would wait for ever. */
void
fsmm_object_care_for_borrower (FsmmObjectPool *self)
{
  fsmm_object_care_if_possible (self);
  fsmm_object_store_look_at_lingering (self->store);
}

/* --- For trimmers, and whoever looks --- */

/* Each object is dropped in the context of its pool. */
void
fsmm_object_care_trim (FsmmObjectStore *store, GMemoryMonitorWarningLevel level)
{
  g_autoptr (FsmmObjectPool) pool = fsmm_object_store_dup_pool (store);

  if (pool == NULL)
    return;

  fsmm_lock (&store->lock);
  store->trim_level = MAX (store->trim_level, (guint) level);
  fsmm_object_store_schedule (store, 0);
  fsmm_unlock (&store->lock);
  fsmm_object_care_if_possible (pool);
}

static void
trim_pools (GMemoryMonitorWarningLevel level)
{
  g_autoptr (GPtrArray) pools = NULL;

  if (level < G_MEMORY_MONITOR_WARNING_LEVEL_MEDIUM)
    return;

  pools = fsmm_object_registry_list ();
  for (guint i = 0; i < pools->len; i++)
    fsmm_object_care_trim (pools->pdata[i], level);
}

/* Called for every pool. */
void
fsmm_object_care_follow_trimmers (void)
{
  fsmm_trimmer_set_other (trim_pools);
}
