/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib-object.h>

#include "fsmm-typed-pool.h"
#include "fsmm-version-macros.h"

G_BEGIN_DECLS

#define FSMM_TYPE_BOX (fsmm_box_get_type ())

/**
 * FsmmBox:
 *
 * An owning, reference-counted handle to one instance in a [class@Fsmm.TypedPool].
 *
 * When the last reference to the box is dropped, or earlier with [method@Fsmm.Box.drop], the
 * instance is cleared and its block is given back to the pool. A box keeps its pool alive. It costs
 * no `malloc ()`.
 *
 * ```c
 * g_autoptr (FsmmTypedPool) pool = fsmm_typed_pool_new (G_TYPE_DATE, 0, &error);
 * g_autoptr (FsmmBox) box = pool != NULL ? fsmm_typed_pool_alloc (pool, &error) : NULL;
 *
 * if (box != NULL)
 *   g_date_set_year (fsmm_box_get (box), 2000);
 * ```
 *
 * An instance that belongs to a box can only be destroyed by the box:
 * [method@Fsmm.TypedPool.destroy] and `g_boxed_free ()` refuse it. [method@Fsmm.TypedPool.free_all]
 * clears it like any other; the box is then empty.
 *
 * All functions can be called from any thread. Two threads that use the same instance at the same
 * time must use their own lock.
 *
 * Since: 1.0
 */
typedef struct _FsmmBox FsmmBox;

FSMM_AVAILABLE_IN_1_0
GType fsmm_box_get_type (void) G_GNUC_CONST;

FSMM_AVAILABLE_IN_1_0
FsmmBox *fsmm_typed_pool_alloc (FsmmTypedPool *self, GError **error);
FSMM_AVAILABLE_IN_1_0
FsmmBox *fsmm_typed_pool_alloc_value (FsmmTypedPool *self, const GValue *value, GError **error);
FSMM_AVAILABLE_IN_1_2
FsmmBox *fsmm_box_new_take (FsmmTypedPool *pool, gpointer instance, GError **error);

FSMM_AVAILABLE_IN_1_0
FsmmBox *fsmm_box_ref (FsmmBox *self);
FSMM_AVAILABLE_IN_1_0
void fsmm_box_unref (FsmmBox *self);

FSMM_AVAILABLE_IN_1_0
gpointer fsmm_box_get (FsmmBox *self);
FSMM_AVAILABLE_IN_1_2
gpointer fsmm_box_get_as (FsmmBox *self, GType type);
FSMM_AVAILABLE_IN_1_0
gpointer fsmm_box_steal (FsmmBox *self);
FSMM_AVAILABLE_IN_1_0
void fsmm_box_drop (FsmmBox *self);
FSMM_AVAILABLE_IN_1_0
gboolean fsmm_box_is_live (FsmmBox *self);
FSMM_AVAILABLE_IN_1_2
FsmmTypedPool *fsmm_box_get_pool (FsmmBox *self);

FSMM_AVAILABLE_IN_1_0
const GValue *fsmm_box_peek (FsmmBox *self, GError **error);
FSMM_AVAILABLE_IN_1_0
gboolean fsmm_box_set_value (FsmmBox *self, const GValue *value, GError **error);
FSMM_AVAILABLE_IN_1_0
char *fsmm_box_to_string (FsmmBox *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FsmmBox, fsmm_box_unref)

G_END_DECLS
