/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a process may have is used up: address space, or mappings. And where having no memory is
 * the end of it. */

#include "fsmm-test.h"

#include "fsmm-glib/base/fsmm-system.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct {
  double x, y;
} Spot;

GType spot_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Spot, spot, NULL, NULL)

static void
assert_no_memory (const GError *error)
{
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_NO_MEMORY);
  g_assert_nonnull (strstr (error->message, "the system has no memory for "));
}

static void
set_limit (rlim_t bytes)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_AS, &limit), ==, 0);
  limit.rlim_cur = MIN (bytes, limit.rlim_max);
  g_assert_cmpint (setrlimit (RLIMIT_AS, &limit), ==, 0);
}

/* Takes blocks up to the end, and goes on when some are free again, or there is more memory. */
static void
use_up_address_space (void)
{
  FsmmPool *pool = fsmm_test_pool_new (4096, 0);
  gsize n_most = (gsize) 512 * 1024 * 1024 / 4096;
  g_autofree gpointer *blocks = g_new0 (gpointer, n_most);
  g_autoptr (GError) error = NULL;
  gsize n = 0;

  g_assert_true (fsmm_pool_alloc_many (pool, 10, blocks, NULL));
  set_limit (n_most * 4096);
  for (n = 10; n < n_most && (blocks[n] = fsmm_pool_alloc (pool, &error)) != NULL; n++)
    memset (blocks[n], 1, 4096);
  assert_no_memory (error);
  g_clear_error (&error);
  g_assert_cmpuint (n, >, 1000);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (pool), ==, n);

  g_assert_false (fsmm_pool_reserve (pool, n_most, &error));
  assert_no_memory (error);
  fsmm_test_free (pool, blocks[7]);
  blocks[7] = fsmm_test_alloc (pool);

  set_limit (RLIM_INFINITY);
  fsmm_test_alloc (pool);
  fsmm_test_assert_sound (pool);
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, n + 1);
  g_object_unref (pool);
}

static gsize
mapped_bytes (void)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  return g_ascii_strtoull (text, NULL, 10) * (gsize) sysconf (_SC_PAGESIZE);
}

static gboolean
system_has (gsize n_bytes)
{
  gpointer memory = mmap (NULL, n_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  return memory != MAP_FAILED && munmap (memory, n_bytes) == 0;
}

/* A pool that is large asks for much at once, but goes on with less. */
static void
use_up_the_last_megabyte (void)
{
  const gsize megabyte = 1024 * 1024;
  g_autoptr (FsmmPool) pool = fsmm_test_pool_new (4096, 0);
  g_autoptr (GError) error = NULL;

  g_assert_true (fsmm_pool_reserve (pool, 16 * megabyte / 4096, NULL));
  set_limit (mapped_bytes () + megabyte + megabyte / 2);
  while (fsmm_pool_alloc (pool, &error) != NULL)
    continue;

  assert_no_memory (error);
  g_assert_false (system_has (megabyte));
}

/* A process can have only so many mappings, and who gives back the middle of one makes two of it:
 * then the addresses are lost, but not the memory. */
static void
use_up_mappings (void)
{
  const gsize size = 64 * 1024;
  FsmmPool *pool = fsmm_test_pool_new (size, size);
  gpointer blocks[512];
  gsize page = (gsize) sysconf (_SC_PAGESIZE);
  gsize full, emptied;
  guint n_mapped = 0;

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    memset (blocks[i] = fsmm_test_alloc (pool), 1, size);

  /* Neighbours of different kinds are not taken for one. */
  while (mmap (NULL, page, n_mapped % 2 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
               0) != MAP_FAILED)
    {
      n_mapped++;
      g_assert_cmpuint (n_mapped, <, 10 * 1000 * 1000);
    }

  full = fsmm_test_resident_bytes ();
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i += 2)
    fsmm_test_free (pool, blocks[i]);
  emptied = fsmm_pool_trim (pool);
  g_assert_cmpuint (emptied, ==, G_N_ELEMENTS (blocks) / 2 * size);
  g_assert_cmpuint (fsmm_test_resident_bytes (), <, full - emptied + 1024 * 1024);

  fsmm_test_assert_counts (pool, G_N_ELEMENTS (blocks) / 2, G_N_ELEMENTS (blocks) / 2);
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, G_N_ELEMENTS (blocks) / 2);
  g_object_unref (pool);
}

static void
test_system_refuses (gconstpointer data)
{
  void (*use_up) (void) = (void (*) (void)) data;

  if (g_test_subprocess ())
    {
      use_up ();
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
}

/* There is no room for an error. */
static void
test_boxed_copy_ends_the_program (void)
{
  const Spot spot = { 1, 2 };

  if (g_test_subprocess ())
    {
      /* So that what is asked for next is a chunk for the copy. */
      g_boxed_free (spot_get_type (), g_boxed_copy (spot_get_type (), &spot));
      fsmm_pool_trim (fsmm_typed_pool_get_pool (fsmm_typed_pool_get_default (spot_get_type ())));

      fsmm_system_fail_nth (1);
      g_boxed_copy (spot_get_type (), &spot);
      return;
    }

  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*Spot*the system has no memory for 1 more*");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/system-limits/boxed-copy-ends-the-program", test_boxed_copy_ends_the_program);

  /* Tools need memory of their own, and end the program where there is none. */
  if (!fsmm_test_is_slow_environment ())
    {
      g_test_add_data_func ("/system-limits/address-space", use_up_address_space,
                            test_system_refuses);
      g_test_add_data_func ("/system-limits/last-megabyte", use_up_the_last_megabyte,
                            test_system_refuses);
      g_test_add_data_func ("/system-limits/mappings", use_up_mappings, test_system_refuses);
    }

  return g_test_run ();
}
