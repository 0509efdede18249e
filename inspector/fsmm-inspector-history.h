/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How many blocks of a pool were live when it was last looked at, and the times before. */

#pragma once

#include <fsmm-glib/fsmm-glib.h>

G_BEGIN_DECLS

/* One for each look. */
#define FSMM_INSPECTOR_HISTORY_LENGTH 60u

#define FSMM_TYPE_INSPECTOR_HISTORY (fsmm_inspector_history_get_type ())

/* Emits "changed" when something is added. */
G_DECLARE_FINAL_TYPE (FsmmInspectorHistory, fsmm_inspector_history, FSMM, INSPECTOR_HISTORY, GObject)

/* Returns: (transfer none): it lives as long as @info */
FsmmInspectorHistory *fsmm_inspector_history_of (FsmmPoolInfo *info);

/* Adds what is live now. */
void fsmm_inspector_history_add (FsmmInspectorHistory *self, gsize n_live);

guint fsmm_inspector_history_get_length (FsmmInspectorHistory *self);

/* Of the one at @position, from the oldest on. */
gsize fsmm_inspector_history_get (FsmmInspectorHistory *self, guint position);

/* By how much the number has grown without ever having become less, or 0. */
gsize fsmm_inspector_history_get_growth (FsmmInspectorHistory *self);

/* Returns: (transfer full) (nullable): the same in words, or %NULL */
char *fsmm_inspector_history_dup_growth (FsmmInspectorHistory *self);

G_END_DECLS
