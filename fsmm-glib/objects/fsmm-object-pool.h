/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "fsmm-lease.h"
#include "fsmm-version-macros.h"

G_BEGIN_DECLS

#define FSMM_TYPE_SHARING (fsmm_sharing_get_type ())

/**
 * FsmmSharing:
 * @FSMM_SHARING_WAIT: it lingers: it is lent again only when the last other reference is gone
 * @FSMM_SHARING_DISCARD: the pool gives it up, and makes another one when it is needed
 * @FSMM_SHARING_IGNORE: it is lent again at once, so that two parts of a program may use it
 *
 * What becomes of an object that comes back while other code still holds a reference to it.
 *
 * Since: 1.2
 */
typedef enum {
  FSMM_SHARING_WAIT,
  FSMM_SHARING_DISCARD,
  FSMM_SHARING_IGNORE
} FsmmSharing;

FSMM_AVAILABLE_IN_1_2
GType fsmm_sharing_get_type (void) G_GNUC_CONST;

#define FSMM_TYPE_OBJECT_POOL (fsmm_object_pool_get_type ())

FSMM_AVAILABLE_IN_1_2
G_DECLARE_FINAL_TYPE (FsmmObjectPool, fsmm_object_pool, FSMM, OBJECT_POOL, GObject)

/**
 * FsmmObjectCreateFunc:
 * @pool: the pool
 * @user_data: what was given with the function
 * @error: return location for an error
 *
 * Makes an object of [property@Fsmm.ObjectPool:item-type].
 *
 * It runs without a lock, in the thread that needs the object, and may call any function of the pool.
 * A floating reference becomes the pool's own. Any other reference that it keeps makes the object
 * linger when it comes back.
 *
 * Returns: (transfer full): a new object, or %NULL with @error set
 *
 * Since: 1.2
 */
typedef GObject *(*FsmmObjectCreateFunc) (FsmmObjectPool *pool, gpointer user_data, GError **error);

/**
 * FsmmObjectCheckFunc:
 * @pool: the pool
 * @object: one of its objects
 * @user_data: what was given with the function
 *
 * Prepares an object that has come back, or checks one that is to be lent.
 *
 * It runs without a lock, and may call any function of the pool.
 *
 * Returns: whether it can be used again; with %FALSE, the pool discards it
 *
 * Since: 1.2
 */
typedef gboolean (*FsmmObjectCheckFunc) (FsmmObjectPool *pool, GObject *object, gpointer user_data);

FSMM_AVAILABLE_IN_1_2
FsmmObjectPool *fsmm_object_pool_new (GType item_type, guint max_objects);

FSMM_AVAILABLE_IN_1_2
void fsmm_object_pool_set_create_func (FsmmObjectPool *self,
                                       FsmmObjectCreateFunc func,
                                       gpointer user_data,
                                       GDestroyNotify destroy);
FSMM_AVAILABLE_IN_1_2
void fsmm_object_pool_set_reset_func (FsmmObjectPool *self,
                                      FsmmObjectCheckFunc func,
                                      gpointer user_data,
                                      GDestroyNotify destroy);
FSMM_AVAILABLE_IN_1_2
void fsmm_object_pool_set_validate_func (FsmmObjectPool *self,
                                         FsmmObjectCheckFunc func,
                                         gpointer user_data,
                                         GDestroyNotify destroy);

FSMM_AVAILABLE_IN_1_2
FsmmLease *fsmm_object_pool_borrow (FsmmObjectPool *self, GError **error);
FSMM_AVAILABLE_IN_1_2
FsmmLease *fsmm_object_pool_borrow_wait (FsmmObjectPool *self,
                                         gint64 timeout_us,
                                         GCancellable *cancellable,
                                         GError **error);
FSMM_AVAILABLE_IN_1_2
void fsmm_object_pool_borrow_async (FsmmObjectPool *self,
                                    int io_priority,
                                    GCancellable *cancellable,
                                    GAsyncReadyCallback callback,
                                    gpointer user_data);
FSMM_AVAILABLE_IN_1_2
FsmmLease *fsmm_object_pool_borrow_finish (FsmmObjectPool *self,
                                           GAsyncResult *result,
                                           GError **error);

FSMM_AVAILABLE_IN_1_2
gboolean fsmm_object_pool_add (FsmmObjectPool *self, GObject *object, GError **error);
FSMM_AVAILABLE_IN_1_2
gboolean fsmm_object_pool_add_known (FsmmObjectPool *self,
                                     GObject *object,
                                     guint n_known_refs,
                                     GError **error);
FSMM_AVAILABLE_IN_1_2
void fsmm_object_pool_add_failed (FsmmObjectPool *self, const GError *error);
FSMM_AVAILABLE_IN_1_2
gboolean fsmm_object_pool_reserve (FsmmObjectPool *self, guint n_objects, GError **error);
FSMM_AVAILABLE_IN_1_2
guint fsmm_object_pool_trim (FsmmObjectPool *self);
FSMM_AVAILABLE_IN_1_2
void fsmm_object_pool_close (FsmmObjectPool *self);

FSMM_AVAILABLE_IN_1_2
const char *fsmm_object_pool_get_name (FsmmObjectPool *self);
FSMM_AVAILABLE_IN_1_2
GType fsmm_object_pool_get_item_type (FsmmObjectPool *self);
FSMM_AVAILABLE_IN_1_2
void fsmm_object_pool_set_max_objects (FsmmObjectPool *self, guint max_objects);
FSMM_AVAILABLE_IN_1_2
guint fsmm_object_pool_get_max_objects (FsmmObjectPool *self);
FSMM_AVAILABLE_IN_1_2
void fsmm_object_pool_set_max_idle (FsmmObjectPool *self, guint max_idle);
FSMM_AVAILABLE_IN_1_2
guint fsmm_object_pool_get_max_idle (FsmmObjectPool *self);
FSMM_AVAILABLE_IN_1_2
void fsmm_object_pool_set_min_idle (FsmmObjectPool *self, guint min_idle);
FSMM_AVAILABLE_IN_1_2
guint fsmm_object_pool_get_min_idle (FsmmObjectPool *self);
FSMM_AVAILABLE_IN_1_2
void fsmm_object_pool_set_idle_timeout (FsmmObjectPool *self, guint idle_timeout);
FSMM_AVAILABLE_IN_1_2
guint fsmm_object_pool_get_idle_timeout (FsmmObjectPool *self);
FSMM_AVAILABLE_IN_1_2
void fsmm_object_pool_set_max_age (FsmmObjectPool *self, guint max_age);
FSMM_AVAILABLE_IN_1_2
guint fsmm_object_pool_get_max_age (FsmmObjectPool *self);
FSMM_AVAILABLE_IN_1_2
void fsmm_object_pool_set_sharing (FsmmObjectPool *self, FsmmSharing sharing);
FSMM_AVAILABLE_IN_1_2
FsmmSharing fsmm_object_pool_get_sharing (FsmmObjectPool *self);

FSMM_AVAILABLE_IN_1_2
guint fsmm_object_pool_get_n_lent (FsmmObjectPool *self);
FSMM_AVAILABLE_IN_1_2
guint fsmm_object_pool_get_n_idle (FsmmObjectPool *self);
FSMM_AVAILABLE_IN_1_2
guint fsmm_object_pool_get_n_lingering (FsmmObjectPool *self);
FSMM_AVAILABLE_IN_1_2
guint fsmm_object_pool_get_n_waiting (FsmmObjectPool *self);
FSMM_AVAILABLE_IN_1_2
guint64 fsmm_object_pool_get_n_created (FsmmObjectPool *self);
FSMM_AVAILABLE_IN_1_2
guint64 fsmm_object_pool_get_n_reused (FsmmObjectPool *self);
FSMM_AVAILABLE_IN_1_2
guint64 fsmm_object_pool_get_n_discarded (FsmmObjectPool *self);

G_END_DECLS
