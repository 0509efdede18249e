/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Messages about a pool, for people and for programs that search a journal. */

#pragma once

#include <glib.h>

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

/* @fault is a word to search for, @address what it is about, or NULL. */
void fsmm_report_log (const FsmmReport *self,
                      GLogLevelFlags level,
                      const char *fault,
                      gconstpointer address,
                      const char *message);

G_END_DECLS
