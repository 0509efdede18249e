/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The connection to a program that shows its pools. What comes from it is not trusted: it may be
 * rubbish, too much, or nothing at all. */

#pragma once

#include <gio/gio.h>

#include "watch/fsmm-protocol.h"

G_BEGIN_DECLS

typedef enum {
  TOP_ERROR_ENDED,   /* nobody listens at that place any more */
  TOP_ERROR_SILENT,  /* no answer within a while */
  TOP_ERROR_CLOSED,  /* it hangs up */
  TOP_ERROR_RUBBISH, /* it sends what is no answer */
} TopError;

#define TOP_ERROR (top_error_quark ())
GQuark top_error_quark (void);

typedef struct _TopClient TopClient;

/* @label stands for the program in messages. */
TopClient *top_client_new (const char *path, const char *label);
void top_client_free (TopClient *self);

/* Asks in another thread; @callback is called in the main context. There is one question at a time, and
 * nothing waits for an answer to the question before it. */
void top_client_ask_async (TopClient *self, FsmmAskKind kind, guint64 id, GAsyncReadyCallback callback,
                           gpointer data);
GVariant *top_client_ask_finish (GAsyncResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TopClient, top_client_free)

G_END_DECLS
