/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test.h"

#include "fsmm-glib/fsmm-typed-pool-private.h"

#include <string.h>

/* A type that owns a string, and counts what is done to its instances. */
typedef struct {
  char *text;
  gint number;
} Note;

static gint n_init, n_copied, n_cleared; /* (atomic) */

static void
note_init (Note *self)
{
  g_assert_null (self->text);
  g_assert_cmpint (self->number, ==, 0);
  self->text = g_strdup ("new");
  g_atomic_int_inc (&n_init);
}

static void
note_copy (const Note *source, Note *destination)
{
  g_assert_null (destination->text);
  destination->text = g_strdup (source->text);
  destination->number = source->number + 1;
  g_atomic_int_inc (&n_copied);
}

static void
note_clear (Note *self)
{
  g_assert_nonnull (self->text);
  g_clear_pointer (&self->text, g_free);
  g_atomic_int_inc (&n_cleared);
}

static char *
note_to_string (const Note *self)
{
  return g_strdup_printf ("Note %s %d", self->text, self->number);
}

GType note_get_type (void);
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Note, note, note_init, note_copy, note_clear, note_to_string, {})

/* A type that has no functions at all. */
typedef struct {
  double x, y, z;
} Point;

GType point_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Point, point, NULL, NULL)

static void
reset_counts (void)
{
  n_init = n_copied = n_cleared = 0;
}

static FsmmTypedPool *
pool_new (GType type)
{
  g_autoptr (GError) error = NULL;
  FsmmTypedPool *pool = fsmm_typed_pool_new_full ("test", type, 1024, 0, &error);

  g_assert_no_error (error);
  reset_counts ();

  return pool;
}

static gpointer
construct (FsmmTypedPool *pool)
{
  g_autoptr (GError) error = NULL;
  gpointer instance = fsmm_typed_pool_construct (pool, &error);

  g_assert_no_error (error);
  g_assert_nonnull (instance);

  return instance;
}

static void
destroy (FsmmTypedPool *pool, gpointer instance)
{
  g_autoptr (GError) error = NULL;
  gboolean destroyed = fsmm_typed_pool_destroy (pool, instance, &error);

  g_assert_no_error (error);
  g_assert_true (destroyed);
}

static void
assert_live (FsmmTypedPool *pool, gsize n_live)
{
  fsmm_test_assert_sound (fsmm_typed_pool_get_pool (pool));
  g_assert_cmpuint (fsmm_typed_pool_get_n_allocated (pool), ==, n_live);
}

/* --- One instance --- */

static void
test_construct_and_destroy (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (note_get_type ());
  Note *note = construct (pool);

  g_assert_cmpstr (note->text, ==, "new");
  g_assert_cmpint (n_init, ==, 1);
  assert_live (pool, 1);

  destroy (pool, note);
  g_assert_cmpint (n_cleared, ==, 1);
  assert_live (pool, 0);
  g_assert_true (fsmm_typed_pool_destroy (pool, NULL, NULL));
}

static void
test_construct_without_functions (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (point_get_type ());
  Point *point = construct (pool);
  Point *copy;

  g_assert_cmpuint (fsmm_pool_get_block_size (fsmm_typed_pool_get_pool (pool)), ==, sizeof (Point));
  g_assert_cmpfloat (point->z, ==, 0);
  *point = (Point) { 1, 2, 3 };
  copy = fsmm_typed_pool_construct_copy (pool, point, NULL);
  g_assert_cmpfloat (copy->z, ==, 3);

  destroy (pool, point);
  point = construct (pool);
  g_assert_cmpfloat (point->x, ==, 0);
  assert_live (pool, 2);
  g_assert_cmpuint (fsmm_typed_pool_free_all (pool), ==, 2);
  assert_live (pool, 0);
}

static void
test_construct_copy (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (note_get_type ());
  g_autoptr (GError) error = NULL;
  Note heap = { (char *) "elsewhere", 7 };
  Note *copy = fsmm_typed_pool_construct_copy (pool, &heap, NULL);

  g_assert_cmpstr (copy->text, ==, "elsewhere");
  g_assert_cmpint (copy->number, ==, 8);
  g_assert_cmpint (n_init, ==, 0);
  destroy (pool, copy);

  g_assert_null (fsmm_typed_pool_construct_copy (pool, NULL, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
  assert_live (pool, 0);
}

/* --- What is refused --- */

static void
assert_refused (FsmmTypedPool *pool, gpointer instance, FsmmError code, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *pattern = g_strdup_printf ("*“test”*%s*", words);
  gint n_cleared_before = n_cleared;
  gsize n_live = fsmm_typed_pool_get_n_allocated (pool);

  g_assert_false (fsmm_typed_pool_destroy (pool, instance, &error));
  g_assert_error (error, FSMM_ERROR, (gint) code);
  g_assert_nonnull (strstr (error->message, words));

  g_test_expect_message ("Fsmm", G_LOG_LEVEL_CRITICAL, pattern);
  g_assert_false (fsmm_typed_pool_destroy (pool, instance, NULL));
  g_test_assert_expected_messages ();

  g_assert_cmpint (n_cleared, ==, n_cleared_before);
  assert_live (pool, n_live);
}

static void
test_misuse_never_clears (gconstpointer data)
{
  GType (*get_type) (void) = (GType (*) (void)) data;
  g_autoptr (FsmmTypedPool) pool = pool_new (get_type ());
  g_autoptr (FsmmTypedPool) other = fsmm_typed_pool_new_full ("twin", get_type (), 1024, 0, NULL);
  g_autoptr (FsmmBox) box = fsmm_typed_pool_alloc (pool, NULL);
  guint8 *instance = construct (pool);
  gpointer elsewhere = construct (other);

  assert_refused (pool, instance + 8, FSMM_ERROR_INVALID_POINTER, "offset 8 of the block at");
  assert_refused (pool, &pool, FSMM_ERROR_INVALID_POINTER, "no chunk");
  assert_refused (pool, elsewhere, FSMM_ERROR_INVALID_POINTER, "“twin”");
  assert_refused (pool, fsmm_box_get (box), FSMM_ERROR_INVALID_POINTER, "belongs to a handle");
}

static void
test_double_destroy (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (note_get_type ());
  Note *note = construct (pool);
  Note *never = note + 1;

  destroy (pool, note);
  assert_refused (pool, note, FSMM_ERROR_DOUBLE_FREE, "free already");
  assert_refused (pool, never, FSMM_ERROR_DOUBLE_FREE, "never handed out");
  g_assert_cmpint (n_cleared, ==, 1);
}

static void
test_raw_blocks_are_refused (void)
{
  g_autoptr (FsmmTypedPool) typed = pool_new (note_get_type ());
  FsmmPool *pool = fsmm_typed_pool_get_pool (typed);
  gpointer instance = construct (typed);
  gpointer block;
  GError *errors[6] = { NULL };

  g_assert_null (fsmm_pool_alloc (pool, &errors[0]));
  g_assert_null (fsmm_pool_alloc0 (pool, &errors[1]));
  g_assert_false (fsmm_pool_alloc_many (pool, 1, &block, &errors[2]));
  g_assert_false (fsmm_pool_free (pool, instance, &errors[3]));
  g_assert_false (fsmm_pool_free_many (pool, 1, &instance, &errors[4]));
  g_assert_null (fsmm_pool_acquire (pool, &errors[5]));
  for (guint i = 0; i < G_N_ELEMENTS (errors); i++)
    {
      g_assert_error (errors[i], FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
      g_assert_nonnull (strstr (errors[i]->message, "typed pool"));
      g_error_free (errors[i]);
    }

  g_test_expect_message ("Fsmm", G_LOG_LEVEL_CRITICAL, "*typed pool*");
  g_assert_cmpuint (fsmm_pool_free_all (pool), ==, 0);
  g_test_assert_expected_messages ();

  g_assert_true (fsmm_pool_reserve (pool, 100, NULL));
  g_assert_cmpuint (fsmm_pool_trim (pool), >, 0);
  assert_live (typed, 1);
}

static void
test_limit (void)
{
  g_autoptr (FsmmTypedPool) pool = fsmm_typed_pool_new_full ("few", note_get_type (), 0, 3, NULL);
  g_autoptr (GError) error = NULL;
  gpointer instance;

  reset_counts ();
  for (guint i = 0; i < 3; i++)
    instance = construct (pool);
  g_assert_null (fsmm_typed_pool_construct (pool, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
  g_clear_error (&error);
  g_assert_null (fsmm_typed_pool_alloc (pool, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
  g_assert_cmpint (n_init, ==, 3);

  destroy (pool, instance);
  construct (pool);
  g_assert_cmpuint (fsmm_typed_pool_get_peak_allocated (pool), ==, 3);
}

static void
assert_unsupported (GType type, const char *words)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) later = NULL;
  g_autoptr (FsmmTypedPool) pool = NULL;

  g_assert_null (fsmm_typed_pool_new (type, 0, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_UNSUPPORTED_TYPE);
  if (strstr (error->message, words) == NULL)
    g_error ("“%s” does not say “%s”", error->message, words);

  pool = g_object_new (FSMM_TYPE_TYPED_POOL, "item-type", type, NULL);
  g_assert_null (fsmm_typed_pool_construct (pool, &later));
  g_assert_error (later, FSMM_ERROR, FSMM_ERROR_UNSUPPORTED_TYPE);
  g_assert_null (fsmm_typed_pool_alloc (pool, NULL));
  g_assert_cmpuint (fsmm_typed_pool_free_all (pool), ==, 0);
  g_assert_null (fsmm_typed_pool_get_default (type));
}

static void
test_unsupported_types (void)
{
  const GType opaque[] = { G_TYPE_DATE_TIME, G_TYPE_BYTES, G_TYPE_HASH_TABLE, G_TYPE_STRV,
                           G_TYPE_GSTRING, G_TYPE_ERROR, G_TYPE_ARRAY, G_TYPE_VARIANT_BUILDER };
  const GType not_boxed[] = { G_TYPE_INT, G_TYPE_STRING, G_TYPE_OBJECT, G_TYPE_NONE, G_TYPE_BOXED,
                              G_TYPE_VARIANT, G_TYPE_INVALID };

  for (guint i = 0; i < G_N_ELEMENTS (opaque); i++)
    assert_unsupported (opaque[i], "has no layout");
  for (guint i = 0; i < G_N_ELEMENTS (not_boxed); i++)
    assert_unsupported (not_boxed[i], "is not a boxed type");
}

/* --- All instances --- */

static void
test_free_all_clears_each_once (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (note_get_type ());
  g_autoptr (FsmmBox) box = NULL;

  for (guint i = 0; i < 200; i++)
    {
      gpointer note = construct (pool);

      if (i % 3 == 0)
        destroy (pool, note);
    }
  box = fsmm_typed_pool_alloc (pool, NULL);
  n_cleared = 0;

  g_assert_cmpuint (fsmm_typed_pool_free_all (pool), ==, 134);
  g_assert_cmpint (n_cleared, ==, 134);
  assert_live (pool, 0);
  g_assert_false (fsmm_box_is_live (box));

  destroy (pool, construct (pool));
  g_assert_cmpint (n_cleared, ==, 135);
}

static void
test_finalize_clears_what_is_left (void)
{
  FsmmTypedPool *pool = pool_new (note_get_type ());
  FsmmPool *raw = g_object_ref (fsmm_typed_pool_get_pool (pool));
  g_autoptr (GError) error = NULL;
  gpointer instance;

  for (guint i = 0; i < 100; i++)
    instance = construct (pool);
  g_object_unref (pool);
  g_assert_cmpint (n_cleared, ==, 100);

  /* Whoever still has the raw pool finds it empty, and of no use. */
  fsmm_test_assert_counts (raw, 0, 0);
  g_assert_null (fsmm_pool_acquire (raw, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT);
  g_assert_null (fsmm_pool_for_block (instance));
  g_object_unref (raw);
}

static void
count_note (gpointer instance, gpointer user_data)
{
  guint *sum = user_data;

  *sum += ((Note *) instance)->number;
}

static void
test_foreach (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (note_get_type ());
  g_autoptr (FsmmBox) box = fsmm_typed_pool_alloc (pool, NULL);
  guint sum = 0;

  ((Note *) fsmm_box_get (box))->number = 1000;
  for (gint i = 1; i <= 100; i++)
    ((Note *) construct (pool))->number = i;

  fsmm_typed_pool_foreach (pool, count_note, &sum);
  g_assert_cmpuint (sum, ==, 1000 + 5050);
}

/* --- User functions that call back in --- */

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

  lowest_address = MIN (lowest_address, (guintptr) &next);
  if (checks_while_clearing)
    fsmm_test_assert_sound (fsmm_typed_pool_get_pool (tree_pool));

  for (Node *child = self->first_child; child != NULL; child = next)
    {
      next = child->next;
      destroy (tree_pool, child);
    }
  g_atomic_int_inc (&n_nodes_cleared);
}

GType node_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Node, node, NULL, node_clear)

static Node *
add_child (Node *parent)
{
  Node *child = construct (tree_pool);

  child->next = parent->first_child;
  parent->first_child = child;

  return child;
}

static Node *
make_tree (guint depth, guint width)
{
  Node *root = construct (tree_pool);
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
  destroy (tree_pool, make_tree (10000, width));
  g_test_message ("a level of clear functions takes %.0f bytes of the stack",
                  (double) ((guintptr) &width - lowest_address) / 10000);
  g_assert_cmpint (n_nodes_cleared, ==, (gint) (1 + 10000 + width));
  assert_live (tree_pool, 0);

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
      Node *child = construct (tree_pool);

      child->next = first;
      first = child;
    }
  ((Node *) construct (tree_pool))->first_child = first;
}

/* Whichever comes first, the parent or the child, each is cleared once, and nobody complains. */
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
      assert_live (tree_pool, 0);
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
      assert_live (tree_pool, 0);
    }
  g_clear_object (&tree_pool);
}

/* A type whose functions do whatever the test wants. */
typedef struct {
  gpointer data;
} Hook;

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
  hook_pool = pool_new (hook_get_type ());
}

static void
init_construct_another (Hook *self)
{
  on_init = NULL;
  self->data = construct (hook_pool);
}

static void
test_init_constructs_another (void)
{
  Hook *hook;

  hook_setup ();
  on_init = init_construct_another;
  hook = construct (hook_pool);
  assert_live (hook_pool, 2);
  destroy (hook_pool, hook->data);
  destroy (hook_pool, hook);
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
  construct (hook_pool);
  on_init = init_drop_pool;
  g_assert_nonnull (fsmm_typed_pool_construct (hook_pool, &error));
  g_assert_no_error (error);
  g_assert_null (hook_pool);
  g_assert_cmpint (n_cleared, ==, 2);
}

/* What is dropped while it is being made is cleared once, by whoever makes it. */
static void
test_init_drops_everything (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) box_error = NULL;

  hook_setup ();
  construct (hook_pool);
  on_init = init_free_all;
  g_assert_null (fsmm_typed_pool_construct (hook_pool, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_RELEASED);
  g_assert_cmpint (n_cleared, ==, 2);
  assert_live (hook_pool, 0);

  on_init = init_free_all;
  g_assert_null (fsmm_typed_pool_alloc (hook_pool, &box_error));
  g_assert_error (box_error, FSMM_ERROR, FSMM_ERROR_RELEASED);
  g_assert_cmpint (n_cleared, ==, 3);
  assert_live (hook_pool, 0);
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
  destroy (hook_pool, construct (hook_pool));
  g_assert_cmpint (n_cleared, ==, 1);
  g_clear_object (&hook_pool);
}

static void
clear_destroy_all (Hook *self)
{
  destroy (hook_pool, self);
  destroy (hook_pool, hook_other);
  g_assert_cmpint (n_cleared, <=, 3);
}

/* While everything is dropped, destroying something that falls to it does nothing. */
static void
test_clear_destroys_what_is_dropped (void)
{
  FsmmBox *box;

  hook_setup ();
  construct (hook_pool);
  hook_other = construct (hook_pool);
  box = fsmm_typed_pool_alloc (hook_pool, NULL);
  on_clear = clear_destroy_all;
  g_assert_cmpuint (fsmm_typed_pool_free_all (hook_pool), ==, 3);
  g_assert_cmpint (n_cleared, ==, 3);
  assert_live (hook_pool, 0);
  fsmm_box_unref (box);
  g_clear_object (&hook_pool);
}

static gpointer
destroy_in_thread (gpointer instance)
{
  destroy (hook_pool, instance);

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
  construct (hook_pool);
  hook_other = construct (hook_pool);
  /* In another word, so that its turn has not come. */
  for (guint i = 0; i < 100; i++)
    hook_other = construct (hook_pool);
  on_clear = clear_while_others_destroy;
  g_assert_cmpuint (fsmm_typed_pool_free_all (hook_pool), ==, 102);
  g_assert_cmpint (n_cleared, ==, 102);
  assert_live (hook_pool, 0);
  g_clear_object (&hook_pool);
}

static void
clear_construct (Hook *self)
{
  on_clear = NULL;
  hook_other = construct (hook_pool);
}

/* What is made while everything is dropped is not dropped. */
static void
test_clear_constructs (void)
{
  hook_setup ();
  construct (hook_pool);
  construct (hook_pool);
  on_clear = clear_construct;
  g_assert_cmpuint (fsmm_typed_pool_free_all (hook_pool), ==, 2);
  assert_live (hook_pool, 1);
  destroy (hook_pool, hook_other);
  g_assert_cmpint (n_cleared, ==, 3);
  g_clear_object (&hook_pool);
}

static void
clear_free_all (Hook *self)
{
  on_clear = NULL;
  hook_other = construct (hook_pool);
  g_assert_cmpuint (fsmm_typed_pool_free_all (hook_pool), ==, 1);
}

static void
test_clear_drops_everything (void)
{
  hook_setup ();
  for (guint i = 0; i < 200; i++)
    construct (hook_pool);
  on_clear = clear_free_all;
  g_assert_cmpuint (fsmm_typed_pool_free_all (hook_pool), ==, 200);
  g_assert_cmpint (n_cleared, ==, 201);
  assert_live (hook_pool, 0);
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
  construct (hook_pool);
  on_clear = clear_drop_pool;
  g_assert_true (fsmm_typed_pool_destroy (hook_pool, construct (hook_pool), NULL));
  g_assert_cmpint (n_cleared, ==, 2);
  g_assert_null (hook_pool);

  hook_setup ();
  construct (hook_pool);
  construct (hook_pool);
  on_clear = clear_drop_pool;
  g_assert_cmpuint (fsmm_typed_pool_free_all (hook_pool), ==, 2);
  g_assert_cmpint (n_cleared, ==, 2);
  g_assert_null (hook_pool);
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
  construct (hook_pool);
  on_clear = clear_construct_refused;
  g_object_unref (hook_pool);
  g_assert_cmpint (n_cleared, ==, 1);
}

/* --- Threads --- */

#define N_SLOTS 500

typedef struct {
  FsmmTypedPool *pool;
  gpointer slots[N_SLOTS]; /* (atomic) */
} Exchange;

static gpointer
swap (gpointer *slot, gpointer mine)
{
  gpointer other;

  do
    other = g_atomic_pointer_get (slot);
  while (!g_atomic_pointer_compare_and_exchange (slot, other, mine));

  return other;
}

static gpointer
exchange_notes (gpointer data)
{
  Exchange *exchange = data;
  g_autoptr (GRand) rand = g_rand_new ();

  for (guint i = fsmm_test_is_slow_environment () ? 2000 : 50000; i > 0; i--)
    {
      gpointer *slot = &exchange->slots[g_rand_int_range (rand, 0, N_SLOTS)];

      destroy (exchange->pool, swap (slot, construct (exchange->pool)));
    }

  return NULL;
}

static void
run_exchange (Exchange *exchange, GThreadFunc extra)
{
  GThread *threads[8];
  GThread *other = extra != NULL ? g_thread_new ("extra", extra, exchange) : NULL;

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("exchange", exchange_notes, exchange);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  if (other != NULL)
    g_thread_join (other);
}

static void
test_threads_exchange_instances (void)
{
  Exchange exchange = { pool_new (note_get_type ()), { NULL } };

  run_exchange (&exchange, NULL);
  fsmm_typed_pool_free_all (exchange.pool);
  g_assert_cmpint (n_cleared, ==, n_init);
  assert_live (exchange.pool, 0);
  g_object_unref (exchange.pool);
}

static gpointer
race_to_destroy (gpointer data)
{
  gpointer *pair = data;
  g_autoptr (GError) error = NULL;
  gboolean destroyed = fsmm_typed_pool_destroy (pair[0], pair[1], &error);

  g_assert_true (destroyed || g_error_matches (error, FSMM_ERROR, FSMM_ERROR_DOUBLE_FREE));

  return GINT_TO_POINTER (destroyed);
}

static void
test_racing_destroys (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (note_get_type ());

  for (guint i = 1; i <= 300; i++)
    {
      gpointer pair[] = { pool, construct (pool) };
      GThread *one = g_thread_new ("destroy", race_to_destroy, pair);
      GThread *two = g_thread_new ("destroy", race_to_destroy, pair);
      gint n_destroyed = GPOINTER_TO_INT (g_thread_join (one));

      n_destroyed += GPOINTER_TO_INT (g_thread_join (two));
      g_assert_cmpint (n_destroyed, ==, 1);
      g_assert_cmpint (n_cleared, ==, (gint) i);
    }
  assert_live (pool, 0);
}

static gpointer
make_and_drop_boxes (gpointer data)
{
  for (guint i = fsmm_test_is_slow_environment () ? 1000 : 20000; i > 0; i--)
    {
      g_autoptr (FsmmBox) box = fsmm_typed_pool_alloc (data, NULL);

      if (box != NULL && i % 2 == 0)
        fsmm_box_drop (box);
    }

  return NULL;
}

static void
test_boxes_under_free_all (void)
{
  g_autoptr (FsmmTypedPool) pool = pool_new (note_get_type ());
  GThread *threads[3];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("boxes", make_and_drop_boxes, pool);
  for (guint i = 0; i < 300; i++)
    {
      fsmm_typed_pool_free_all (pool);
      g_usleep (100);
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);

  g_assert_cmpint (n_cleared, ==, n_init);
  assert_live (pool, 0);
}

/* --- Properties --- */

static void
test_properties (void)
{
  g_autoptr (FsmmTypedPool) pool = fsmm_typed_pool_new_full (NULL, note_get_type (), 2048, 50, NULL);
  g_autoptr (FsmmPool) raw = NULL;
  g_autofree char *name = NULL;
  guint64 chunk_bytes, max_blocks, n_allocated, peak_allocated;
  GType item_type;

  destroy (pool, construct (pool));
  construct (pool);
  g_object_get (pool,
                "item-type", &item_type,
                "name", &name,
                "pool", &raw,
                "chunk-bytes", &chunk_bytes,
                "max-blocks", &max_blocks,
                "n-allocated", &n_allocated,
                "peak-allocated", &peak_allocated,
                NULL);

  g_assert_true (item_type == note_get_type ());
  g_assert_true (fsmm_typed_pool_get_item_type (pool) == note_get_type ());
  g_assert_cmpstr (name, ==, "Note");
  g_assert_true (raw == fsmm_typed_pool_get_pool (pool));
  g_assert_cmpstr (fsmm_pool_get_name (raw), ==, "Note");
  g_assert_cmpuint (chunk_bytes, ==, 2048);
  g_assert_cmpuint (max_blocks, ==, 50);
  g_assert_cmpuint (n_allocated, ==, 1);
  g_assert_cmpuint (peak_allocated, ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/typed-pool/construct-and-destroy", test_construct_and_destroy);
  g_test_add_func ("/typed-pool/construct-without-functions", test_construct_without_functions);
  g_test_add_func ("/typed-pool/construct-copy", test_construct_copy);
  g_test_add_data_func ("/typed-pool/misuse/never-clears", note_get_type, test_misuse_never_clears);
  g_test_add_data_func ("/typed-pool/misuse/without-functions", point_get_type,
                        test_misuse_never_clears);
  g_test_add_func ("/typed-pool/misuse/double-destroy", test_double_destroy);
  g_test_add_func ("/typed-pool/misuse/raw-blocks", test_raw_blocks_are_refused);
  g_test_add_func ("/typed-pool/limit", test_limit);
  g_test_add_func ("/typed-pool/unsupported-types", test_unsupported_types);
  g_test_add_func ("/typed-pool/free-all-clears-each-once", test_free_all_clears_each_once);
  g_test_add_func ("/typed-pool/finalize-clears-what-is-left", test_finalize_clears_what_is_left);
  g_test_add_func ("/typed-pool/foreach", test_foreach);
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
  g_test_add_func ("/typed-pool/nothing-is-made-while-finalizing",
                   test_nothing_is_made_while_finalizing);
  g_test_add_func ("/typed-pool/threads/exchange-instances", test_threads_exchange_instances);
  g_test_add_func ("/typed-pool/threads/racing-destroys", test_racing_destroys);
  g_test_add_func ("/typed-pool/threads/boxes-under-free-all", test_boxes_under_free_all);
  g_test_add_func ("/typed-pool/properties", test_properties);

  return g_test_run ();
}
