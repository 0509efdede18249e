/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is compiled into a program finds a thread's blocks in places of their own. What it does with
 * them is tested along with what calls do, in test-static-pool.c. */

#include "fsmm-test.h"

#include "../engine/watched-memory.h"

typedef struct {
  guint64 words[3];
} Item;

/* In what the macro defines, calls of the library are counted. */
static guint n_calls;

#define fsmm_pool_alloc(pool, error) (n_calls++, fsmm_pool_alloc (pool, error))
#define fsmm_pool_free(pool, block, error) (n_calls++, fsmm_pool_free (pool, block, error))
FSMM_DEFINE_POOL_INLINE (Item, item)
#undef fsmm_pool_alloc
#undef fsmm_pool_free

static gboolean wants_caches;

static FsmmFront *
get_front (guint place)
{
  return fsmm_thread.front.places[place];
}

static void
test_is_used (void)
{
  FsmmStaticPool *definition = &item_called_pool_static;
  Item *item = item_pool_new ();
  FsmmFront *front;

  if (!wants_caches)
    {
      g_assert_true (get_front (definition->place)->key == FSMM_INLINE_NO_KEY);
      item_pool_free (item);
      return;
    }

  front = get_front (definition->place);
  g_assert_cmpuint (definition->place, >, FSMM_INLINE_FIRST_PLACE);
  g_assert_true (front->key == item_pool_get ());

  g_assert_cmpuint (fsmm_word_count (front->bits), >, 2);

  n_calls = 0;
  item_pool_free (item_pool_new ());
  item_pool_free (item_pool_new0 ());
  item_pool_free (item);
#ifdef FSMM_BARRIER_IS_ASYMMETRIC
  g_assert_cmpuint (n_calls, ==, 0);
#else
  g_assert_cmpuint (n_calls, ==, 4);
#endif
  g_assert_cmpuint (fsmm_pool_get_n_allocated (item_pool_get ()), ==, 0);
}

static gint was_busy;

static void
note_whether_busy (void)
{
  was_busy = __atomic_load_n (&fsmm_thread.front.busy, __ATOMIC_RELAXED);
}

/* A thread that is stopped is waited for only while it says that it is busy: so it says so before it
 * writes to a cell, as if its own were those that are watched here. */
static void
test_busy_while_it_writes (void)
{
  Item *freed = item_pool_new ();
  FsmmKnownRegion *known = fsmm_reader_get_own_place (freed);
  FsmmFront *front = get_front (item_called_pool_static.place);
  gsize i = ((guintptr) freed - known->base) / sizeof (Item);
  const FsmmKnownRegion kept_known = *known;
  const FsmmFront kept = *front;
  guint8 *watched = watched_new ();
  Item *taken;

  front->word_cells = known->cells = watched;
  watched[i] = FSMM_STATE_LIVE;

  was_busy = FALSE;
  watched_begin (watched, note_whether_busy);
  taken = item_pool_new ();
  watched_end (watched);
  g_assert_true (was_busy);
  g_assert_cmpint (fsmm_thread.front.busy, ==, FALSE);

  was_busy = FALSE;
  watched_begin (watched, note_whether_busy);
  item_pool_free (freed);
  watched_end (watched);
  g_assert_true (was_busy);
  g_assert_cmpint (fsmm_thread.front.busy, ==, FALSE);

  /* What happened so was not written to their own cells. */
  front->word_cells = kept.word_cells;
  known->cells = kept_known.cells;
  known->cells[i] = FSMM_STATE_FREE;
  known->cells[((guintptr) taken - known->base) / sizeof (Item)] = FSMM_STATE_LIVE;
  item_pool_free (taken);
  fsmm_test_assert_sound (item_pool_get ());
  watched_free (watched);
}

/* A thread whose key was taken away calls the library for all. */
static void
test_without_key (void)
{
  Item *item = item_pool_new ();
  FsmmFront *front = get_front (item_called_pool_static.place);

  g_assert_cmpuint (fsmm_word_count (front->bits), >, 2);
  __atomic_store_n (&front->key, FSMM_INLINE_NO_KEY, __ATOMIC_SEQ_CST);

  n_calls = 0;
  item_pool_free (item_pool_new ());
  item_pool_free (item);
  g_assert_cmpuint (n_calls, ==, 3);

  __atomic_store_n (&front->key, item_pool_get (), __ATOMIC_SEQ_CST);
  fsmm_test_assert_sound (item_pool_get ());
}

/* No block that was dropped is freed, nor one of another pool, and what is out after that is right. */
static void
test_dropped (void)
{
  g_autoptr (FsmmPool) other = fsmm_test_pool_new (sizeof (Item), 0);
  gpointer foreign = fsmm_test_alloc (other);
  Item *item = item_pool_new ();

  fsmm_pool_free_all (item_pool_get ());
  fsmm_test_expect_report ("*pool \"Item\" (alloc-size 24): cannot free *");
  item_pool_free (item);
  fsmm_test_assert_reported ();

  fsmm_test_expect_report ("*pool \"Item\" (alloc-size 24): cannot free *");
  item_pool_free (foreign);
  fsmm_test_assert_reported ();
  fsmm_test_free (other, foreign);

  item_pool_free (item_pool_new ());
  fsmm_test_assert_sound (item_pool_get ());
}

static void
use_once (FsmmPool *pool)
{
  fsmm_test_free (pool, fsmm_test_alloc (pool));
}

/* Each pool that has one gives its place back. Those that have none are called. */
static void
test_all_taken (void)
{
  FsmmStaticPool many[80];
  guint64 taken = 0;
  guint n_without = 0;

  for (guint round = 0; round < 2; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (many); i++)
        {
          many[i] = (FsmmStaticPool) { NULL, "many", 24, 8, FSMM_INLINE_LAYOUT,
                                       FSMM_INLINE_FIRST_PLACE };
          use_once (fsmm_static_pool_make (&many[i]));
        }

      taken = 1;
      n_without = 0;
      for (guint i = 0; i < G_N_ELEMENTS (many); i++)
        if (many[i].place == FSMM_INLINE_FIRST_PLACE)
          n_without++;
        else
          {
            guint64 bit = (guint64) 1 << (many[i].place - FSMM_INLINE_FIRST_PLACE);

            g_assert_cmpuint (taken & bit, ==, 0);
            taken |= bit;
            if (wants_caches)
              g_assert_true (get_front (many[i].place)->key == many[i].pool);
          }
      /* One more has the pool of the tests above. */
      g_assert_cmpuint (n_without, ==, G_N_ELEMENTS (many) - 62);

      for (guint i = 0; i < G_N_ELEMENTS (many); i++)
        {
          guint place = many[i].place;

          fsmm_static_pool_unload (&many[i]);
          g_assert_cmpuint (many[i].place, ==, FSMM_INLINE_FIRST_PLACE);
          g_assert_true (get_front (place)->key == FSMM_INLINE_NO_KEY);
        }
    }
}

/* Other layouts, and none, get no place. */
static void
test_other_layout (void)
{
  FsmmStaticPool definition = { NULL, "other", 24, 8, FSMM_INLINE_LAYOUT + 1,
                                FSMM_INLINE_FIRST_PLACE };

  use_once (fsmm_static_pool_make (&definition));
  g_assert_cmpuint (definition.place, ==, FSMM_INLINE_FIRST_PLACE);
  fsmm_static_pool_unload (&definition);
}

int
main (int argc, char *argv[])
{
  wants_caches = fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/inline-places/is-used", test_is_used);
  if (wants_caches)
    g_test_add_func ("/inline-places/without-key", test_without_key);
  if (wants_caches && watched_is_possible ())
    g_test_add_func ("/inline-places/busy-while-it-writes", test_busy_while_it_writes);
  g_test_add_func ("/inline-places/dropped", test_dropped);
  g_test_add_func ("/inline-places/all-taken", test_all_taken);
  g_test_add_func ("/inline-places/other-layout", test_other_layout);

  return g_test_run ();
}
