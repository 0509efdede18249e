/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "fsmm-object-pool.h"

#include "base/fsmm-fault.h"
#include "objects/fsmm-object-store.h"
#include "pool/fsmm-keepers-private.h"

G_BEGIN_DECLS

/* A function of the program. It may be replaced while it runs. */
typedef struct {
  gint ref_count;
  GCallback func;
  gpointer data;
  GDestroyNotify destroy; /* (nullable) */
} FsmmHook;

typedef enum {
  FSMM_HOOK_CREATE,
  FSMM_HOOK_RESET,
  FSMM_HOOK_VALIDATE,
  FSMM_N_HOOKS,
} FsmmHookKind;

struct _FsmmObjectPool {
  GObject parent_instance;

  FsmmKeepers keepers;    /* the leases */
  FsmmObjectStore *store; /* (owned) */
  FsmmHook *hooks[FSMM_N_HOOKS]; /* (owned) (nullable) (atomic): the lock of the store protects them */
};

/* fsmm-object-pool.c */
void fsmm_object_pool_emit_needs_object (FsmmObjectPool *self);
gboolean fsmm_object_pool_has_handlers (FsmmObjectPool *self);

/* --- fsmm-object-hooks.c: functions of the program, called without the lock --- */

void fsmm_object_pool_clear_hooks (FsmmObjectPool *self);
void fsmm_object_pool_update_making (FsmmObjectPool *self);

gboolean fsmm_object_pool_adopt (FsmmObjectPool *self,
                                 FsmmPooled *pooled,
                                 GObject *object,
                                 GError **error);
gboolean fsmm_object_pool_create (FsmmObjectPool *self, FsmmPooled *pooled, GError **error);
gboolean fsmm_object_pool_check (FsmmObjectPool *self, FsmmHookKind kind, FsmmPooled *pooled);

static inline gboolean
fsmm_object_pool_has_hook (FsmmObjectPool *self, FsmmHookKind kind)
{
  return g_atomic_pointer_get (&self->hooks[kind]) != NULL;
}

/* --- fsmm-object-return.c --- */

/* Whether the calling thread may run functions of the program: those of a collector may not. */
typedef enum {
  FSMM_CALLS_ALLOWED,
  FSMM_CALLS_FORBIDDEN,
} FsmmCalls;

void fsmm_object_pool_take_back (FsmmObjectPool *self, FsmmPooled *pooled, guint n_known_refs);
void fsmm_object_pool_take_back_silently (FsmmObjectPool *self, FsmmPooled *pooled);
void fsmm_pooled_settle (FsmmPooled *self, guint n_known_refs, FsmmCalls calls);
void fsmm_pooled_drop (FsmmPooled *self, FsmmCalls calls);
void fsmm_object_store_look_at_lingering (FsmmObjectStore *self);
void fsmm_object_store_drop_surplus (FsmmObjectStore *self);
guint fsmm_object_store_drop_idle (FsmmObjectStore *self, guint n_kept);

/* --- fsmm-object-borrow.c --- */

FsmmLease *fsmm_object_pool_try_borrow (FsmmObjectPool *self,
                                        FsmmLendResult *result,
                                        GError **error);
FsmmLease *fsmm_object_pool_finish_loan (FsmmObjectPool *self, FsmmPooled *pooled, GError **error);

/* --- fsmm-object-care.c: what is to be done in the context of the pool --- */

void fsmm_object_care_start (FsmmObjectStore *self);
void fsmm_object_care_stop (FsmmObjectStore *self);
void fsmm_object_care_drop_doomed (FsmmObjectStore *self);
void fsmm_object_care_if_possible (FsmmObjectPool *self);
void fsmm_object_care_for_borrower (FsmmObjectPool *self);
void fsmm_object_care_trim (FsmmObjectStore *store, GMemoryMonitorWarningLevel level);
void fsmm_object_care_follow_trimmers (void);

/* --- fsmm-lease.c --- */

FsmmLease *fsmm_lease_new (FsmmObjectPool *pool, FsmmPooled *pooled);

/* --- fsmm-object-errors.c --- */

char *fsmm_object_store_describe (FsmmObjectStore *self);
/* @type NULL: the item-type. */
void fsmm_object_store_log (FsmmObjectStore *self,
                            GLogLevelFlags level,
                            FsmmFault fault,
                            const char *type,
                            gconstpointer address,
                            const char *message);
gboolean fsmm_object_pool_is_broken (FsmmObjectPool *self, GError **error);
void fsmm_object_store_note_exhausted (FsmmObjectStore *self);
void fsmm_object_store_report (FsmmObjectStore *self,
                               FsmmLendResult result,
                               GError **error);
void fsmm_object_store_report_no_place (FsmmObjectStore *self,
                                        gboolean is_closed,
                                        GError **error);
void fsmm_object_store_report_wait (FsmmObjectStore *self,
                                    FsmmObjectWait *wait,
                                    gint64 timeout_us,
                                    GError **error);
void fsmm_object_store_set_error (FsmmObjectStore *self,
                                  GError **error,
                                  gint code,
                                  const char *format,
                                  ...) G_GNUC_PRINTF (4, 5);
void fsmm_object_store_warn_of_wait (FsmmObjectStore *self);

G_END_DECLS
