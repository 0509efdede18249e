/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Functions of the user that call back in: those that walks call, copy functions, and handlers of
 * log messages. Init and clear functions are in test-typed-pool-callbacks.c. */

#include "fsmm-test-kinds.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"
#include "fsmm-glib/base/fsmm-system.h"

#define N_BLOCKS 100

/* --- Walks --- */

typedef struct {
  FsmmTestPool pool;
  gpointer blocks[N_BLOCKS];
  guint n_shown;
  guint n_freed;
} Walk;

static guint
find_block (Walk *walk, gconstpointer block)
{
  for (guint i = 0; i < N_BLOCKS; i++)
    if (walk->blocks[i] == block)
      return i;

  g_error ("%p was never taken, or is shown again", block);
}

static void
free_shown (gpointer block, gpointer user_data)
{
  Walk *walk = user_data;

  walk->blocks[find_block (walk, block)] = NULL;
  fsmm_test_pool_free (&walk->pool, block);
  walk->n_shown++;
  walk->n_freed++;
}

/* One of two goes while the other is shown: a block that is gone is not shown. */
static void
free_partner (gpointer block, gpointer user_data)
{
  Walk *walk = user_data;
  guint partner = find_block (walk, block) ^ 1;

  g_assert_true (fsmm_pool_is_allocated (walk->pool.pool, block));
  fsmm_test_pool_free (&walk->pool, g_steal_pointer (&walk->blocks[partner]));
  walk->n_shown++;
  walk->n_freed++;
}

static void
count_shown (gpointer block, gpointer user_data)
{
  guint *n_shown = user_data;

  (*n_shown)++;
}

/* Everything that moves blocks between caches and the store, and chunks. */
static void
stir (gpointer block, gpointer user_data)
{
  Walk *walk = user_data;
  guint n_shown = 0;

  find_block (walk, block);
  fsmm_test_pool_free (&walk->pool, fsmm_test_pool_alloc (&walk->pool));
  g_assert_true (fsmm_pool_reserve (walk->pool.pool, 50, NULL));
  fsmm_pool_trim (walk->pool.pool);
  fsmm_pool_foreach (walk->pool.pool, count_shown, &n_shown);
  g_assert_cmpuint (n_shown, ==, N_BLOCKS);
  fsmm_test_assert_sound (walk->pool.pool);
  walk->n_shown++;
}

static void
drop_all (gpointer block, gpointer user_data)
{
  Walk *walk = user_data;

  walk->n_shown++;
  walk->n_freed = (guint) fsmm_test_pool_free_all (&walk->pool);
}

static const struct {
  const char *name;
  FsmmBlockFunc func;
  guint n_shown;
  guint n_freed;
} walks[] = {
  { "free-what-is-shown", free_shown, N_BLOCKS, N_BLOCKS },
  { "free-what-is-not-yet-shown", free_partner, N_BLOCKS / 2, N_BLOCKS / 2 },
  { "stir", stir, N_BLOCKS, 0 },
  { "drop-all", drop_all, 1, N_BLOCKS },
};

static void
walk_over_kind (guint which, const FsmmTestKind *kind)
{
  Walk walk = { .n_shown = 0 };

  fsmm_test_pool_open (&walk.pool, kind, "test");
  for (guint i = 0; i < N_BLOCKS; i++)
    walk.blocks[i] = fsmm_test_pool_alloc (&walk.pool);

  if (walk.pool.typed != NULL)
    fsmm_typed_pool_foreach (walk.pool.typed, walks[which].func, &walk);
  else
    fsmm_pool_foreach (walk.pool.pool, walks[which].func, &walk);

  g_assert_cmpuint (walk.n_shown, ==, walks[which].n_shown);
  g_assert_cmpuint (walk.n_freed, ==, walks[which].n_freed);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (walk.pool.pool), ==, N_BLOCKS - walk.n_freed);
  fsmm_test_pool_free_all (&walk.pool);
  fsmm_test_pool_close (&walk.pool);
}

static void
test_walk (gconstpointer data)
{
  for (guint i = 0; i < FSMM_TEST_N_KINDS; i++)
    walk_over_kind (GPOINTER_TO_UINT (data), &fsmm_test_kinds[i]);
}

/* What is shown stays whole as long as it is. */
static void
drop_pool (gpointer instance, gpointer user_data)
{
  gint n_cleared = fsmm_test_n_cleared ();

  g_clear_object ((FsmmTypedPool **) user_data);
  g_assert_cmpint (fsmm_test_n_cleared (), ==, n_cleared);
}

static void
test_walk_drops_the_pool (void)
{
  FsmmTypedPool *pool = fsmm_typed_pool_new (fsmm_test_get_owner_type (), 1024, NULL);
  gint n_cleared = fsmm_test_n_cleared ();

  for (guint i = 0; i < N_BLOCKS; i++)
    fsmm_test_construct (pool);
  fsmm_typed_pool_foreach (pool, drop_pool, &pool);
  g_assert_null (pool);
  g_assert_cmpint (fsmm_test_n_cleared (), ==, n_cleared + N_BLOCKS);
}

/* --- Copy functions --- */

typedef struct _Twig Twig;
struct _Twig {
  Twig *next; /* (owned) (nullable): in the same pool */
};

static FsmmTypedPool *twigs;
static void (*on_copy) (const Twig *source, Twig *destination);
static gint n_copied, n_twigs_cleared;

static void
twig_copy (const Twig *source, Twig *destination)
{
  n_copied++;
  if (on_copy != NULL)
    on_copy (source, destination);
}

static void
twig_clear (Twig *self)
{
  n_twigs_cleared++;
  if (self->next != NULL)
    fsmm_test_destroy (twigs, self->next);
}

GType twig_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Twig, twig, twig_copy, twig_clear)

static Twig *
make_branch (guint length)
{
  Twig *first = NULL;

  for (guint i = 0; i < length; i++)
    {
      Twig *twig = fsmm_test_construct (twigs);

      twig->next = first;
      first = twig;
    }

  return first;
}

/* A copy has no way to fail: it is made without what cannot be had. */
static void
copy_branch (const Twig *source, Twig *destination)
{
  g_autoptr (GError) error = NULL;

  fsmm_test_assert_sound (fsmm_typed_pool_get_pool (twigs));
  if (source->next == NULL)
    return;

  destination->next = fsmm_typed_pool_construct_copy (twigs, source->next, &error);
  g_assert_true (destination->next != NULL ||
                 g_error_matches (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED) ||
                 g_error_matches (error, FSMM_ERROR, FSMM_ERROR_NO_MEMORY));
}

static void
copy_without_memory (const Twig *source, Twig *destination)
{
  fsmm_pool_trim (fsmm_typed_pool_get_pool (twigs));
  fsmm_system_fail_nth (1);
  copy_branch (source, destination);
  g_assert_true (fsmm_system_fail_none ());
  g_assert_null (destination->next);
}

static void
copy_and_destroy_source (const Twig *source, Twig *destination)
{
  destination->next = ((Twig *) source)->next;
  ((Twig *) source)->next = NULL;
  fsmm_test_destroy (twigs, (gpointer) source);
}

static void
copy_and_drop_all (const Twig *source, Twig *destination)
{
  fsmm_typed_pool_free_all (twigs);
}

static void
copy_and_drop_pool (const Twig *source, Twig *destination)
{
  g_clear_object (&twigs);
}

static void
twigs_open (gsize max_blocks, void (*func) (const Twig *source, Twig *destination))
{
  twigs = fsmm_typed_pool_new_full ("test", twig_get_type (), 1024, max_blocks, NULL);
  on_copy = func;
  n_copied = n_twigs_cleared = 0;
}

static void
twigs_close (void)
{
  fsmm_typed_pool_free_all (twigs);
  fsmm_test_assert_live (twigs, 0);
  g_clear_object (&twigs);
}

static void
test_copy_makes_copies (void)
{
  twigs_open (0, copy_branch);
  g_assert_nonnull (fsmm_typed_pool_construct_copy (twigs, make_branch (1000), NULL));
  fsmm_test_assert_live (twigs, 2000);
  g_assert_cmpint (n_copied, ==, 1000);
  twigs_close ();
  g_assert_cmpint (n_twigs_cleared, ==, 2000);
}

static void
test_copy_comes_to_the_limit (void)
{
  g_autoptr (GError) error = NULL;
  Twig *source;

  twigs_open (150, copy_branch);
  source = make_branch (100);
  g_assert_nonnull (fsmm_typed_pool_construct_copy (twigs, source, NULL));
  fsmm_test_assert_live (twigs, 150);
  g_assert_cmpint (n_copied, ==, 50);

  /* Nor is the function called where there is no room for what it is to make. */
  g_assert_null (fsmm_typed_pool_construct_copy (twigs, source, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
  g_assert_cmpint (n_copied, ==, 50);
  fsmm_test_assert_live (twigs, 150);
  twigs_close ();
  g_assert_cmpint (n_twigs_cleared, ==, 150);
}

/* Takes a chunk for itself, so that the next one needs another. */
static void
test_copy_comes_to_no_memory (void)
{
  gsize n_in_chunk;

  twigs_open (0, copy_without_memory);
  n_in_chunk = 1024 / fsmm_pool_get_block_size (fsmm_typed_pool_get_pool (twigs));
  g_assert_nonnull (fsmm_typed_pool_construct_copy (twigs, make_branch (n_in_chunk - 1), NULL));
  fsmm_test_assert_live (twigs, n_in_chunk);
  g_assert_cmpint (n_copied, ==, 1);
  twigs_close ();
}

static void
test_copy_destroys_its_source (void)
{
  Twig *copy;

  twigs_open (0, copy_and_destroy_source);
  copy = fsmm_typed_pool_construct_copy (twigs, make_branch (2), NULL);
  fsmm_test_assert_live (twigs, 2);
  g_assert_cmpint (n_twigs_cleared, ==, 1);
  fsmm_test_destroy (twigs, copy);
  fsmm_test_assert_live (twigs, 0);
  twigs_close ();
}

static void
test_copy_drops_everything (void)
{
  g_autoptr (GError) error = NULL;

  twigs_open (0, copy_and_drop_all);
  g_assert_null (fsmm_typed_pool_construct_copy (twigs, make_branch (10), &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_RELEASED);
  g_assert_cmpint (n_twigs_cleared, ==, 11);
  fsmm_test_assert_live (twigs, 0);
  twigs_close ();
}

static void
test_copy_drops_the_pool (void)
{
  twigs_open (0, copy_and_drop_pool);
  g_assert_nonnull (fsmm_typed_pool_construct_copy (twigs, make_branch (1), NULL));
  g_assert_null (twigs);
  g_assert_cmpint (n_twigs_cleared, ==, 2);
}

/* The box has its pool by then. */
static void
test_copy_into_a_box_drops_the_pool (void)
{
  GValue value = G_VALUE_INIT;
  FsmmBox *box;

  twigs_open (0, copy_and_drop_pool);
  g_value_init (&value, fsmm_typed_pool_get_item_type (twigs));
  g_value_set_static_boxed (&value, make_branch (1));
  box = fsmm_typed_pool_alloc_value (twigs, &value, NULL);
  g_assert_null (twigs);
  g_assert_true (fsmm_box_is_live (box));
  g_assert_cmpint (n_twigs_cleared, ==, 0);
  fsmm_box_unref (box);
  g_assert_cmpint (n_twigs_cleared, ==, 2);
}

/* --- Handlers of log messages --- */

static FsmmPool *logged_pool;
static guint n_logged;

/* Were a lock held, this would hang. */
static void
use_pool (const char *message, gpointer user_data)
{
  gpointer blocks[40];

  n_logged++;
  g_assert_true (fsmm_pool_alloc_many (logged_pool, G_N_ELEMENTS (blocks), blocks, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    g_assert_true (fsmm_pool_free (logged_pool, blocks[i], NULL));
  g_assert_true (fsmm_pool_reserve (logged_pool, 100, NULL));
  fsmm_pool_trim (logged_pool);
  fsmm_test_assert_sound (logged_pool);
  g_object_unref (fsmm_test_pool_new (24, 0));
}

static gpointer
free_logged (gpointer block)
{
  fsmm_test_free (logged_pool, block);

  return NULL;
}

/* As if another thread had freed a block of this one at the same moment: this one finds it live, though
 * it is on its way back. */
static void
free_twice_at_once (gpointer block)
{
  FsmmSlot slot = fsmm_store_find (&logged_pool->store, block);

  g_thread_join (g_thread_new ("other", free_logged, block));
  fsmm_state_set (slot.state, FSMM_STATE_LIVE);
  fsmm_test_free (logged_pool, block);
}

static void
log_misuse (gpointer block)
{
  fsmm_pool_free (logged_pool, (guint8 *) block + 1, NULL);
  fsmm_free (block);
}

static void
log_at_take (gpointer block)
{
  free_twice_at_once (block);
  for (guint i = 0; i < 200; i++)
    fsmm_test_alloc (logged_pool);
}

static void
log_at_trim (gpointer block)
{
  free_twice_at_once (block);
  fsmm_pool_trim (logged_pool);
}

static void
log_at_free_all (gpointer block)
{
  free_twice_at_once (block);
  fsmm_pool_free_all (logged_pool);
}

static gpointer
free_own_twice_and_end (gpointer data)
{
  free_twice_at_once (fsmm_test_alloc (logged_pool));

  return NULL;
}

static void
log_at_end_of_thread (gpointer block)
{
  g_thread_join (g_thread_new ("end", free_own_twice_and_end, NULL));
}

static void
log_at_finalize (gpointer block)
{
  free_twice_at_once (block);
  g_object_unref (logged_pool);

  /* Nothing is left of it that the next pool could come across. */
  logged_pool = fsmm_test_pool_new (64, 1024);
  fsmm_test_free (logged_pool, fsmm_test_alloc (logged_pool));
  g_assert_cmpuint (fsmm_test_count_caches (logged_pool), ==, 1);
}

static void
test_log_handler (gconstpointer data)
{
  void (*cause) (gpointer block) = (void (*) (gpointer)) data;

  n_logged = 0;
  fsmm_test_watch_reports (use_pool, NULL);
  logged_pool = fsmm_test_pool_new (64, 1024);
  cause (fsmm_test_alloc (logged_pool));
  g_assert_cmpuint (n_logged, ==, 1);
  fsmm_test_watch_reports (NULL, NULL);

  fsmm_test_assert_sound (logged_pool);
  fsmm_pool_free_all (logged_pool);
  g_clear_object (&logged_pool);
}

static void
use_and_count (gpointer data, GObject *where)
{
  gint *n_calls = data;

  /* The pool is on its way out, and still whole. */
  fsmm_test_free ((FsmmPool *) where, fsmm_test_alloc ((FsmmPool *) where));
  (*n_calls)++;
}

static void
test_weak_notify (void)
{
  FsmmPool *pool = fsmm_test_pool_new (64, 0);
  gint n_calls = 0;

  fsmm_test_alloc (pool);
  g_object_weak_ref (G_OBJECT (pool), use_and_count, &n_calls);
  g_object_unref (pool);
  g_assert_cmpint (n_calls, ==, 1);
}

int
main (int argc, char *argv[])
{
  gboolean has_caches = fsmm_test_want_caches ();

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (walks); i++)
    {
      g_autofree char *path = g_strconcat ("/reentrance/walk/", walks[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_walk);
    }
  g_test_add_func ("/reentrance/walk/drop-the-pool", test_walk_drops_the_pool);

  g_test_add_func ("/reentrance/copy/makes-copies", test_copy_makes_copies);
  g_test_add_func ("/reentrance/copy/comes-to-the-limit", test_copy_comes_to_the_limit);
  g_test_add_func ("/reentrance/copy/comes-to-no-memory", test_copy_comes_to_no_memory);
  g_test_add_func ("/reentrance/copy/destroys-its-source", test_copy_destroys_its_source);
  g_test_add_func ("/reentrance/copy/drops-everything", test_copy_drops_everything);
  g_test_add_func ("/reentrance/copy/drops-the-pool", test_copy_drops_the_pool);
  g_test_add_func ("/reentrance/copy/drops-the-pool-of-its-box",
                   test_copy_into_a_box_drops_the_pool);

  g_test_add_data_func ("/reentrance/log-handler/misuse", log_misuse, test_log_handler);
  g_test_add_data_func ("/reentrance/log-handler/at-take", log_at_take, test_log_handler);
  g_test_add_data_func ("/reentrance/log-handler/at-trim", log_at_trim, test_log_handler);
  g_test_add_data_func ("/reentrance/log-handler/at-free-all", log_at_free_all, test_log_handler);
  g_test_add_data_func ("/reentrance/log-handler/at-end-of-thread", log_at_end_of_thread,
                        test_log_handler);
  if (has_caches)
    g_test_add_data_func ("/reentrance/log-handler/at-finalize", log_at_finalize,
                          test_log_handler);
  g_test_add_func ("/reentrance/weak-notify", test_weak_notify);

  return g_test_run ();
}
