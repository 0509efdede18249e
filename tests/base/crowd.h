/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What threads do with pools while one of them forks, and what a child does then. */

#pragma once

#include "fsmm-test.h"

G_BEGIN_DECLS

typedef struct {
  FsmmPool *pool;
  FsmmTypedPool *typed;
  gpointer block;    /* that was taken before */
  gpointer instance; /* the same */
  FsmmBlock *handle;
  gint stop; /* (atomic) */
} Crowd;

/* What the init and clear functions of its instances call; NULL: nothing. */
extern void (*crowd_on_init) (void);
extern void (*crowd_on_clear) (void);

void crowd_init (Crowd *self, gsize max_blocks);
void crowd_clear (Crowd *self);

void use_stores (Crowd *crowd);
void use_blocks (Crowd *crowd);
void use_many (Crowd *crowd);
void use_room (Crowd *crowd);
void use_handles (Crowd *crowd);
void use_instances (Crowd *crowd);
void use_boxes (Crowd *crowd);

int use_all_in_child (gpointer data);
void run_in_child (int (*in_child) (gpointer data), gpointer data);

G_END_DECLS
