/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages about a pool, for people and for programs that search a journal. What is found out while
 * a lock is held is kept, to be reported when it is not. */

#pragma once

#include "base/fsmm-fault.h"
#include "debug/fsmm-call-stack.h"
#include "debug/fsmm-guard.h"

G_BEGIN_DECLS

/* A pool, to those who cannot know what one is. */
typedef struct {
  gpointer owner;
  char *(*describe) (gpointer owner); /* in words */
  const char *name;                   /* (nullable) */
  const char *type;                   /* (nullable): of what lives in it */
} FsmmSubject;

/* What is known when something is found out. It may be told later, when the pool is gone. */
typedef struct {
  char *description; /* (owned): of the pool */
  char *pool;        /* (owned): its name, or its address */
  const char *type;  /* (nullable) */
} FsmmReport;

void fsmm_report_init (FsmmReport *self, const FsmmSubject *subject);
void fsmm_report_clear (FsmmReport *self);

/* @address is what the message is about, or NULL. */
void fsmm_report_log (const FsmmReport *self,
                      GLogLevelFlags level,
                      FsmmFault fault,
                      gconstpointer address,
                      const char *message);

/* Blocks that two threads freed at the same time. */
typedef struct {
  gsize n_blocks;     /* 0: nothing else is set */
  gpointer blocks[8]; /* the first of them */
  FsmmReport report;
} FsmmLateDoubleFrees;

/* For each free that may have something to tell, few of which do: so the rest is not cleared. */
static inline void
fsmm_late_double_frees_init (FsmmLateDoubleFrees *self)
{
  self->n_blocks = 0;
}

void fsmm_late_double_frees_log (FsmmLateDoubleFrees *self);
void fsmm_late_double_frees_clear (FsmmLateDoubleFrees *self);

/* A block with bytes in it or behind it that should be others. */
typedef struct {
  FsmmReport report;
  FsmmFault fault; /* WRITE_AFTER_FREE or OVERRUN */
  FsmmDamage damage;
  FsmmHistory history;
  gboolean is_traced;
  gconstpointer block;
  gconstpointer chunk;
  gsize index;
  gsize alloc_size;
} FsmmDamageReport;

void fsmm_damage_report_log (FsmmDamageReport *self);

G_END_DECLS
