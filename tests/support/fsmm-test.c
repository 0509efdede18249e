/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test.h"

#include "fsmm-glib/base/fsmm-lock.h"
#include "fsmm-glib/engine/cache/fsmm-thread.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_VALGRIND
#include <valgrind/valgrind.h>
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAVE_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAVE_SANITIZER 1
#endif
#endif

FsmmPool *
fsmm_test_pool_new (gsize alloc_size, gsize chunk_bytes)
{
  return fsmm_test_pool_new_named ("test", alloc_size, chunk_bytes);
}

/* For FSMM_DEBUG, which tells pools by their names. */
FsmmPool *
fsmm_test_pool_new_named (const char *name, gsize alloc_size, gsize chunk_bytes)
{
  g_autoptr (GError) error = NULL;
  FsmmPool *pool = fsmm_pool_new_full (name, alloc_size, 0, chunk_bytes, 0, &error);

  g_assert_no_error (error);
  g_assert_true (FSMM_IS_POOL (pool));

  return pool;
}

gpointer
fsmm_test_alloc (FsmmPool *pool)
{
  g_autoptr (GError) error = NULL;
  gpointer block = fsmm_pool_alloc (pool, &error);

  g_assert_no_error (error);
  g_assert_nonnull (block);

  return block;
}

/* Takes a block that is free. Which one a pool hands out next is its own choice, but before it
 * grows it comes to each: those that come first are given back. */
void
fsmm_test_take_again (FsmmPool *pool, gpointer block)
{
  g_autoptr (GPtrArray) others = g_ptr_array_new ();
  gsize n_free = fsmm_pool_get_n_free (pool);
  gpointer taken;

  while ((taken = fsmm_test_alloc (pool)) != block)
    {
      g_ptr_array_add (others, taken);
      g_assert_cmpuint (others->len, <, n_free);
    }

  for (guint i = 0; i < others->len; i++)
    fsmm_test_free (pool, others->pdata[i]);
}

void
fsmm_test_free (FsmmPool *pool, gpointer block)
{
  g_autoptr (GError) error = NULL;
  gboolean freed = fsmm_pool_free (pool, block, &error);

  g_assert_no_error (error);
  g_assert_true (freed);
}

/* Frees what may be refused, without a critical message. */
gboolean
fsmm_test_try_free (FsmmPool *pool, gpointer block)
{
  g_autoptr (GError) error = NULL;

  return fsmm_pool_free (pool, block, &error);
}

/* Asserts everything that must always be true of a pool. */
void
fsmm_test_assert_sound (FsmmPool *pool)
{
  g_autofree char *fault = fsmm_heap_find_fault (&pool->store);

  g_assert_cmpstr (fault, ==, NULL);
}

void
fsmm_test_assert_counts (FsmmPool *pool, gsize n_allocated, gsize n_chunks)
{
  fsmm_test_assert_sound (pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, n_allocated);
  g_assert_cmpuint (fsmm_pool_get_n_chunks (pool), ==, n_chunks);
}

gpointer
fsmm_test_construct (FsmmTypedPool *pool)
{
  g_autoptr (GError) error = NULL;
  gpointer instance = fsmm_typed_pool_construct (pool, &error);

  g_assert_no_error (error);
  g_assert_nonnull (instance);

  return instance;
}

void
fsmm_test_destroy (FsmmTypedPool *pool, gpointer instance)
{
  g_autoptr (GError) error = NULL;
  gboolean destroyed = fsmm_typed_pool_destroy (pool, instance, &error);

  g_assert_no_error (error);
  g_assert_true (destroyed);
}

void
fsmm_test_assert_live (FsmmTypedPool *pool, gsize n_live)
{
  fsmm_test_assert_sound (fsmm_typed_pool_get_pool (pool));
  g_assert_cmpuint (fsmm_typed_pool_get_n_allocated (pool), ==, n_live);
}

static void
assert_says (const char *message, FsmmPool *pool, gconstpointer address, const char *words)
{
  g_autofree char *where = g_strdup_printf ("%p", address);

  g_assert_nonnull (strstr (message, fsmm_pool_get_name (pool)));
  g_assert_nonnull (strstr (message, where));
  if (strstr (message, words) == NULL)
    g_error ("“%s” does not say “%s”", message, words);
}

/* Asserts that freeing @address is refused with @code and a message that has pool, address and
 * @words; and that the pool is as it was. */
void
fsmm_test_assert_refused_in (FsmmPool *pool,
                             gconstpointer address,
                             FsmmError code,
                             const char *words)
{
  g_autoptr (GError) error = NULL;
  gsize n_allocated = fsmm_pool_get_n_allocated (pool);
  gsize n_chunks = fsmm_pool_get_n_chunks (pool);

  g_assert_false (fsmm_pool_free (pool, (gpointer) address, &error));
  g_assert_error (error, FSMM_ERROR, (gint) code);
  assert_says (error->message, pool, address, words);
  g_assert_false (fsmm_pool_is_allocated (pool, address));
  fsmm_test_assert_counts (pool, n_allocated, n_chunks);
}

/* The same for a pool called "test", also without a place for the error. */
void
fsmm_test_assert_refused (FsmmPool *pool,
                          gconstpointer address,
                          FsmmError code,
                          const char *words)
{
  g_autofree char *pattern = g_strdup_printf ("*test*%p*%s*", address, words);

  fsmm_test_assert_refused_in (pool, address, code, words);

  fsmm_test_expect_report (pattern);
  g_assert_false (fsmm_pool_free (pool, (gpointer) address, NULL));
  fsmm_test_assert_reported ();
  g_assert_true (fsmm_pool_for_block (address) != pool);
  fsmm_test_assert_sound (pool);
}

/* Puts what is mine there for other threads, and takes what was there. */
gpointer
fsmm_test_swap (gpointer *slot, gpointer mine)
{
  gpointer other;

  ANNOTATE_HAPPENS_BEFORE (mine);
  do
    other = g_atomic_pointer_get (slot);
  while (!g_atomic_pointer_compare_and_exchange (slot, other, mine));
  ANNOTATE_HAPPENS_AFTER (other);

  return other;
}

/* Called first where caches of threads are what is tested: a pool that a tool watches has none.
 * FALSE under Helgrind, which cannot follow what is done without a lock: there they stay so. */
gboolean
fsmm_test_want_caches (void)
{
  if (g_getenv ("FSMM_TEST_NO_CACHES") != NULL)
    return FALSE;

  return g_setenv ("FSMM_DEBUG", "no-tools", FALSE);
}

/* GLib makes a lock of its own with the first error: ThreadSanitizer takes that for a race if two
 * threads come first. */
void
fsmm_test_make_first_error (void)
{
  g_error_free (g_error_new_literal (FSMM_ERROR, FSMM_ERROR_EXHAUSTED, "first"));
}

static void
count_store (FsmmStore *store, gpointer n_stores)
{
  ++*(guint *) n_stores;
}

/* Of all pools that there are, and of what the library has besides. */
guint
fsmm_test_count_stores (void)
{
  guint n_stores = 0;

  fsmm_thread_for_each_store (count_store, &n_stores);

  return n_stores;
}

/* The region that a block lies in. */
FsmmRegion *
fsmm_test_region_of (FsmmPool *pool, gconstpointer block)
{
  FsmmRegion *region = fsmm_store_find (&pool->store, block).region;

  if (region == NULL)
    g_error ("%p is no block", block);

  return region;
}

/* How many threads have a cache of the pool: nothing else tells whether they do without the lock.
 * One more is for all that have none. */
guint
fsmm_test_count_caches (FsmmPool *pool)
{
  guint n_caches;

  fsmm_lock (pool->store.lock);
  n_caches = pool->store.caches.length - 1;
  fsmm_unlock (pool->store.lock);

  return n_caches;
}

/* How much of the process is in memory now. */
gsize
fsmm_test_resident_bytes (void)
{
  g_autofree char *statm = NULL;
  unsigned long size, resident;

  if (!g_file_get_contents ("/proc/self/statm", &statm, NULL, NULL))
    g_error ("there is no /proc here, which tells how much memory is in use");

  g_assert_cmpint (sscanf (statm, "%lu %lu", &size, &resident), ==, 2);

  return resident * (gsize) sysconf (_SC_PAGESIZE);
}

/* Under Valgrind and the sanitizers, memory figures mean nothing and counts must be smaller. */
gboolean
fsmm_test_is_slow_environment (void)
{
#ifdef HAVE_SANITIZER
  return TRUE;
#else
  return g_getenv ("FSMM_TEST_SLOW_ENVIRONMENT") != NULL;
#endif
}

/* How often to do what is to be done @n times: less often where everything is slow. */
guint
fsmm_test_rounds (guint n)
{
  return fsmm_test_is_slow_environment () ? n / 20 : n;
}

/* As fork (), with a child that ends rather than hangs. */
pid_t
fsmm_test_fork (void)
{
  pid_t child = fork ();

  if (child == 0)
    {
#ifdef HAVE_VALGRIND
      /* What belongs to the parent's other threads is lost there, as their stacks are. */
      VALGRIND_CLO_CHANGE ("--leak-check=no");
#endif
      alarm (20);
    }

  return child;
}

/* AddressSanitizer's allocator leaves its locks as they are when a thread forks. */
gboolean
fsmm_test_can_malloc_in_child (void)
{
#ifdef __SANITIZE_ADDRESS__
  return FALSE;
#else
  return TRUE;
#endif
}
