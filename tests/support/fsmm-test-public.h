/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the test programs share, those in C++ among them: it needs nothing private. */

#pragma once

#include "fsmm-glib/fsmm-glib.h"

#include <sys/types.h>

G_BEGIN_DECLS

FsmmPool *fsmm_test_pool_new (gsize alloc_size, gsize chunk_bytes);
FsmmPool *fsmm_test_pool_new_named (const char *name, gsize alloc_size, gsize chunk_bytes);
gpointer fsmm_test_alloc (FsmmPool *pool);
void fsmm_test_take_again (FsmmPool *pool, gpointer block);
void fsmm_test_free (FsmmPool *pool, gpointer block);
gboolean fsmm_test_try_free (FsmmPool *pool, gpointer block);

gpointer fsmm_test_construct (FsmmTypedPool *pool);
void fsmm_test_destroy (FsmmTypedPool *pool, gpointer instance);
void fsmm_test_assert_live (FsmmTypedPool *pool, gsize n_live);

void fsmm_test_assert_sound (FsmmPool *pool);
void fsmm_test_assert_counts (FsmmPool *pool, gsize n_allocated, gsize n_chunks);
void fsmm_test_assert_refused (FsmmPool *pool,
                               gconstpointer address,
                               FsmmError code,
                               const char *words);

void fsmm_test_assert_refused_in (FsmmPool *pool,
                                  gconstpointer address,
                                  FsmmError code,
                                  const char *words);

typedef void (*FsmmTestReportFunc) (const char *message, gpointer user_data);

void fsmm_test_watch_reports (FsmmTestReportFunc func, gpointer user_data);
void fsmm_test_count_double_frees (const char *message, gpointer n_reported);
void fsmm_test_expect_report (const char *pattern);
void fsmm_test_assert_reported (void);
void fsmm_test_assert_field (const char *key, const char *value);

gpointer fsmm_test_swap (gpointer *slot, gpointer mine);

gboolean fsmm_test_want_caches (void);
void fsmm_test_make_first_error (void);
guint fsmm_test_count_caches (FsmmPool *pool);
guint fsmm_test_count_stores (void);

gsize fsmm_test_resident_bytes (void);
gboolean fsmm_test_is_slow_environment (void);
guint fsmm_test_rounds (guint n);
pid_t fsmm_test_fork (void);
gboolean fsmm_test_can_malloc_in_child (void);

G_END_DECLS
