/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <fsmm-glib/fsmm-glib.h>

G_BEGIN_DECLS

/**
 * MetroStation:
 * @name: (nullable): what it is called
 * @line: the number of its line
 * @depth: how far it is below the street, in metres
 *
 * A station, which lives in a pool.
 */
typedef struct {
  char *name;
  guint line;
  double depth;
} MetroStation;

FSMM_DECLARE_BOXED_TYPE (MetroStation, metro_station)

void metro_station_rename (MetroStation *self, const char *name);

G_END_DECLS
