/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which pool does an address belong to? One table for the whole process. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean fsmm_registry_add (gconstpointer base, gsize size, gpointer owner);
void fsmm_registry_remove (gconstpointer base, gsize size);
gpointer fsmm_registry_lookup (gconstpointer address);

/* While the registry is locked, no owner that it names can go away. */
void fsmm_registry_lock (void);
void fsmm_registry_unlock (void);

G_END_DECLS
