/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Does what its argument says, for tracers to find, and says on standard output what they should, one
 * probe a line: its name, and its arguments. NULL is "-", and ">5" is any number above 5. */

#include <fsmm-glib/fsmm-glib.h>

#include <string.h>

#define SIZE 64
#define CHUNK_BYTES 16384
#define PAUSE 20000 /* microseconds */

static FsmmMonitor *monitor;

static guint64
id_of (const char *name)
{
  fsmm_monitor_refresh (monitor);
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (monitor)); i++)
    {
      g_autoptr (FsmmPoolInfo) info = g_list_model_get_item (G_LIST_MODEL (monitor), i);

      if (g_strcmp0 (fsmm_pool_info_get_name (info), name) == 0)
        return fsmm_pool_info_get_id (info);
    }

  return 0;
}

/* @pool: the name of a pool that there is, or "-" */
static void G_GNUC_PRINTF (3, 4)
expect (const char *probe, const char *pool, const char *format, ...)
{
  g_autofree char *arguments = NULL;
  va_list args;

  va_start (args, format);
  arguments = g_strdup_vprintf (format, args);
  va_end (args);
  g_print ("%s %s %" G_GUINT64_FORMAT " %s\n", probe, pool, id_of (pool), arguments);
}

static FsmmPool *
make_pool (guint64 max_blocks)
{
  return fsmm_pool_new_full ("nodes", SIZE, 0, CHUNK_BYTES, max_blocks, NULL);
}

/* --- Nothing to tell --- */

static void
take_and_free (void)
{
  g_autoptr (FsmmPool) pool = make_pool (100);
  g_autofree gpointer *blocks = g_new (gpointer, 100);

  for (guint round = 0; round < 1000; round++)
    {
      for (guint i = 0; i < 100; i++)
        blocks[i] = fsmm_pool_alloc (pool, NULL);
      for (guint i = 0; i < 100; i++)
        fsmm_pool_free (pool, blocks[i], NULL);
    }
}

/* --- A pool is full --- */

static void
exhaust (void)
{
  g_autoptr (FsmmPool) pool = make_pool (2);
  g_autoptr (FsmmTypedPool) dates = fsmm_typed_pool_new_full (NULL, G_TYPE_DATE, 0, 1, NULL);
  g_autoptr (GError) error = NULL;
  gpointer blocks[3];

  for (guint i = 0; i < 3; i++)
    blocks[i] = fsmm_pool_alloc (pool, NULL);
  expect ("exhausted", "nodes", "- 1 2");

  fsmm_pool_free (pool, blocks[0], NULL);
  fsmm_pool_alloc_many (pool, 3, blocks, &error);
  expect ("exhausted", "nodes", "- 3 2");

  fsmm_pool_set_max_blocks (pool, 4);
  fsmm_pool_reserve (pool, 5, NULL);
  expect ("exhausted", "nodes", "- 5 4");

  fsmm_typed_pool_construct (dates, NULL);
  fsmm_typed_pool_construct (dates, NULL);
  expect ("exhausted", "GDate", "GDate 1 1");
  fsmm_typed_pool_free_all (dates);
}

/* --- Misuse --- */

static void
expect_refusal (const char *pool, gconstpointer address, const char *fault)
{
  if (address == NULL)
    expect ("refused", pool, "0x0 %s", fault);
  else
    expect ("refused", pool, "%p %s", address, fault);
}

static void
misuse (void)
{
  g_autoptr (FsmmPool) pool = make_pool (0);
  g_autoptr (FsmmTypedPool) dates = fsmm_typed_pool_new (G_TYPE_DATE, 0, NULL);
  g_autoptr (GError) error = NULL;
  char *block = fsmm_pool_alloc (pool, NULL);
  gpointer date = fsmm_typed_pool_construct (dates, NULL);
  char elsewhere;

  fsmm_pool_free (pool, block + 1, NULL);
  expect_refusal ("nodes", block + 1, "invalid-pointer");
  fsmm_pool_free (pool, block, NULL);
  fsmm_pool_free (pool, block, NULL);
  expect_refusal ("nodes", block, "double-free");
  fsmm_pool_free (pool, block, &error);
  expect_refusal ("nodes", block, "double-free");
  fsmm_free (block);
  expect_refusal ("nodes", block, "double-free");
  fsmm_free (&elsewhere);
  expect_refusal ("-", &elsewhere, "invalid-pointer");
  fsmm_pool_free_many (pool, 1, NULL, NULL);
  expect_refusal ("nodes", NULL, "invalid-argument");
  fsmm_boxed_free (G_TYPE_VARIANT_TYPE, date);
  expect_refusal ("GDate", date, "invalid-pointer");
  fsmm_typed_pool_destroy (dates, date, NULL);
  fsmm_typed_pool_destroy (dates, date, NULL);
  expect_refusal ("GDate", date, "double-free");
}

/* With FSMM_DEBUG=poison,canary. */
static void
damage (void)
{
  g_autoptr (FsmmPool) pool = make_pool (0);
  char *block = fsmm_pool_alloc (pool, NULL);

  block[SIZE] = 1;
  fsmm_pool_free (pool, block, NULL);
  expect_refusal ("nodes", block, "overrun");
  block[0] = 1;
  fsmm_pool_trim (pool);
  expect_refusal ("nodes", block, "write-after-free");
}

/* --- Waiting --- */

static void
expect_wait (const char *pool, guint n_waiting, const char *result, guint least)
{
  expect ("wait__begin", pool, "%u", n_waiting);
  expect ("wait__end", pool, "%s >%u", result, least);
}

/* What another thread does to end a wait. */

static FsmmPool *full;
static gpointer last_block;
static GCancellable *cancellable;

static void
free_last (void)
{
  fsmm_pool_free (full, last_block, NULL);
}

static void
cancel (void)
{
  g_cancellable_cancel (cancellable);
}

static void
flush (void)
{
  fsmm_pool_set_flushing (full, TRUE);
}

static gpointer
end_after_a_while (gpointer end)
{
  while (fsmm_pool_get_n_waiting (full) == 0)
    g_usleep (1000);
  g_usleep (PAUSE);
  ((void (*) (void)) end) ();

  return NULL;
}

static gpointer
wait_until (void (*end) (void))
{
  GThread *thread = g_thread_new ("end", end_after_a_while, (gpointer) end);
  gpointer block = fsmm_pool_alloc_wait (full, -1, cancellable, NULL);

  g_thread_join (thread);
  expect ("exhausted", "nodes", "- 1 1");

  return block;
}

static void
note_answer (GObject *pool, GAsyncResult *result, gpointer has_answer)
{
  fsmm_block_unref (fsmm_pool_acquire_finish (FSMM_POOL (pool), result, NULL));
  *(gboolean *) has_answer = TRUE;
}

static void
wait_in_main_loop (void)
{
  gboolean has_answer = FALSE;

  fsmm_pool_acquire_async (full, G_PRIORITY_DEFAULT, NULL, note_answer, &has_answer);
  g_usleep (PAUSE);
  free_last ();
  while (!has_answer)
    g_main_context_iteration (NULL, TRUE);
  expect ("exhausted", "nodes", "- 1 1");
  expect_wait ("nodes", 1, "served", PAUSE);
}

static void
wait_for_blocks (void)
{
  full = make_pool (1);
  cancellable = g_cancellable_new ();
  last_block = fsmm_pool_alloc (full, NULL);

  last_block = wait_until (free_last);
  expect_wait ("nodes", 1, "served", PAUSE);
  wait_in_main_loop ();
  last_block = fsmm_pool_alloc (full, NULL);

  fsmm_pool_alloc_wait (full, PAUSE, NULL, NULL);
  expect ("exhausted", "nodes", "- 1 1");
  expect_wait ("nodes", 1, "timed-out", PAUSE - 1);
  fsmm_pool_alloc_wait (full, 0, NULL, NULL);
  expect ("exhausted", "nodes", "- 1 1");
  wait_until (cancel);
  expect_wait ("nodes", 1, "cancelled", PAUSE);
  g_clear_object (&cancellable);
  wait_until (flush);
  expect_wait ("nodes", 1, "closed", PAUSE);

  fsmm_pool_free (full, last_block, NULL);
  g_object_unref (full);
}

/* --- Memory --- */

static void
add_and_drop (void)
{
  g_autoptr (FsmmPool) pool = make_pool (0);
  char *first = fsmm_pool_alloc (pool, NULL);
  gsize gain;

  /* The first block of a chunk is where that starts. */
  expect ("chunk__added", "nodes", "%p %d", (gpointer) first, CHUNK_BYTES);
  gain = fsmm_pool_trim (pool);
  g_assert_cmpuint (gain, >, 0);
  expect ("trimmed", "nodes", "%" G_GSIZE_FORMAT " %" G_GSIZE_FORMAT, gain, CHUNK_BYTES - gain);
  fsmm_pool_free (pool, first, NULL);
  expect ("chunk__dropped", "nodes", "%p %d", (gpointer) first, CHUNK_BYTES);
  expect ("trimmed", "nodes", "%" G_GSIZE_FORMAT " 0", fsmm_pool_trim (pool));
}

/* --- Objects --- */

static FsmmLease *lease;

static void
note_loan (GObject *pool, GAsyncResult *result, gpointer unused)
{
  lease = fsmm_object_pool_borrow_finish (FSMM_OBJECT_POOL (pool), result, NULL);
}

static void
borrow_in_main_loop (FsmmObjectPool *pool)
{
  fsmm_object_pool_borrow_async (pool, G_PRIORITY_DEFAULT, NULL, note_loan, NULL);
  g_usleep (PAUSE);
  fsmm_lease_release (lease, NULL);
  fsmm_lease_unref (g_steal_pointer (&lease));
  while (lease == NULL)
    g_main_context_iteration (NULL, TRUE);
  expect ("exhausted", "things", "GCancellable 1 1");
  expect_wait ("things", 1, "served", PAUSE);
}

static void
use_objects (void)
{
  FsmmObjectPool *pool = g_object_new (FSMM_TYPE_OBJECT_POOL, "item-type", G_TYPE_CANCELLABLE, "name",
                                       "things", "max-objects", 1, NULL);
  GObject *object;

  lease = fsmm_object_pool_borrow (pool, NULL);
  fsmm_object_pool_borrow (pool, NULL);
  expect ("exhausted", "things", "GCancellable 1 1");
  fsmm_object_pool_add (pool, G_OBJECT (g_cancellable_new ()), NULL);
  expect ("exhausted", "things", "GCancellable 1 1");
  fsmm_object_pool_borrow_wait (pool, PAUSE, NULL, NULL);
  expect ("exhausted", "things", "GCancellable 1 1");
  expect_wait ("things", 1, "timed-out", PAUSE - 1);
  borrow_in_main_loop (pool);

  object = fsmm_lease_get_object (lease);
  g_object_unref (object);
  expect_refusal ("things", object, "double-free");
  fsmm_lease_unref (lease);
  g_object_unref (pool);
}

static const struct {
  const char *name;
  void (*act) (void);
} acts[] = {
  { "take-and-free", take_and_free },
  { "exhaust", exhaust },
  { "misuse", misuse },
  { "damage", damage },
  { "wait", wait_for_blocks },
  { "memory", add_and_drop },
  { "objects", use_objects },
};

int
main (int argc, char **argv)
{
  monitor = fsmm_monitor_new (0);
  for (guint i = 0; argc == 2 && i < G_N_ELEMENTS (acts); i++)
    if (strcmp (argv[1], acts[i].name) == 0)
      {
        acts[i].act ();
        g_object_unref (monitor);
        return 0;
      }

  g_printerr ("%s: no such act\n", argc == 2 ? argv[1] : "");
  return 2;
}
