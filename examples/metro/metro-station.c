/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "metro-station.h"

static void
metro_station_copy (const MetroStation *source, MetroStation *destination)
{
  destination->name = g_strdup (source->name);
  destination->line = source->line;
  destination->depth = source->depth;
}

static void
metro_station_clear (MetroStation *self)
{
  g_free (self->name);
}

FSMM_DEFINE_BOXED_TYPE (MetroStation, metro_station, metro_station_copy, metro_station_clear)

/**
 * metro_station_rename:
 * @self: a station
 * @name: what it is called from now on
 *
 * Gives a station another name.
 */
void
metro_station_rename (MetroStation *self, const char *name)
{
  g_free (self->name);
  self->name = g_strdup (name);
}
