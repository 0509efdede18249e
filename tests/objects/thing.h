/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An object for pools, with a property and a signal. */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define THING_TYPE (thing_get_type ())



typedef struct _Thing Thing;
typedef struct _ThingClass ThingClass;

struct _Thing {
  GObject parent_instance;
  gint n_users; /* (atomic): who has a reference besides the pool, for tests that count them */
  char *label;
};

struct _ThingClass {
  GObjectClass parent_class;
};

GType thing_get_type (void);

#define THING(object) (G_TYPE_CHECK_INSTANCE_CAST ((object), THING_TYPE, Thing))
#define THING_IS(object) (G_TYPE_CHECK_INSTANCE_TYPE ((object), THING_TYPE))

/* How many there are. */
guint thing_count (void);

G_END_DECLS
