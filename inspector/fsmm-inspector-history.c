/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-inspector-history.h"

/* How many looks say something: any pool grows for a moment. */
#define MIN_LOOKS 10u

struct _FsmmInspectorHistory {
  GObject parent_instance;
  gsize live[FSMM_INSPECTOR_HISTORY_LENGTH]; /* a ring */
  guint n_ever;                              /* added; the next place is this one's remainder */
};

G_DEFINE_FINAL_TYPE (FsmmInspectorHistory, fsmm_inspector_history, G_TYPE_OBJECT)

static guint changed_signal;

static void
fsmm_inspector_history_class_init (FsmmInspectorHistoryClass *klass)
{
  changed_signal = g_signal_new ("changed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL,
                                 NULL, NULL, G_TYPE_NONE, 0);
}

static void
fsmm_inspector_history_init (FsmmInspectorHistory *self)
{
  self->n_ever = 0;
}

FsmmInspectorHistory *
fsmm_inspector_history_of (FsmmPoolInfo *info)
{
  static const char key[] = "fsmm-inspector-history";
  FsmmInspectorHistory *self = g_object_get_data (G_OBJECT (info), key);

  if (self == NULL)
    {
      self = g_object_new (FSMM_TYPE_INSPECTOR_HISTORY, NULL);
      g_object_set_data_full (G_OBJECT (info), key, self, g_object_unref);
    }

  return self;
}

void
fsmm_inspector_history_add (FsmmInspectorHistory *self, gsize n_live)
{
  self->live[self->n_ever++ % FSMM_INSPECTOR_HISTORY_LENGTH] = n_live;
  g_signal_emit (self, changed_signal, 0);
}

guint
fsmm_inspector_history_get_length (FsmmInspectorHistory *self)
{
  return MIN (self->n_ever, FSMM_INSPECTOR_HISTORY_LENGTH);
}

gsize
fsmm_inspector_history_get (FsmmInspectorHistory *self, guint position)
{
  guint oldest = self->n_ever - fsmm_inspector_history_get_length (self);

  return self->live[(oldest + position) % FSMM_INSPECTOR_HISTORY_LENGTH];
}

gsize
fsmm_inspector_history_get_growth (FsmmInspectorHistory *self)
{
  guint length = fsmm_inspector_history_get_length (self);

  if (length < MIN_LOOKS)
    return 0;

  for (guint i = 1; i < length; i++)
    if (fsmm_inspector_history_get (self, i) < fsmm_inspector_history_get (self, i - 1))
      return 0;

  return fsmm_inspector_history_get (self, length - 1) - fsmm_inspector_history_get (self, 0);
}

char *
fsmm_inspector_history_dup_growth (FsmmInspectorHistory *self)
{
  gsize growth = fsmm_inspector_history_get_growth (self);

  if (growth == 0)
    return NULL;

  return g_strdup_printf ("growing: %" G_GSIZE_FORMAT " more in the last %u looks, and never fewer",
                          growth, fsmm_inspector_history_get_length (self) - 1);
}
