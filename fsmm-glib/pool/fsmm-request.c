/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "pool/fsmm-request-private.h"

#include "pool/fsmm-reply-private.h"

/* A request is in the queue of the pool's store, and becomes ready when it has been served or refused. If
 * its context ends before that, it leaves the queue. */

typedef struct {
  FsmmWait wait; /* the first, so that it leads here */
  gint ref_count;
  const FsmmRequestKind *kind;
  FsmmPool *pool; /* whose block is waited for; not gone before the owner of the reply */
  FsmmReply reply;
} FsmmRequest;

static void
request_unref (FsmmRequest *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  fsmm_reply_clear (&self->reply);
  fsmm_heap_wait_clear (&self->wait);
  g_free (self);
}

/* The queue has had a reference. */
static void
notify_request (FsmmWaiter *waiter)
{
  FsmmRequest *self = (FsmmRequest *) (gpointer) waiter;

  fsmm_reply_set_ready (&self->reply, TRUE);
  request_unref (self);
}

/* Waits, again if that has been so before. */
static FsmmAllocResult
begin_request (FsmmRequest *self)
{
  FsmmAllocResult result;

  fsmm_reply_set_ready (&self->reply, FALSE);
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
answer_refusal (FsmmRequest *self)
{
  GError *error = NULL;

  fsmm_pool_report_wait (self->pool, &self->wait, -1, &error);
  fsmm_reply_answer_in_context (&self->reply, NULL, NULL, error);
}

/* Returns FALSE if the block has been dropped since: then it waits again. */
static gboolean
make_and_answer (FsmmRequest *self)
{
  const FsmmPatience patience = { self->kind->call, -1, FALSE, NULL, &self->wait.claim };
  GError *error = NULL;
  gpointer made;

  made = self->kind->make (self->reply.owner, &patience, &error);
  if (made == NULL && error == NULL && begin_request (self) == FSMM_ALLOC_OK)
    return FALSE;

  if (made == NULL && error == NULL)
    answer_refusal (self);
  else
    fsmm_reply_answer_in_context (&self->reply, made, self->kind->discard, error);
  give_claim_back (self);

  return TRUE;
}

/* Called when it is ready, and when it may have been cancelled. */
static gboolean
look_at_request (gpointer data)
{
  FsmmRequest *self = data;
  FsmmReply *reply = &self->reply;

  if (!fsmm_reply_is_ready (reply) && !fsmm_reply_is_cancelled (reply))
    return G_SOURCE_CONTINUE;

  if (end_request (self) != FSMM_ALLOC_OK)
    answer_refusal (self);
  else if (!fsmm_reply_is_cancelled (reply))
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

  fsmm_reply_lose_source (&self->reply);
  if (!self->reply.is_over && end_request (self) == FSMM_ALLOC_OK)
    give_claim_back (self);
  request_unref (self);
}

/* Waits for a block, and then has what is asked for made in it. */
static void
start_waiting (FsmmRequest *self)
{
  GSource *source = fsmm_reply_make_source (&self->reply, self->kind->call, look_at_request, self,
                                            abandon_request);

  if (begin_request (self) != FSMM_ALLOC_OK)
    fsmm_reply_set_ready (&self->reply, TRUE);

  fsmm_reply_attach (source);
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
  FsmmRequest *self = g_new0 (FsmmRequest, 1);
  GError *error = NULL;
  gpointer made;

  self->ref_count = 1;
  self->kind = kind;
  self->pool = pool;
  fsmm_heap_wait_init (&self->wait, &pool->store, io_priority, notify_request);
  fsmm_reply_init (&self->reply, owner, source_tag, io_priority, cancellable, callback, user_data);

  made = kind->make (owner, &at_once, &error);
  if (made == NULL && error == NULL)
    {
      start_waiting (self);
      return;
    }

  fsmm_reply_answer (&self->reply, made, kind->discard, error);
  request_unref (self);
}
