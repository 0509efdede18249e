/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* An object for pools, with a property and a signal, and what tests do with pools of it. */

#pragma once

#include "fsmm-test.h"

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

FsmmObjectPool *thing_pool_new (guint max_objects);
FsmmLease *thing_borrow (FsmmObjectPool *pool);
void thing_give_back (FsmmLease *lease);
void thing_assert_refused (FsmmObjectPool *pool, gint code, const char *words);
void thing_assert_counts (FsmmObjectPool *pool, guint n_lent, guint n_idle, guint n_lingering);
void thing_run_context (void);

G_END_DECLS
