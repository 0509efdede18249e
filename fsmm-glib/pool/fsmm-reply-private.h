/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a call answers that does not sleep: in the main context of whoever asks, as soon as another
 * thread says that there is an answer.
 *
 * It waits as the callback data of a source in that context. The source becomes ready when there is
 * something to answer, and looks if that is cancelled. If the context goes first, it destroys the source.
 * That is why there is no GTask before: it would keep the context.
 *
 * Only the context owns the source. Another thread that makes it ready holds the lock of the reply
 * meanwhile, for which the context has to wait before the source goes, and the reply with that. */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* For the struct that embeds it: whose reference count keeps it. */
typedef struct {
  GObject *owner; /* (owned): what is asked */
  gpointer source_tag;
  int io_priority;
  GCancellable *cancellable; /* (owned) (nullable) */
  GAsyncReadyCallback callback;
  gpointer user_data;
  gboolean is_over; /* it has been answered: only its context asks */

  GMutex lock;       /* protects the two below */
  GSource *source;   /* (not owned) (nullable): NULL once it has been destroyed */
  gboolean is_ready; /* there is something to answer */
} FsmmReply;

void fsmm_reply_init (FsmmReply *self,
                      gpointer owner,
                      gpointer source_tag,
                      int io_priority,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data);
void fsmm_reply_clear (FsmmReply *self);

/* --- For the thread that asks --- */

GSource *fsmm_reply_make_source (FsmmReply *self,
                                 const char *call,
                                 GSourceFunc look,
                                 gpointer data,
                                 GDestroyNotify forget);
void fsmm_reply_attach (GSource *source);

/* --- For any thread --- */

void fsmm_reply_set_ready (FsmmReply *self, gboolean is_ready);

void fsmm_reply_look_at (FsmmReply *self, gint64 at);

/* --- For the context: while it looks, and while it forgets --- */

void fsmm_reply_note_look (FsmmReply *self);

gboolean fsmm_reply_is_ready (FsmmReply *self);
gboolean fsmm_reply_is_cancelled (FsmmReply *self);
void fsmm_reply_lose_source (FsmmReply *self);

/* One of these once, with what has been made, and how it is dropped, or with @error (transfer full). */
void fsmm_reply_answer (FsmmReply *self, gpointer made, GDestroyNotify discard, GError *error);
void fsmm_reply_answer_in_context (FsmmReply *self,
                                   gpointer made,
                                   GDestroyNotify discard,
                                   GError *error);

G_END_DECLS
