/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What an object pool has and who waits for it, behind one lock.
 *
 * It outlives the pool for as long as a lease, an object or another thread leads to it. No function of
 * the program is called with the lock held, and no reference to an object is taken or dropped: what
 * bindings do then may wait for a thread that waits for this lock. */

#pragma once

#include <gio/gio.h>

#include "fsmm-object-pool.h"

#include "base/fsmm-lock.h"
#include "base/fsmm-waiters.h"
#include "debug/fsmm-debug-flags.h"
#include "objects/fsmm-pooled-object.h"

G_BEGIN_DECLS

/* How the pool comes to objects. */
typedef enum {
  FSMM_MAKING_NONE,      /* they are added to it */
  FSMM_MAKING_BY_CALL,   /* whoever needs one makes it */
  FSMM_MAKING_BY_SIGNAL, /* ::needs-object is emitted */
} FsmmMaking;

typedef enum {
  FSMM_LEND_OK,
  FSMM_LEND_FULL,
  FSMM_LEND_TIMED_OUT,
  FSMM_LEND_CANCELLED,
  FSMM_LEND_CLOSED,
  FSMM_LEND_FAILED, /* making one failed */
} FsmmLendResult;

struct _FsmmObjectStore
{
  gint ref_count;

  /* Set when the pool is constructed. */
  GWeakRef pool;
  guint64 id;            /* that no other pool of this process ever has: what FsmmPoolInfo:id says */
  gconstpointer address; /* of the pool, for messages */
  char *name;            /* (owned) (nullable) */
  GType item_type;
  FsmmDebugFlags debug;

  /* Protects all below. What is (atomic) may be read without it. */
  GMutex lock;
  GMainContext *context; /* (not owned) (nullable): in which it was made, until that ends */
  GSource *care;         /* (not owned) (nullable): in that, for what is to be done there */
  gint making;    /* (atomic): an FsmmMaking */
  gint is_closed; /* (atomic) */
  guint max_objects; /* (atomic); 0: no limit; the same for max_idle */
  guint max_idle;
  guint min_idle;
  guint idle_timeout; /* in milliseconds; 0: never; the same for max_age */
  guint max_age;      /* (atomic) */
  guint sharing;      /* (atomic): an FsmmSharing */

  guint n_objects; /* that are not gone */
  guint n_lent;    /* leases, and who is about to get one */
  guint peak_lent; /* the most that this has been */
  guint n_pending; /* how often ::needs-object was emitted, and not answered */
  GQueue lent;     /* (element-type FsmmPooled); the same for those below */
  GQueue idle;     /* the first was used last */
  GQueue returned;
  GQueue lingering;
  GQueue doomed; /* (element-type GObject) (owned): to be dropped in the context */

  guint64 n_loans; /* ever */
  guint64 n_created;
  guint64 n_reused;
  guint64 n_discarded;

  FsmmWaiters waiters;
  guint n_looks;         /* how often threads that sleep were to look at what is to be done */
  gint64 care_at;        /* when there is something to be done in the context; -1: never */
  guint n_keepers;       /* leases that were dropped, and left it to the context to let the pool go */
  guint trim_level;      /* how much is to be dropped there: a GMemoryMonitorWarningLevel, or 0 */
  GList registry_link; /* the lock of the registry protects it */
};

typedef struct _FsmmObjectWait FsmmObjectWait;

/* Who waits for an object. It is handed one that is BUSY, or a place for one that is to be made. */
struct _FsmmObjectWait
{
  FsmmWaiter waiter; /* the first, so that it leads here */
  guint n_looks; /* of a thread that sleeps: how many it has seen to */
  /* (nullable): called with the lock, when it is to look for something to do at that time, as of
   * g_get_monotonic_time (). NULL: a thread sleeps. */
  void (*look) (FsmmObjectWait *self, gint64 at);
  FsmmLendResult result;
  FsmmPooled *granted; /* (owned) (nullable) */
  GError *error;       /* (owned) (nullable): if making one failed */
  guint n_lent;        /* what was so when it was refused */
  guint n_lingering;
  guint n_others;
};

/* --- fsmm-object-store.c --- */

FsmmObjectStore *fsmm_object_store_new (FsmmObjectPool *pool);
FsmmObjectStore *fsmm_object_store_ref (FsmmObjectStore *self);
void fsmm_object_store_unref (FsmmObjectStore *self);
FsmmObjectPool *fsmm_object_store_dup_pool (FsmmObjectStore *self);
void fsmm_object_store_find_again (FsmmObjectStore *self, FsmmObjectPool *pool);

/* Serves those that wait before it gives the lock back. */
void fsmm_object_store_unlock (FsmmObjectStore *self);

/* With the lock. */
void fsmm_object_store_schedule (FsmmObjectStore *self, gint64 at);
guint fsmm_object_store_count_idle (const FsmmObjectStore *self);

/* With the lock: whether there can be one more object, besides so many that are expected. */
gboolean fsmm_object_store_has_place (const FsmmObjectStore *self, guint n_expected);
/* With the lock: whether somebody who borrows can be given an object, or a place for one. */
gboolean fsmm_object_store_can_lend (const FsmmObjectStore *self);

/* Objects come and go. Each takes or returns one that is BUSY. */
FsmmPooled *fsmm_object_store_take_locked (FsmmObjectStore *self); /* with the lock */
FsmmPooled *fsmm_object_store_take (FsmmObjectStore *self,
                                    gboolean has_looked,
                                    FsmmLendResult *result);
FsmmPooled *fsmm_object_store_take_place (FsmmObjectStore *self, gboolean *is_closed);
FsmmPooled *fsmm_object_store_answer_with_place (FsmmObjectStore *self, gboolean *is_closed);
void fsmm_object_store_refuse (FsmmPooled *pooled);
FsmmPooled *fsmm_object_store_take_returned (FsmmObjectStore *self);
FsmmPooled *fsmm_object_store_take_lingering (FsmmObjectStore *self, gint64 since);
FsmmPooled *fsmm_object_store_take_any (FsmmObjectStore *self);
gboolean fsmm_object_store_note_last_reference (FsmmPooled *pooled);

gboolean fsmm_object_store_lend (FsmmPooled *pooled);
void fsmm_object_store_return_later (FsmmPooled *pooled);
gboolean fsmm_object_store_let_linger (FsmmPooled *pooled);
void fsmm_object_store_remove (FsmmPooled *pooled, gboolean is_discarded, GObject *doomed);
void fsmm_object_store_count (FsmmObjectStore *self, guint64 *counter);
void fsmm_object_store_close (FsmmObjectStore *self);

/* With the lock. */
void fsmm_pooled_set_state (FsmmPooled *pooled, FsmmPooledState state);
FsmmPooled *fsmm_pooled_make_busy (FsmmPooled *pooled);
void fsmm_pooled_stop_counting_as_lent (FsmmPooled *pooled);

/* --- fsmm-object-idle.c --- */

/* With the lock, or while it is BUSY: whether it is not to be lent any more. */
gboolean fsmm_pooled_is_too_old (const FsmmPooled *pooled);

FsmmPooled *fsmm_object_store_take_idle (FsmmObjectStore *self, guint n_kept);
FsmmPooled *fsmm_object_store_take_surplus (FsmmObjectStore *self);
FsmmPooled *fsmm_object_store_take_expired (FsmmObjectStore *self);
gboolean fsmm_object_store_put_idle (FsmmPooled *pooled);
void fsmm_object_store_restart_idle_times (FsmmObjectStore *self);

/* --- fsmm-object-errors.c --- */

void fsmm_object_store_report_end (FsmmObjectStore *self, gconstpointer address);

/* --- fsmm-object-queue.c --- */

/* With the lock. */
void fsmm_object_store_serve (FsmmObjectStore *self, GQueue *left);
void fsmm_object_store_dismiss_all (FsmmObjectStore *self, GQueue *left);
gboolean fsmm_object_store_needs_signal (FsmmObjectStore *self);
void fsmm_object_store_have_all_look (FsmmObjectStore *self);
void fsmm_object_store_look_at_lingering_later (FsmmObjectStore *self);

void fsmm_object_wait_init (FsmmObjectWait *wait,
                            int priority,
                            void (*notify) (FsmmWaiter *waiter),
                            void (*have_look) (FsmmObjectWait *wait, gint64 at));
void fsmm_object_wait_clear (FsmmObjectWait *wait);

gboolean fsmm_object_wait_begin (FsmmObjectStore *self, FsmmObjectWait *wait);
gboolean fsmm_object_wait_end (FsmmObjectStore *self, FsmmObjectWait *wait, FsmmLendResult result);
gboolean fsmm_object_wait_nap (FsmmObjectStore *self, FsmmObjectWait *wait, gint64 end);
gint64 fsmm_object_wait_get_next_look (FsmmObjectStore *self);
void fsmm_object_wait_cancel (FsmmObjectStore *self, FsmmObjectWait *wait);
void fsmm_object_wait_fail_first (FsmmObjectStore *self, const GError *error);

static inline gboolean
fsmm_object_store_is_closed (FsmmObjectStore *self)
{
  return g_atomic_int_get (&self->is_closed);
}

G_END_DECLS
