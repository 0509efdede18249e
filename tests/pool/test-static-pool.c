/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Pools that are defined with a type, and made when they are first used. */

#include "fsmm-test.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct _Node {
  struct _Node *next;
  guint8 bytes[40];
} Node;

typedef struct {
  double x;
} __attribute__ ((aligned (64))) Aligned;

typedef struct {
  guint8 bytes[4096];
} Page;

/* Nothing but what is counted is in its pool. */
typedef struct {
  guint64 words[2];
} Counted;

/* Compiled in or not, they do the same. */
#ifdef TEST_INLINE
#define DEFINE_POOL FSMM_DEFINE_POOL_INLINE
#define LAYOUT FSMM_INLINE_LAYOUT
#else
#define DEFINE_POOL FSMM_DEFINE_POOL
#define LAYOUT 0
#endif

DEFINE_POOL (Node, node)
DEFINE_POOL (Aligned, aligned)
DEFINE_POOL (Page, page)
DEFINE_POOL (Counted, counted)
DEFINE_POOL (Counted, raced)

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Node, node_pool_free)

static gboolean
is_zero (gconstpointer memory, gsize n_bytes)
{
  const guint8 *bytes = memory;

  return bytes[0] == 0 && memcmp (bytes, bytes + 1, n_bytes - 1) == 0;
}

/* Comes first: no other test has used the pool. */
static void
test_made_on_first_use (void)
{
  guint n_before = fsmm_test_count_stores ();
  Node *node = node_pool_new ();

  g_assert_cmpuint (fsmm_test_count_stores (), ==, n_before + 1);
  node_pool_free (node);
  node_pool_free (node_pool_new0 ());
  g_assert_cmpuint (fsmm_test_count_stores (), ==, n_before + 1);
}

static void
test_of_the_type (void)
{
  Aligned *instance = aligned_pool_new ();

  g_assert_cmpstr (fsmm_pool_get_name (aligned_pool_get ()), ==, "Aligned");
  g_assert_cmpuint (fsmm_pool_get_alloc_size (aligned_pool_get ()), ==, sizeof (Aligned));
  g_assert_cmpuint (fsmm_pool_get_alignment (aligned_pool_get ()), ==, 64);
  g_assert_cmpuint (fsmm_pool_get_max_blocks (aligned_pool_get ()), ==, 0);
  g_assert_cmpuint ((guintptr) instance % 64, ==, 0);
  g_assert_true (fsmm_pool_for_block (instance) == aligned_pool_get ());
  aligned_pool_free (instance);
}

static void
test_zeroed (void)
{
  Node *nodes[100];

  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    memset (nodes[i] = node_pool_new (), 0xff, sizeof (Node));
  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    node_pool_free (nodes[i]);

  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    g_assert_true (is_zero (nodes[i] = node_pool_new0 (), sizeof (Node)));
  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    node_pool_free (nodes[i]);
}

static void
refuse (gpointer block, const char *pattern)
{
  g_autofree char *whole = g_strdup_printf (
      "fsmm_pool_free: pool \"Node\" (alloc-size 48): cannot free %s", pattern);

  fsmm_test_expect_report (whole);
  node_pool_free (block);
  fsmm_test_assert_reported ();
}

static void
test_refused (void)
{
  gsize n_known = fsmm_thread.front.known_mask + sizeof (FsmmKnownRegion); /* bytes of a table */
  Node *node = node_pool_new ();
  Node other;

  node_pool_free (NULL);
  refuse (&other, "*");
  refuse ((guint8 *) node + 8, "*");
  /* A thread would know the region of this one in the same place. */
  refuse ((guint8 *) node + sizeof (Node) * (n_known << 11), "*");
  g_assert_cmpuint (fsmm_pool_get_n_allocated (node_pool_get ()), ==, 1);

  node_pool_free (node);
  refuse (node, "*: it is free already*");

  fsmm_test_assert_sound (node_pool_get ());
  g_assert_cmpuint (fsmm_pool_get_n_allocated (node_pool_get ()), ==, 0);
}

/* At the end of a chunk there are bytes that are no block. */
static void
test_refused_tail (void)
{
  GPtrArray *nodes = g_ptr_array_new_with_free_func ((GDestroyNotify) node_pool_free);
  guint8 *last = NULL;

  for (guint i = 0; i < 3000; i++)
    {
      guint8 *node = (guint8 *) node_pool_new ();

      g_ptr_array_add (nodes, node);
      if (fsmm_pool_for_block (node + sizeof (Node)) == NULL)
        last = node;
      if (last != NULL && (guintptr) last % 0x10000 >= 0x10000 - 2 * sizeof (Node))
        break;
    }

  g_assert_nonnull (last);
  refuse (last + sizeof (Node), "*");
  g_ptr_array_unref (nodes);
}

static void
test_cleanup (void)
{
  {
    g_autoptr (Node) node = node_pool_new ();
    fsmm_autofree Aligned *instance = aligned_pool_new ();
    fsmm_autofree Aligned *stolen = aligned_pool_new ();
    fsmm_autofree gpointer none = NULL;

    g_assert_true (node != NULL && instance != NULL && none == NULL);
    g_assert_cmpuint (fsmm_pool_get_n_allocated (node_pool_get ()), ==, 1);
    g_assert_cmpuint (fsmm_pool_get_n_allocated (aligned_pool_get ()), ==, 2);
    aligned_pool_free (g_steal_pointer (&stolen));
  }

  g_assert_cmpuint (fsmm_pool_get_n_allocated (node_pool_get ()), ==, 0);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (aligned_pool_get ()), ==, 0);
}

/* Whatever is taken and freed in between, the most that were live at once are known. */
static void
test_peak (void)
{
  const guint most[] = { 10, 7, 100, 99, 300 };
  Counted *taken[300];
  guint peak = 0;

  for (guint round = 0; round < G_N_ELEMENTS (most); round++)
    {
      for (guint i = 0; i < most[round]; i++)
        taken[i] = counted_pool_new ();
      for (guint i = 0; i < most[round]; i++)
        counted_pool_free (taken[i]);
      for (guint i = 0; i < 1000; i++)
        counted_pool_free (counted_pool_new ());

      peak = MAX (peak, most[round]);
      g_assert_cmpuint (fsmm_pool_get_peak_allocated (counted_pool_get ()), ==, peak);
      g_assert_cmpuint (fsmm_pool_get_n_allocated (counted_pool_get ()), ==, 0);
    }
}

/* --- Threads --- */

typedef struct {
  FsmmStaticPool *definition;
  gint *n_waiting; /* (atomic) */
} Start;

static gpointer
make_at_once (gpointer data)
{
  const Start *start = data;

  g_atomic_int_add (start->n_waiting, -1);
  while (g_atomic_int_get (start->n_waiting) > 0)
    g_thread_yield ();

  return fsmm_static_pool_make (start->definition);
}

static void
test_made_once (void)
{
  /* What the library itself makes when the first pool ends. */
  g_object_unref (fsmm_test_pool_new (16, 0));

  for (guint i = 0; i < fsmm_test_rounds (200); i++)
    {
      FsmmStaticPool definition = { NULL, "raced for", 16, 8, LAYOUT, FSMM_INLINE_FIRST_PLACE };
      guint n_before = fsmm_test_count_stores ();
      gint n_waiting = 4;
      Start start = { &definition, &n_waiting };
      GThread *threads[4];

      for (guint j = 0; j < G_N_ELEMENTS (threads); j++)
        threads[j] = g_thread_new ("maker", make_at_once, &start);
      for (guint j = 0; j < G_N_ELEMENTS (threads); j++)
        g_assert_true (g_thread_join (threads[j]) == g_atomic_pointer_get (&definition.pool));

      g_assert_cmpuint (fsmm_test_count_stores (), ==, n_before + 1);
      fsmm_static_pool_unload (&definition);
      g_assert_cmpuint (fsmm_test_count_stores (), ==, n_before);
    }
}

static gpointer
use_at_once (gpointer data)
{
  gint *n_waiting = data;

  g_atomic_int_add (n_waiting, -1);
  while (g_atomic_int_get (n_waiting) > 0)
    g_thread_yield ();
  for (guint i = 0; i < 100; i++)
    raced_pool_free (raced_pool_new0 ());

  return NULL;
}

static void
test_used_at_once (void)
{
  gint n_waiting = 4;
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("user", use_at_once, &n_waiting);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  g_assert_cmpuint (fsmm_pool_get_n_allocated (raced_pool_get ()), ==, 0);
}

/* --- Ends --- */

static void
test_no_memory (void)
{
  if (g_test_subprocess ())
    {
      struct rlimit limit = { 512 * 1024 * 1024, RLIM_INFINITY };

      g_assert_nonnull (page_pool_new ());
      g_assert_cmpint (setrlimit (RLIMIT_AS, &limit), ==, 0);
      for (gsize i = 0; i < limit.rlim_cur / sizeof (Page); i++)
        page_pool_new ();
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*pool \"Page\" (alloc-size 4096)*the system has no memory for *");
}

static void
test_too_large (void)
{
  if (g_test_subprocess ())
    {
      FsmmStaticPool definition = { NULL, "Huge", G_MAXSIZE, 8, LAYOUT, FSMM_INLINE_FIRST_PLACE };

      fsmm_static_pool_make (&definition);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*cannot make pool \"Huge\": *");
}

static void
test_leaks_at_exit (void)
{
  if (g_test_subprocess ())
    {
      node_pool_free (node_pool_new ());
      node_pool_new ();
      return;
    }

  g_setenv ("FSMM_DEBUG", "leaks", TRUE);
  g_test_trap_subprocess (NULL, 0, 0);
  g_unsetenv ("FSMM_DEBUG");
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr ("*pool \"Node\" (alloc-size 48): 1 block (48 bytes) live when the "
                             "program exited*");
}

static FsmmPool *pool_of_nodes; /* as it was before the end */

/* Runs after the destructor that the macro defines: pools that are used at the end are the same. */
__attribute__ ((destructor (101))) static void
look_at_exit (void)
{
  if (pool_of_nodes != NULL && node_pool_get () != pool_of_nodes)
    _exit (99);
}

int
main (int argc, char *argv[])
{
  int result;

  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/static-pool/made-on-first-use", test_made_on_first_use);
  g_test_add_func ("/static-pool/of-the-type", test_of_the_type);
  g_test_add_func ("/static-pool/zeroed", test_zeroed);
  g_test_add_func ("/static-pool/refused", test_refused);
  g_test_add_func ("/static-pool/refused-tail", test_refused_tail);
  g_test_add_func ("/static-pool/cleanup", test_cleanup);
  g_test_add_func ("/static-pool/peak", test_peak);
  g_test_add_func ("/static-pool/made-once", test_made_once);
  g_test_add_func ("/static-pool/used-at-once", test_used_at_once);
  /* Tools need memory of their own, and end the program where there is none. */
  if (!fsmm_test_is_slow_environment ())
    g_test_add_func ("/static-pool/no-memory", test_no_memory);
  g_test_add_func ("/static-pool/too-large", test_too_large);
  g_test_add_func ("/static-pool/leaks-at-exit", test_leaks_at_exit);

  result = g_test_run ();
  pool_of_nodes = node_pool_get ();
  return result;
}
