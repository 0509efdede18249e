/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The columns of a table of pools, and its order. */

#pragma once

#include "top-report.h"

G_BEGIN_DECLS

typedef enum {
  TOP_COLUMN_NAME,
  TOP_COLUMN_KIND,
  TOP_COLUMN_TYPE,
  TOP_COLUMN_SIZE,
  TOP_COLUMN_LIVE,
  TOP_COLUMN_PEAK,
  TOP_COLUMN_LIMIT,
  TOP_COLUMN_WAIT,
  TOP_COLUMN_STATE,
  TOP_COLUMN_RATE,
  TOP_COLUMN_LIVE_BYTES,
  TOP_COLUMN_RESERVED,
  TOP_COLUMN_RESIDENT,
} TopColumnId;

#define TOP_N_COLUMNS (TOP_COLUMN_RESIDENT + 1)

typedef enum {
  TOP_VALUE_TEXT,
  TOP_VALUE_COUNT,
  TOP_VALUE_BYTES,
  TOP_VALUE_RATE,
} TopValue;

typedef struct {
  const char *nick; /* as an option has it */
  const char *title;
  TopValue value;
  gsize offset; /* in a TopPool */
  guint width;  /* where it cannot be as wide as it likes */
  guint rank;   /* where there is no room for all, columns of a higher rank are not shown */
} TopColumn;

extern const TopColumn top_columns[TOP_N_COLUMNS];

typedef struct {
  TopColumnId column;
  gboolean is_reversed; /* texts from the last one, and numbers from the least */
} TopOrder;

/* FALSE: there is none of that name. */
gboolean top_column_find (const char *nick, TopColumnId *id);

/* Returns: (transfer full): what the column says of a pool: for people, or to the last digit */
char *top_column_describe (const TopColumn *self, const TopPool *pool);
char *top_column_print (const TopColumn *self, const TopPool *pool);

/* Whether it is the greatest that comes first. */
gboolean top_order_is_falling (const TopOrder *self);
void top_order_apply (const TopOrder *self, TopReport *report);

G_END_DECLS
