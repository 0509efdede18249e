/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "no-return-scene.h"

const NoReturnWay *const ways[] = {
  &no_return_by_longjmp,
  &no_return_by_end_of_thread,
  &no_return_by_exception,
  /* The sanitizers know of one stack for each thread. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  &no_return_by_fiber,
#endif
  NULL,
};

const NoReturnWay *way;
FsmmPool *data_pool;
FsmmTypedPool *pool;
Item *items[N_ITEMS];
FsmmBox *box;
guint n_cleared;

static const char *leaves_from; /* (nullable): which function is left when it is next called */

void
may_leave (const char *function)
{
  if (g_strcmp0 (leaves_from, function) != 0)
    return;

  leaves_from = NULL;
  way->leave ();
}

static void
item_init (Item *self)
{
  may_leave ("init");
  self->data = fsmm_test_alloc (data_pool);
}

static void
item_copy (const Item *source, Item *destination)
{
  may_leave ("copy");
  destination->data = fsmm_test_alloc (data_pool);
}

static void
item_clear (Item *self)
{
  may_leave ("clear");
  fsmm_test_free (data_pool, self->data);
  n_cleared++;
}

static char *
item_to_string (const Item *self)
{
  may_leave ("to-string");

  return g_strdup ("an item");
}

FSMM_DEFINE_BOXED_TYPE_EXTENDED (Item,
                                 item,
                                 item_init,
                                 item_copy,
                                 item_clear,
                                 item_to_string,
                                 {})

gboolean
has_box (void)
{
  return box != NULL && fsmm_box_is_live (box);
}

void
setup (void)
{
  data_pool = fsmm_test_pool_new (16, 0);
  pool = fsmm_typed_pool_new_full ("left", item_get_type (), 1024, LIMIT, NULL);
  for (guint i = 0; i < N_ITEMS; i++)
    items[i] = fsmm_test_construct (pool);
  box = fsmm_typed_pool_alloc (pool, NULL);
  n_cleared = 0;
}

void
leave (const char *function, void (*call) (void))
{
  leaves_from = function;
  way->run (call);
  g_assert_null (leaves_from);
  fsmm_test_watch_reports (NULL, NULL);
}

void
assert_gone (gpointer *object)
{
  g_object_add_weak_pointer (*object, object);
  g_object_unref (*object);
  g_assert_null (*object);
}

/* Pools that have nothing to do with it. */
void
assert_others_go_on (void)
{
  FsmmTypedPool *typed = fsmm_typed_pool_new (item_get_type (), 0, NULL);
  FsmmPool *raw = fsmm_test_pool_new (64, 0);

  for (guint i = 0; i < 100; i++)
    {
      fsmm_test_construct (typed);
      fsmm_test_alloc (raw);
    }
  n_cleared -= (guint) fsmm_typed_pool_free_all (typed);
  fsmm_test_construct (typed);
  n_cleared--;
  assert_gone ((gpointer *) &typed);
  g_assert_cmpuint (fsmm_pool_free_all (raw), ==, 100);
  assert_gone ((gpointer *) &raw);
}

/* When everything is dropped, the limit has room for as many as ever. */
void
assert_can_be_emptied (void)
{
  fsmm_typed_pool_free_all (pool);
  fsmm_test_assert_live (pool, 0);
  fsmm_test_assert_sound (fsmm_typed_pool_get_pool (pool));

  for (guint i = 0; i < LIMIT; i++)
    fsmm_test_construct (pool);
  g_assert_cmpuint (fsmm_typed_pool_free_all (pool), ==, LIMIT);
  n_cleared -= LIMIT;
}

/* The one thing that stays is the memory of the block, until the function returns after all. */
void
teardown (gboolean block_stays)
{
  guint n_stores = fsmm_test_count_stores ();

  g_clear_pointer (&box, fsmm_box_unref);
  assert_gone ((gpointer *) &pool);
  g_assert_cmpuint (fsmm_test_count_stores (), ==, block_stays ? n_stores : n_stores - 1);
  if (way->resume != NULL)
    {
      way->resume ();
      g_assert_cmpuint (fsmm_test_count_stores (), ==, n_stores - 1);
    }

  assert_others_go_on ();
  fsmm_pool_free_all (data_pool);
  assert_gone ((gpointer *) &data_pool);
}

/* What a function that does not return would have freed is a leak. */
#ifdef __SANITIZE_ADDRESS__
const char *__asan_default_options (void);

const char *
__asan_default_options (void)
{
  return "detect_leaks=0";
}
#endif

/* A test that gets the way as its data. */
void
add_test (const NoReturnWay *of, const char *name, GTestDataFunc func)
{
  g_autofree char *path = g_strdup_printf ("/no-return/%s/%s", of->name, name);

  g_test_add_data_func (path, of, func);
}
