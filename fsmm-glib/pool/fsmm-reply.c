/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "pool/fsmm-reply-private.h"

#include "base/fsmm-lock.h"

void
fsmm_reply_init (FsmmReply *self,
                 gpointer owner,
                 gpointer source_tag,
                 int io_priority,
                 GCancellable *cancellable,
                 GAsyncReadyCallback callback,
                 gpointer user_data)
{
  *self = (FsmmReply) {
    .owner = g_object_ref (owner),
    .source_tag = source_tag,
    .io_priority = io_priority,
    .cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL,
    .callback = callback,
    .user_data = user_data,
  };
  g_mutex_init (&self->lock);
}

void
fsmm_reply_clear (FsmmReply *self)
{
  g_mutex_clear (&self->lock);
  g_clear_object (&self->cancellable);
  g_object_unref (self->owner);
}

/* --- The source --- */

static gboolean
dispatch_reply (GSource *source, GSourceFunc func, gpointer data)
{
  return func (data);
}

static GSourceFuncs source_funcs = { .dispatch = dispatch_reply };

/* Returns: (transfer full): a source that calls @look with @data when it is ready or may have been
 * cancelled, and @forget when it is destroyed. */
GSource *
fsmm_reply_make_source (FsmmReply *self,
                        const char *call,
                        GSourceFunc look,
                        gpointer data,
                        GDestroyNotify forget)
{
  GSource *source = g_source_new (&source_funcs, sizeof (GSource));

  g_source_set_static_name (source, call);
  g_source_set_priority (source, self->io_priority);
  g_source_set_callback (source, look, data, forget);
  if (self->cancellable != NULL)
    {
      GSource *cancelled = g_cancellable_source_new (self->cancellable);

      g_source_set_dummy_callback (cancelled);
      g_source_add_child_source (source, cancelled);
      g_source_unref (cancelled);
    }
  self->source = source;

  return source;
}

/* The last that is done to ask: another thread may run the context, and answer at once. Takes
 * @source. */
void
fsmm_reply_attach (GSource *source)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  g_source_attach (source, context);
  g_source_unref (source);
}

/* Whether there is something to answer: then the source is made ready. */
void
fsmm_reply_set_ready (FsmmReply *self, gboolean is_ready)
{
  fsmm_lock (&self->lock);
  self->is_ready = is_ready;
  if (self->source != NULL)
    g_source_set_ready_time (self->source, is_ready ? 0 : -1);
  fsmm_unlock (&self->lock);
}

/* Has the source look at that time, as of g_get_monotonic_time (), or before, also if there is nothing to
 * answer then. */
void
fsmm_reply_look_at (FsmmReply *self, gint64 at)
{
  fsmm_lock (&self->lock);
  if (self->source != NULL && !self->is_ready)
    {
      gint64 before = g_source_get_ready_time (self->source);

      g_source_set_ready_time (self->source, before < 0 ? at : MIN (before, at));
    }
  fsmm_unlock (&self->lock);
}

/* The source looks: it is not to do that again if there is nothing to answer, and nobody asks. */
void
fsmm_reply_note_look (FsmmReply *self)
{
  fsmm_lock (&self->lock);
  if (self->source != NULL && !self->is_ready)
    g_source_set_ready_time (self->source, -1);
  fsmm_unlock (&self->lock);
}

gboolean
fsmm_reply_is_ready (FsmmReply *self)
{
  gboolean is_ready;

  fsmm_lock (&self->lock);
  is_ready = self->is_ready;
  fsmm_unlock (&self->lock);

  return is_ready;
}

gboolean
fsmm_reply_is_cancelled (FsmmReply *self)
{
  return g_cancellable_is_cancelled (self->cancellable);
}

/* The source has been destroyed. */
void
fsmm_reply_lose_source (FsmmReply *self)
{
  fsmm_lock (&self->lock);
  self->source = NULL;
  fsmm_unlock (&self->lock);
}

/* --- Answering --- */

void
fsmm_reply_answer (FsmmReply *self, gpointer made, GDestroyNotify discard, GError *error)
{
  GTask *task;

  self->is_over = TRUE;
  task = g_task_new (self->owner, self->cancellable, self->callback, self->user_data);
  g_task_set_source_tag (task, self->source_tag);
  g_task_set_priority (task, self->io_priority);
  /* Cancelled from now on, it would keep what is made until a binding's collector frees the task. */
  g_task_set_check_cancellable (task, FALSE);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, made, discard);
  g_object_unref (task);
}

/* So that the task answers in the same context, whichever is the default of the thread that runs it. */
void
fsmm_reply_answer_in_context (FsmmReply *self,
                              gpointer made,
                              GDestroyNotify discard,
                              GError *error)
{
  GMainContext *context = g_source_get_context (g_main_current_source ());

  g_main_context_push_thread_default (context);
  fsmm_reply_answer (self, made, discard, error);
  g_main_context_pop_thread_default (context);
}
