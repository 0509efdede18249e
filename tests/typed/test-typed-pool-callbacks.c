/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* User functions that call back in: they make, destroy and drop while they are being called. */

#include "fsmm-test.h"

/* A node of a tree whose clear function destroys its children in the same pool. */
typedef struct _Node Node;

struct _Node {
  Node *first_child;
  Node *next;
};

static FsmmTypedPool *tree_pool;
static gint n_nodes_cleared; /* (atomic) */
static guintptr lowest_address;
static gboolean checks_while_clearing;

static void
node_clear (Node *self)
{
  Node *next;

  lowest_address = MIN (lowest_address, (guintptr) __builtin_frame_address (0));
  if (checks_while_clearing)
    fsmm_test_assert_sound (fsmm_typed_pool_get_pool (tree_pool));

  for (Node *child = self->first_child; child != NULL; child = next)
    {
      next = child->next;
      fsmm_test_destroy (tree_pool, child);
    }
  g_atomic_int_inc (&n_nodes_cleared);
}

GType node_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Node, node, NULL, node_clear)

static Node *
add_child (Node *parent)
{
  Node *child = fsmm_test_construct (tree_pool);

  child->next = parent->first_child;
  parent->first_child = child;

  return child;
}

static Node *
make_tree (guint depth, guint width)
{
  Node *root = fsmm_test_construct (tree_pool);
  Node *parent = root;

  for (guint i = 0; i < depth; i++)
    parent = add_child (parent);
  for (guint i = 0; i < width; i++)
    add_child (root);

  return root;
}

static void
test_clear_destroys_children (void)
{
  guint width = fsmm_test_is_slow_environment () ? 10000 : 1000000;

  tree_pool = fsmm_typed_pool_new (node_get_type (), 0, NULL);

  n_nodes_cleared = 0;
  lowest_address = G_MAXSIZE;
  fsmm_test_destroy (tree_pool, make_tree (10000, width));
  g_test_message ("a level of clear functions takes %.0f bytes of the stack",
                  (double) ((guintptr) &width - lowest_address) / 10000);
  g_assert_cmpint (n_nodes_cleared, ==, (gint) (1 + 10000 + width));
  fsmm_test_assert_live (tree_pool, 0);

  g_clear_object (&tree_pool);
}

/* A parent that is made after its children lies behind them, and so is cleared after them: those in
 * the same 64 blocks, those in other ones, and those in other chunks. */
static void
make_children_first (guint n_children)
{
  Node *first = NULL;

  for (guint i = 0; i < n_children; i++)
    {
      Node *child = fsmm_test_construct (tree_pool);

      child->next = first;
      first = child;
    }
  ((Node *) fsmm_test_construct (tree_pool))->first_child = first;
}

/* Whichever comes first, the parent or the child, each is cleared once, and nothing is reported. */
static void
test_free_all_of_trees (void)
{
  tree_pool = fsmm_typed_pool_new (node_get_type (), 4096, NULL);
  checks_while_clearing = TRUE;

  for (guint round = 0; round < 2; round++)
    {
      n_nodes_cleared = 0;
      make_tree (100, 500);
      make_children_first (20);
      make_children_first (1000);
      g_assert_cmpuint (fsmm_typed_pool_free_all (tree_pool), ==, 601 + 21 + 1001);
      g_assert_cmpint (n_nodes_cleared, ==, 601 + 21 + 1001);
      fsmm_test_assert_live (tree_pool, 0);
    }
  checks_while_clearing = FALSE;

  /* Nothing nests, so that it may be as deep as it likes. */
  make_tree (500000, 100);
  n_nodes_cleared = 0;
  g_object_unref (tree_pool);
  g_assert_cmpint (n_nodes_cleared, ==, 500101);
}

static gpointer
free_all_of_trees (gpointer data)
{
  return GSIZE_TO_POINTER (fsmm_typed_pool_free_all (tree_pool));
}

/* Two threads that drop everything share the work, or one does it all; neither takes what the other
 * has dropped for a mistake. */
static void
test_racing_free_alls (void)
{
  tree_pool = fsmm_typed_pool_new (node_get_type (), 1024, NULL);

  for (guint round = 0; round < 50; round++)
    {
      GThread *threads[2];
      gsize n_dropped = 0;

      n_nodes_cleared = 0;
      for (guint i = 0; i < 10; i++)
        make_tree (10, 1000);
      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        threads[i] = g_thread_new ("free-all", free_all_of_trees, NULL);
      for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
        n_dropped += GPOINTER_TO_SIZE (g_thread_join (threads[i]));

      g_assert_cmpuint (n_dropped, ==, 10110);
      g_assert_cmpint (n_nodes_cleared, ==, 10110);
      fsmm_test_assert_live (tree_pool, 0);
    }
  g_clear_object (&tree_pool);
}

/* A type whose functions do whatever the test wants. */
typedef struct {
  gpointer data;
} Hook;

static gint n_cleared; /* (atomic) */
static void (*on_init) (Hook *self);
static void (*on_clear) (Hook *self);
static FsmmTypedPool *hook_pool;
static gpointer hook_other;

static void
hook_init (Hook *self)
{
  if (on_init != NULL)
    on_init (self);
}

static void
hook_clear (Hook *self)
{
  g_atomic_int_inc (&n_cleared);
  if (on_clear != NULL)
    on_clear (self);
}

GType hook_get_type (void);
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Hook, hook, hook_init, NULL, hook_clear, NULL, {})

static void
hook_setup (void)
{
  on_init = on_clear = NULL;
  hook_other = NULL;
  hook_pool = fsmm_typed_pool_new_full ("test", hook_get_type (), 1024, 0, NULL);
  n_cleared = 0;
}

static void
init_construct_another (Hook *self)
{
  on_init = NULL;
  self->data = fsmm_test_construct (hook_pool);
}

static void
test_init_constructs_another (void)
{
  Hook *hook;

  hook_setup ();
  on_init = init_construct_another;
  hook = fsmm_test_construct (hook_pool);
  fsmm_test_assert_live (hook_pool, 2);
  fsmm_test_destroy (hook_pool, hook->data);
  fsmm_test_destroy (hook_pool, hook);
  g_clear_object (&hook_pool);
}

static void
init_free_all (Hook *self)
{
  on_init = NULL;
  fsmm_typed_pool_free_all (hook_pool);
}

static void
init_drop_pool (Hook *self)
{
  on_init = NULL;
  g_clear_object (&hook_pool);
}

static void
test_init_drops_the_pool (void)
{
  g_autoptr (GError) error = NULL;

  hook_setup ();
  fsmm_test_construct (hook_pool);
  on_init = init_drop_pool;
  g_assert_nonnull (fsmm_typed_pool_construct (hook_pool, &error));
  g_assert_no_error (error);
  g_assert_null (hook_pool);
  g_assert_cmpint (n_cleared, ==, 2);
}

/* What is dropped while it is being made is cleared once, by the thread that makes it. */
static void
test_init_drops_everything (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) box_error = NULL;

  hook_setup ();
  fsmm_test_construct (hook_pool);
  on_init = init_free_all;
  g_assert_null (fsmm_typed_pool_construct (hook_pool, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_RELEASED);
  g_assert_cmpint (n_cleared, ==, 2);
  fsmm_test_assert_live (hook_pool, 0);

  on_init = init_free_all;
  g_assert_null (fsmm_typed_pool_alloc (hook_pool, &box_error));
  g_assert_error (box_error, FSMM_ERROR, FSMM_ERROR_RELEASED);
  g_assert_cmpint (n_cleared, ==, 3);
  fsmm_test_assert_live (hook_pool, 0);
  g_clear_object (&hook_pool);
}

static void
clear_destroy_self (Hook *self)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (fsmm_typed_pool_destroy (hook_pool, self, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_DOUBLE_FREE);
}

static void
test_clear_destroys_itself (void)
{
  hook_setup ();
  on_clear = clear_destroy_self;
  fsmm_test_destroy (hook_pool, fsmm_test_construct (hook_pool));
  g_assert_cmpint (n_cleared, ==, 1);
  g_clear_object (&hook_pool);
}

static void
clear_destroy_all (Hook *self)
{
  fsmm_test_destroy (hook_pool, self);
  fsmm_test_destroy (hook_pool, hook_other);
  g_assert_cmpint (n_cleared, <=, 3);
}

/* While everything is dropped, destroying something that falls to it does nothing. */
static void
test_clear_destroys_what_is_dropped (void)
{
  FsmmBox *box;

  hook_setup ();
  fsmm_test_construct (hook_pool);
  hook_other = fsmm_test_construct (hook_pool);
  box = fsmm_typed_pool_alloc (hook_pool, NULL);
  on_clear = clear_destroy_all;
  g_assert_cmpuint (fsmm_typed_pool_free_all (hook_pool), ==, 3);
  g_assert_cmpint (n_cleared, ==, 3);
  fsmm_test_assert_live (hook_pool, 0);
  fsmm_box_unref (box);
  g_clear_object (&hook_pool);
}

static gpointer
destroy_in_thread (gpointer instance)
{
  /* So that the thread has a cache, which what is dropped must not come into. */
  fsmm_test_destroy (hook_pool, fsmm_test_construct (hook_pool));
  fsmm_test_destroy (hook_pool, instance);

  return NULL;
}

static void
clear_while_others_destroy (Hook *self)
{
  on_clear = NULL;
  g_thread_join (g_thread_new ("destroy", destroy_in_thread, self));
  g_thread_join (g_thread_new ("destroy", destroy_in_thread, hook_other));
}

/* Another thread that destroys what is being dropped is not mistaken, but late. */
static void
test_free_all_and_another_thread (void)
{
  hook_setup ();
  fsmm_test_construct (hook_pool);
  hook_other = fsmm_test_construct (hook_pool);
  /* In another word, so that its turn has not come. */
  for (guint i = 0; i < 100; i++)
    hook_other = fsmm_test_construct (hook_pool);
  on_clear = clear_while_others_destroy;
  g_assert_cmpuint (fsmm_typed_pool_free_all (hook_pool), ==, 102);
  /* And what those threads have made themselves. */
  g_assert_cmpint (n_cleared, ==, 104);
  fsmm_test_assert_live (hook_pool, 0);
  g_assert_cmpuint (fsmm_pool_trim (fsmm_typed_pool_get_pool (hook_pool)), >, 0);
  g_assert_cmpuint (fsmm_typed_pool_get_pool (hook_pool)->store.all.length, ==, 0);
  g_clear_object (&hook_pool);
}

static void
clear_construct (Hook *self)
{
  on_clear = NULL;
  hook_other = fsmm_test_construct (hook_pool);
}

/* What is made while everything is dropped is not dropped. */
static void
test_clear_constructs (void)
{
  hook_setup ();
  fsmm_test_construct (hook_pool);
  fsmm_test_construct (hook_pool);
  on_clear = clear_construct;
  g_assert_cmpuint (fsmm_typed_pool_free_all (hook_pool), ==, 2);
  fsmm_test_assert_live (hook_pool, 1);
  fsmm_test_destroy (hook_pool, hook_other);
  g_assert_cmpint (n_cleared, ==, 3);
  g_clear_object (&hook_pool);
}

static void
clear_free_all (Hook *self)
{
  on_clear = NULL;
  hook_other = fsmm_test_construct (hook_pool);
  g_assert_cmpuint (fsmm_typed_pool_free_all (hook_pool), ==, 1);
}

static void
test_clear_drops_everything (void)
{
  hook_setup ();
  for (guint i = 0; i < 200; i++)
    fsmm_test_construct (hook_pool);
  on_clear = clear_free_all;
  g_assert_cmpuint (fsmm_typed_pool_free_all (hook_pool), ==, 200);
  g_assert_cmpint (n_cleared, ==, 201);
  fsmm_test_assert_live (hook_pool, 0);
  g_clear_object (&hook_pool);
}

static void
clear_drop_pool (Hook *self)
{
  on_clear = NULL;
  g_clear_object (&hook_pool);
}

static void
test_clear_drops_the_pool (void)
{
  hook_setup ();
  fsmm_test_construct (hook_pool);
  on_clear = clear_drop_pool;
  g_assert_true (fsmm_typed_pool_destroy (hook_pool, fsmm_test_construct (hook_pool), NULL));
  g_assert_cmpint (n_cleared, ==, 2);
  g_assert_null (hook_pool);

  hook_setup ();
  fsmm_test_construct (hook_pool);
  fsmm_test_construct (hook_pool);
  on_clear = clear_drop_pool;
  g_assert_cmpuint (fsmm_typed_pool_free_all (hook_pool), ==, 2);
  g_assert_cmpint (n_cleared, ==, 2);
  g_assert_null (hook_pool);
}

static void
clear_destroy_inside (Hook *self)
{
  g_autoptr (GError) error = NULL;

  on_clear = NULL;
  g_assert_false (fsmm_typed_pool_destroy (hook_pool, (guint8 *) self + 1, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_POINTER);
}

/* While all is dropped, an instance may be destroyed once more, but a wrong address is wrong. */
static void
test_clear_destroys_a_wrong_address (void)
{
  hook_setup ();
  fsmm_test_construct (hook_pool);
  fsmm_test_construct (hook_pool);
  on_clear = clear_destroy_inside;
  g_assert_cmpuint (fsmm_typed_pool_free_all (hook_pool), ==, 2);
  g_assert_null (on_clear);
  g_clear_object (&hook_pool);
}

static FsmmTypedPool *pool_to_drop;

static void
clear_drop_another_pool (Hook *self)
{
  on_clear = NULL;
  g_assert_finalize_object (g_steal_pointer (&pool_to_drop));
}

/* What is kept for the time of a call is the pool that it is in, and no other. */
static void
test_clear_drops_another_pool (void)
{
  hook_setup ();
  pool_to_drop = fsmm_typed_pool_new (hook_get_type (), 1024, NULL);
  on_clear = clear_drop_another_pool;
  fsmm_test_destroy (hook_pool, fsmm_test_construct (hook_pool));
  g_assert_null (pool_to_drop);
  g_assert_finalize_object (g_steal_pointer (&hook_pool));
}

static void
clear_dispose_twice (Hook *self)
{
  on_clear = NULL;
  for (guint i = 0; i < 2; i++)
    g_object_run_dispose (G_OBJECT (hook_pool));
}

/* It is kept once, however often it is disposed of. */
static void
test_clear_disposes_twice (void)
{
  hook_setup ();
  on_clear = clear_dispose_twice;
  fsmm_test_destroy (hook_pool, fsmm_test_construct (hook_pool));
  g_assert_finalize_object (g_steal_pointer (&hook_pool));
}

static void
clear_construct_refused (Hook *self)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (fsmm_typed_pool_construct (hook_pool, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_RELEASED);
}

static void
test_nothing_is_made_while_finalizing (void)
{
  hook_setup ();
  fsmm_test_construct (hook_pool);
  on_clear = clear_construct_refused;
  g_object_unref (hook_pool);
  g_assert_cmpint (n_cleared, ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/typed-pool/clear/destroys-children", test_clear_destroys_children);
  g_test_add_func ("/typed-pool/free-all-of-trees", test_free_all_of_trees);
  g_test_add_func ("/typed-pool/racing-free-alls", test_racing_free_alls);
  g_test_add_func ("/typed-pool/init/constructs-another", test_init_constructs_another);
  g_test_add_func ("/typed-pool/init/drops-the-pool", test_init_drops_the_pool);
  g_test_add_func ("/typed-pool/init/drops-everything", test_init_drops_everything);
  g_test_add_func ("/typed-pool/clear/destroys-itself", test_clear_destroys_itself);
  g_test_add_func ("/typed-pool/free-all-and-another-thread", test_free_all_and_another_thread);
  g_test_add_func ("/typed-pool/clear/destroys-what-is-dropped",
                   test_clear_destroys_what_is_dropped);
  g_test_add_func ("/typed-pool/clear/constructs", test_clear_constructs);
  g_test_add_func ("/typed-pool/clear/drops-everything", test_clear_drops_everything);
  g_test_add_func ("/typed-pool/clear/drops-the-pool", test_clear_drops_the_pool);
  g_test_add_func ("/typed-pool/clear/destroys-a-wrong-address",
                   test_clear_destroys_a_wrong_address);
  g_test_add_func ("/typed-pool/clear/drops-another-pool", test_clear_drops_another_pool);
  g_test_add_func ("/typed-pool/clear/disposes-twice", test_clear_disposes_twice);
  g_test_add_func ("/typed-pool/nothing-is-made-while-finalizing",
                   test_nothing_is_made_while_finalizing);

  return g_test_run ();
}
