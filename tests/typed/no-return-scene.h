/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A pool of instances with functions that can be left, and what must hold before and after. */

#pragma once

#include "fsmm-test.h"
#include "no-return.h"

G_BEGIN_DECLS

#define N_ITEMS 30
#define LIMIT 40

typedef struct {
  gpointer data; /* (owned): in its own pool, so that what is cleared twice is noticed */
} Item;

GType item_get_type (void);

/* All ways, and NULL. */
extern const NoReturnWay *const ways[];

/* What a test is about: set by it, and by setup (). */
extern const NoReturnWay *way;
extern FsmmPool *data_pool;
extern FsmmTypedPool *pool;
extern Item *items[N_ITEMS];
extern FsmmBox *box;
extern guint n_cleared;

void may_leave (const char *function);
void leave (const char *function, void (*call) (void));

gboolean has_box (void);
void assert_gone (gpointer *object);
void assert_others_go_on (void);
void assert_can_be_emptied (void);

void setup (void);
void teardown (gboolean block_stays);

void add_test (const NoReturnWay *of, const char *name, GTestDataFunc func);

G_END_DECLS
