/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "pool/fsmm-request-private.h"

#include "base/fsmm-lock.h"

/* A request waits as the callback data of a source in the main context of whoever asks. It becomes
 * ready when the request has been served or refused, and is asked to look if that is cancelled. If the
 * context goes first, it destroys the source, and the request leaves the queue. That is why there is
 * no GTask before: it would keep the context.
 *
 * Only the context owns the source. Another thread that makes it ready holds the lock of the request
 * meanwhile, for which the context has to wait before the source goes, and it with that. */

typedef struct {
  FsmmWait wait; /* the first, so that it leads here */
  gint ref_count;
  const FsmmRequestKind *kind;
  GObject *owner; /* (owned): what is asked */
  FsmmPool *pool; /* whose block is waited for; not gone before */
  GMutex lock;          /* protects the two below */
  GSource *source;      /* (not owned) (nullable): NULL once it has been destroyed */
  gboolean is_notified; /* there is something to answer */
  gboolean is_over;     /* what has been waited for is in other hands */

  gpointer source_tag;
  int io_priority;
  GCancellable *cancellable; /* (owned) (nullable) */
  GAsyncReadyCallback callback;
  gpointer user_data;
} FsmmRequest;

static void
request_unref (FsmmRequest *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_mutex_clear (&self->lock);
  g_clear_object (&self->cancellable);
  g_object_unref (self->owner);
  fsmm_heap_wait_clear (&self->wait);
  g_free (self);
}

/* Whether there is something to answer: then the source is made ready. */
static void
set_notified (FsmmRequest *self, gboolean is_notified)
{
  fsmm_lock (&self->lock);
  self->is_notified = is_notified;
  if (self->source != NULL)
    g_source_set_ready_time (self->source, is_notified ? 0 : -1);
  fsmm_unlock (&self->lock);
}

static gboolean
get_notified (FsmmRequest *self)
{
  gboolean is_notified;

  fsmm_lock (&self->lock);
  is_notified = self->is_notified;
  fsmm_unlock (&self->lock);

  return is_notified;
}

/* The queue has had a reference. */
static void
notify_request (FsmmWaiter *waiter)
{
  FsmmRequest *self = (FsmmRequest *) (gpointer) waiter;

  set_notified (self, TRUE);
  request_unref (self);
}

/* Waits, again if that has been so before. */
static FsmmAllocResult
begin_request (FsmmRequest *self)
{
  FsmmAllocResult result;

  set_notified (self, FALSE);
  g_atomic_int_inc (&self->ref_count);
  result = fsmm_heap_wait_begin (&self->pool->store, &self->wait);
  if (result != FSMM_ALLOC_OK)
    request_unref (self);

  return result;
}

static FsmmAllocResult
end_request (FsmmRequest *self)
{
  if (fsmm_heap_wait_end (&self->pool->store, &self->wait, FSMM_ALLOC_CANCELLED))
    request_unref (self);

  return self->wait.result;
}

/* What has not been taken. */
static void
give_claim_back (FsmmRequest *self)
{
  if (self->wait.claim.block != NULL)
    fsmm_heap_release (&self->pool->store, &self->wait.claim);
  self->wait.claim.block = NULL;
}

static void
answer (FsmmRequest *self, gpointer made, GError *error)
{
  GTask *task;

  self->is_over = TRUE;
  task = g_task_new (self->owner, self->cancellable, self->callback, self->user_data);
  g_task_set_source_tag (task, self->source_tag);
  g_task_set_priority (task, self->io_priority);
  /* Cancelled from now on, it would keep the block until a binding's collector frees the task. */
  g_task_set_check_cancellable (task, FALSE);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, made, self->kind->discard);
  g_object_unref (task);
}

/* So that the task answers in the same context, whichever is the default of the thread that runs it. */
static void
answer_in_context (FsmmRequest *self, gpointer made, GError *error)
{
  GMainContext *context = g_source_get_context (g_main_current_source ());

  g_main_context_push_thread_default (context);
  answer (self, made, error);
  g_main_context_pop_thread_default (context);
}

static void
answer_refusal (FsmmRequest *self)
{
  GError *error = NULL;

  fsmm_pool_report_wait (self->pool, &self->wait, -1, &error);
  answer_in_context (self, NULL, error);
}

/* Returns FALSE if the block has been dropped since: then it waits again. */
static gboolean
make_and_answer (FsmmRequest *self)
{
  const FsmmPatience patience = { self->kind->call, -1, FALSE, NULL, &self->wait.claim };
  GError *error = NULL;
  gpointer made;

  made = self->kind->make (self->owner, &patience, &error);
  if (made == NULL && error == NULL && begin_request (self) == FSMM_ALLOC_OK)
    return FALSE;

  if (made == NULL && error == NULL)
    answer_refusal (self);
  else
    answer_in_context (self, made, error);
  give_claim_back (self);

  return TRUE;
}

static gboolean
is_cancelled (FsmmRequest *self)
{
  return g_cancellable_is_cancelled (self->cancellable);
}

/* Called when it is ready, and when it may have been cancelled. */
static gboolean
look_at_request (gpointer data)
{
  FsmmRequest *self = data;

  if (!get_notified (self) && !is_cancelled (self))
    return G_SOURCE_CONTINUE;

  if (end_request (self) != FSMM_ALLOC_OK)
    answer_refusal (self);
  else if (!is_cancelled (self))
    return make_and_answer (self) ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
  else
    {
      give_claim_back (self);
      self->wait.result = FSMM_ALLOC_CANCELLED;
      answer_refusal (self);
    }

  return G_SOURCE_REMOVE;
}

/* The source has been destroyed, by its context if nothing has been answered. */
static void
abandon_request (gpointer data)
{
  FsmmRequest *self = data;

  fsmm_lock (&self->lock);
  self->source = NULL;
  fsmm_unlock (&self->lock);

  if (!self->is_over && end_request (self) == FSMM_ALLOC_OK)
    give_claim_back (self);
  request_unref (self);
}

static gboolean
dispatch_request (GSource *source, GSourceFunc func, gpointer data)
{
  return func (data);
}

static GSourceFuncs source_funcs = { .dispatch = dispatch_request };

static GSource *
make_source (FsmmRequest *self)
{
  GSource *source = g_source_new (&source_funcs, sizeof (GSource));

  g_source_set_static_name (source, self->kind->call);
  g_source_set_priority (source, self->io_priority);
  g_source_set_callback (source, look_at_request, self, abandon_request);
  if (self->cancellable != NULL)
    {
      GSource *cancelled = g_cancellable_source_new (self->cancellable);

      g_source_set_dummy_callback (cancelled);
      g_source_add_child_source (source, cancelled);
      g_source_unref (cancelled);
    }

  return source;
}

static FsmmRequest *
request_new (const FsmmRequestKind *kind, GObject *owner, FsmmPool *pool, int io_priority)
{
  FsmmRequest *self = g_new0 (FsmmRequest, 1);

  self->ref_count = 1;
  self->kind = kind;
  self->owner = g_object_ref (owner);
  self->pool = pool;
  self->io_priority = io_priority;
  g_mutex_init (&self->lock);
  fsmm_heap_wait_init (&self->wait, &pool->store, io_priority, notify_request);

  return self;
}

/* Waits for a block, and then has what is asked for made in it. The context comes last: another thread
 * may run it, and answer at once. */
static void
start_waiting (FsmmRequest *self)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  GSource *source = make_source (self);

  self->source = source;
  if (begin_request (self) != FSMM_ALLOC_OK)
    set_notified (self, TRUE);

  g_source_attach (source, context);
  g_source_unref (source);
}

/* Answers @callback in the calling thread's default context, and never before this returns. */
void
fsmm_request_start (const FsmmRequestKind *kind,
                    GObject *owner,
                    FsmmPool *pool,
                    gpointer source_tag,
                    int io_priority,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  const FsmmPatience at_once = { kind->call, 0, TRUE, cancellable, NULL };
  FsmmRequest *self = request_new (kind, owner, pool, io_priority);
  GError *error = NULL;
  gpointer made;

  self->source_tag = source_tag;
  self->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  self->callback = callback;
  self->user_data = user_data;

  made = kind->make (owner, &at_once, &error);
  if (made == NULL && error == NULL)
    {
      start_waiting (self);
      return;
    }

  answer (self, made, error);
  request_unref (self);
}
