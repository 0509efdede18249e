/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "crowd.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"

#include <sys/wait.h>
#include <unistd.h>

/* An instance counts itself: making one needs no memory but the pool's. */
typedef struct {
  gpointer self;
} Member;

static gint n_made, n_cleared; /* (atomic) */
void (*crowd_on_init) (void);
void (*crowd_on_clear) (void);

static void
member_init (Member *self)
{
  if (crowd_on_init != NULL)
    crowd_on_init ();
  self->self = self;
  g_atomic_int_inc (&n_made);
}

static void
member_clear (Member *self)
{
  if (crowd_on_clear != NULL)
    crowd_on_clear ();
  if (self->self != self)
    abort ();
  g_atomic_int_inc (&n_cleared);
}

GType member_get_type (void);
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Member, member, member_init, NULL, member_clear, NULL, {})

void
crowd_init (Crowd *self, gsize max_blocks)
{
  n_made = n_cleared = 0;
  crowd_on_init = crowd_on_clear = NULL;
  *self = (Crowd) { .pool = fsmm_pool_new_full ("test", 64, 0, 1024, max_blocks, NULL) };
  self->typed = fsmm_typed_pool_new (member_get_type (), 1024, NULL);
  self->block = fsmm_test_alloc (self->pool);
  self->instance = fsmm_test_construct (self->typed);
  self->handle = fsmm_pool_acquire (self->pool, NULL);
}

void
crowd_clear (Crowd *self)
{
  fsmm_test_free (self->pool, self->block);
  fsmm_test_destroy (self->typed, self->instance);
  fsmm_block_unref (self->handle);
  fsmm_test_assert_counts (self->pool, 0, fsmm_pool_get_n_chunks (self->pool));
  fsmm_test_assert_live (self->typed, 0);
  g_assert_cmpint (n_made, ==, n_cleared);
  g_object_unref (self->pool);
  g_object_unref (self->typed);
}

/* GObject has locks of its own that fork () leaves locked, so that a child must not make or drop
 * objects while other threads do: pools are used here, and stores made and dropped. */
static gboolean
store_works (void)
{
  FsmmGeometry geometry;
  FsmmStore store;
  FsmmAllocResult result;
  FsmmLook look;
  gsize epoch;
  gpointer block;
  gboolean works;

  fsmm_geometry_init (&geometry, 64, 0, 0, NULL);
  fsmm_heap_init (&store, &geometry, G_MAXSIZE, fsmm_debug_get_flags ("test"),
                   &(FsmmSubject) { NULL, NULL, NULL, NULL });
  block = fsmm_heap_alloc (&store, FSMM_STATE_LIVE, (FsmmFill) { .n_bytes = 64 }, &epoch,
                           &result).block;
  works = block != NULL && fsmm_heap_free (&store, block, &look);
  fsmm_heap_clear (&store);

  return works;
}

void
use_stores (Crowd *crowd)
{
  g_assert_true (store_works ());
}

void
use_blocks (Crowd *crowd)
{
  fsmm_test_free (crowd->pool, fsmm_test_alloc (crowd->pool));
}

void
use_many (Crowd *crowd)
{
  gpointer blocks[40];

  g_assert_true (fsmm_pool_alloc_many (crowd->pool, 40, blocks, NULL));
  g_assert_true (fsmm_pool_free_many (crowd->pool, 40, blocks, NULL));
}

/* Memory comes and goes, and the page map changes. */
void
use_room (Crowd *crowd)
{
  g_assert_true (fsmm_pool_reserve (crowd->pool, 40, NULL));
  fsmm_pool_trim (crowd->pool);
}

void
use_handles (Crowd *crowd)
{
  FsmmBlock *block = fsmm_pool_acquire (crowd->pool, NULL);

  g_assert_true (fsmm_block_write (block, 0, (const guint8 *) "text", 4, NULL));
  fsmm_block_unref (block);
}

void
use_instances (Crowd *crowd)
{
  fsmm_test_destroy (crowd->typed, fsmm_test_construct (crowd->typed));
}

void
use_boxes (Crowd *crowd)
{
  FsmmBox *box = fsmm_typed_pool_alloc (crowd->typed, NULL);

  g_assert_nonnull (fsmm_box_peek (box, NULL));
  fsmm_box_unref (box);
}

/* In the child there is one thread, and no other that could unlock anything. */
int
use_all_in_child (gpointer data)
{
  Crowd *crowd = data;

  for (guint i = 0; i < 50; i++)
    {
      use_blocks (crowd);
      use_many (crowd);
      use_room (crowd);
      use_handles (crowd);
      use_instances (crowd);
      use_boxes (crowd);
      if (fsmm_test_can_malloc_in_child () && !store_works ())
        return 1;
    }

  if (!fsmm_pool_free (crowd->pool, crowd->block, NULL))
    return 2;
  if (fsmm_test_can_malloc_in_child () && fsmm_test_try_free (crowd->pool, crowd->block))
    return 3;
  if (!fsmm_block_release (crowd->handle, NULL))
    return 4;
  if (!fsmm_typed_pool_destroy (crowd->typed, crowd->instance, NULL))
    return 5;

  fsmm_pool_free_all (crowd->pool);
  fsmm_typed_pool_free_all (crowd->typed);
  if (fsmm_pool_get_n_allocated (crowd->pool) != 0 || fsmm_pool_get_n_chunks (crowd->pool) != 0)
    return 6;

  return fsmm_heap_find_fault (&crowd->pool->store) == NULL &&
             fsmm_heap_find_fault (&fsmm_typed_pool_get_pool (crowd->typed)->store) == NULL
           ? 0
           : 7;
}

/* Asserts that a child process comes to the end of @in_child, and that this returns 0. */
void
run_in_child (int (*in_child) (gpointer data), gpointer data)
{
  int status;
  pid_t child = fsmm_test_fork ();

  if (child == 0)
    _exit (in_child (data));

  g_assert_cmpint (child, >, 0);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
}
