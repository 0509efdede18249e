/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib-object.h>

#include "fsmm-version-macros.h"

G_BEGIN_DECLS

#define FSMM_TYPE_LEASE (fsmm_lease_get_type ())

/**
 * FsmmLease:
 *
 * An owning, reference-counted handle to an object that an [class@Fsmm.ObjectPool] has lent.
 *
 * The object goes back when the lease is released, or when the last reference to it is dropped. In
 * between it belongs to whoever has the lease. A lease keeps its pool alive.
 *
 * A lease that was released, discarded or stolen from has no object any more, and says so.
 *
 * ```c
 * g_autoptr (FsmmObjectPool) pool = fsmm_object_pool_new (G_TYPE_SOCKET_CLIENT, 4);
 * g_autoptr (FsmmLease) lease = fsmm_object_pool_borrow (pool, &error);
 *
 * if (lease == NULL)
 *   g_error ("%s", error->message);
 *
 * g_socket_client_set_timeout (G_SOCKET_CLIENT (fsmm_lease_get_object (lease)), 30);
 * fsmm_lease_release (lease, NULL);
 * ```
 *
 * All functions can be called from any thread. But the address that [method@Fsmm.Lease.get_object]
 * returns may be used only as long as no other thread ends the lease.
 *
 * Since: 1.2
 */
typedef struct _FsmmLease FsmmLease;

FSMM_AVAILABLE_IN_1_2
GType fsmm_lease_get_type (void) G_GNUC_CONST;

FSMM_AVAILABLE_IN_1_2
FsmmLease *fsmm_lease_ref (FsmmLease *self);
FSMM_AVAILABLE_IN_1_2
void fsmm_lease_unref (FsmmLease *self);

FSMM_AVAILABLE_IN_1_2
GObject *fsmm_lease_get_object (FsmmLease *self);
FSMM_AVAILABLE_IN_1_2
gboolean fsmm_lease_is_live (FsmmLease *self);
FSMM_AVAILABLE_IN_1_2
gboolean fsmm_lease_release (FsmmLease *self, GError **error);
FSMM_AVAILABLE_IN_1_2
gboolean fsmm_lease_release_known (FsmmLease *self, guint n_known_refs, GError **error);
FSMM_AVAILABLE_IN_1_2
void fsmm_lease_discard (FsmmLease *self);
FSMM_AVAILABLE_IN_1_2
GObject *fsmm_lease_steal (FsmmLease *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FsmmLease, fsmm_lease_unref)

G_END_DECLS
