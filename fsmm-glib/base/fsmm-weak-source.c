/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/fsmm-weak-source.h"

typedef struct {
  GWeakRef object;
  void (*func) (gpointer object);
} FsmmWeakCall;

static gboolean
call_if_alive (gpointer data)
{
  FsmmWeakCall *self = data;
  gpointer object = g_weak_ref_get (&self->object);

  if (object == NULL)
    return G_SOURCE_REMOVE;

  self->func (object);
  g_object_unref (object);

  return G_SOURCE_CONTINUE;
}

static void
weak_call_free (gpointer data)
{
  FsmmWeakCall *self = data;

  g_weak_ref_clear (&self->object);
  g_free (self);
}

void
fsmm_weak_source_set_callback (GSource *source, gpointer object, void (*func) (gpointer object))
{
  FsmmWeakCall *call = g_new0 (FsmmWeakCall, 1);

  g_weak_ref_init (&call->object, object);
  call->func = func;
  g_source_set_callback (source, call_if_alive, call, weak_call_free);
}

void
fsmm_weak_source_end (GSource *source)
{
  if (source == NULL)
    return;

  g_source_destroy (source);
  g_source_unref (source);
}
