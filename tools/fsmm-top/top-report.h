/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a program says of its pools at one moment. */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* No text in it can do anything to a terminal. Numbers that there are none of are TOP_NONE. */
typedef struct {
  guint64 id;
  char *name;
  char *kind;
  char *type;
  const char *state; /* what is to be told of it */
  guint64 alloc_size;
  guint64 n_live;
  guint64 peak_live;
  guint64 limit;
  guint64 n_waiting;
  guint64 n_taken; /* ever */
  guint64 live_bytes;
  guint64 reserved_bytes;
  guint64 resident_bytes;
  double rate; /* of blocks taken in a second; less than 0: not known */
} TopPool;

typedef struct {
  char *program;
  char *version;   /* of the library in it */
  gint64 time;     /* in microseconds */
  GPtrArray *pools; /* (element-type TopPool) */
  guint64 live_bytes;
  guint64 reserved_bytes;
  guint64 resident_bytes;
} TopReport;

/* Returns: (transfer full) (nullable). @label stands for the program in messages. */
TopReport *top_report_new (GVariant *figures, const char *label, GError **error);
void top_report_free (TopReport *self);

/* Sets the rates of @self by what has happened since @before. */
void top_report_set_rates (TopReport *self, const TopReport *before);

/* Returns: (transfer full): how many there are, in words */
char *top_report_count_pools (const TopReport *self);

gboolean top_pool_is_full (const TopPool *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TopReport, top_report_free)

G_END_DECLS
