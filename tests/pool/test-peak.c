/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How many blocks were live at a time, at the most: whoever took and freed them, one after the
 * other, and without anybody having asked in between. */

#include "fsmm-test-kinds.h"

#include "fsmm-glib/engine/heap/fsmm-heap.h"

#define N_TAKEN 5
#define N_GIVEN 3

static FsmmTestPool pool;
static gpointer blocks[N_TAKEN];

static gpointer
take_all (gpointer data)
{
  for (guint i = 0; i < N_TAKEN; i++)
    blocks[i] = fsmm_test_pool_alloc (&pool);

  return NULL;
}

static gpointer
give_some (gpointer data)
{
  for (guint i = 0; i < N_GIVEN; i++)
    fsmm_test_pool_free (&pool, blocks[i]);

  return NULL;
}

static gpointer
give_rest (gpointer data)
{
  for (guint i = N_GIVEN; i < N_TAKEN; i++)
    fsmm_test_pool_free (&pool, blocks[i]);

  return NULL;
}

static void
do_here (GThreadFunc func)
{
  func (NULL);
}

static void
do_there (GThreadFunc func)
{
  g_thread_join (g_thread_new ("there", func, NULL));
}

/* Where each step is done. */
typedef struct {
  const char *name;
  void (*take) (GThreadFunc func);
  void (*give) (GThreadFunc func);
} Places;

static const Places places[] = {
  { "one-thread", do_here, do_here },
  { "given-there", do_here, do_there },
  { "taken-there", do_there, do_here },
  { "all-there", do_there, do_there },
};

typedef struct {
  const FsmmTestKind *kind;
  const Places *places;
  const char *name; /* of the pool: for FSMM_DEBUG */
} Case;

static const char *const names[] = { "test", "poisoned", "quarantined", "from-malloc" };

static void
assert_peak (gsize peak)
{
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (pool.pool), ==, peak);
  fsmm_test_assert_sound (pool.pool);
}

static void
test_all_are_counted (gconstpointer data)
{
  const Case *c = data;

  fsmm_test_pool_open (&pool, c->kind, c->name);
  c->places->take (take_all);
  c->places->give (give_some);
  assert_peak (N_TAKEN);
  c->places->give (give_rest);

  /* So few do not raise it. */
  fsmm_test_pool_free (&pool, fsmm_test_pool_alloc (&pool));
  assert_peak (N_TAKEN);
  fsmm_test_pool_close (&pool);
}

static void
test_those_that_are_dropped (gconstpointer data)
{
  const Case *c = data;

  fsmm_test_pool_open (&pool, c->kind, c->name);
  c->places->take (take_all);
  g_assert_cmpuint (fsmm_test_pool_free_all (&pool), ==, N_TAKEN);
  assert_peak (N_TAKEN);
  fsmm_test_pool_close (&pool);
}

/* Those which are not to be had, as there are not enough, were never live. */
static void
test_those_that_are_refused (gconstpointer name)
{
  g_autoptr (FsmmPool) limited = fsmm_pool_new_full (name, 48, 0, 1024, 40, NULL);
  g_autoptr (GError) error = NULL;
  gpointer all[40];

  fsmm_test_alloc (limited);
  g_assert_false (fsmm_pool_alloc_many (limited, G_N_ELEMENTS (all), all, &error));
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED);
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (limited), ==, 1);
  fsmm_test_assert_sound (limited);
}

/* --- A thread takes one block, and then frees those that another one has taken --- */

typedef struct {
  FsmmPool *pool;
  gpointer blocks[20];
} Taken;

static gpointer
take_one_and_free_all (gpointer data)
{
  Taken *taken = data;

  fsmm_test_alloc (taken->pool);
  for (guint i = 0; i < G_N_ELEMENTS (taken->blocks); i++)
    fsmm_test_free (taken->pool, taken->blocks[i]);

  return NULL;
}

/* What a thread has freed is not counted for it twice. */
static void
test_freed_by_who_has_taken_most (void)
{
  g_autoptr (FsmmPool) shared = fsmm_test_pool_new (48, 1024);
  Taken taken = { .pool = shared };

  for (guint i = 0; i < G_N_ELEMENTS (taken.blocks); i++)
    taken.blocks[i] = fsmm_test_alloc (shared);
  g_thread_join (g_thread_new ("there", take_one_and_free_all, &taken));

  g_assert_cmpuint (fsmm_pool_get_peak_allocated (shared), ==, G_N_ELEMENTS (taken.blocks) + 1);
  fsmm_test_assert_sound (shared);
}

/* --- A function that clears an instance takes another one --- */

typedef struct {
  gint number;
} Heir;

static FsmmTypedPool *heirs;
static gboolean has_heir;

static void
heir_clear (Heir *self)
{
  if (!has_heir)
    return;

  has_heir = FALSE;
  fsmm_test_destroy (heirs, fsmm_test_construct (heirs));
}

GType heir_get_type (void);
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Heir, heir, NULL, NULL, heir_clear, NULL, {})

static void
test_taken_while_all_are_dropped (void)
{
  heirs = fsmm_typed_pool_new (heir_get_type (), 1024, NULL);
  for (guint i = 0; i < N_TAKEN; i++)
    fsmm_test_construct (heirs);

  has_heir = TRUE;
  g_assert_cmpuint (fsmm_typed_pool_free_all (heirs), ==, N_TAKEN);
  g_assert_cmpuint (fsmm_typed_pool_get_peak_allocated (heirs), ==, N_TAKEN + 1);
  g_clear_object (&heirs);
}

/* --- A block comes back while all are being dropped --- */

/* It counts until then, besides those that are taken meanwhile, whoever frees or clears it. */
static void
test_given_back_while_all_are_dropped (gconstpointer claims)
{
  g_autoptr (FsmmPool) dropped = fsmm_test_pool_new (64, 0);
  FsmmStore *store = &dropped->store;
  gpointer block = fsmm_test_alloc (dropped);
  FsmmHeapDrop drop;
  FsmmClaim claim;
  FsmmLook look;

  fsmm_test_alloc (dropped);
  if (claims)
    g_assert_true (fsmm_heap_claim (store, block, &claim, &look));
  g_assert_cmpuint (fsmm_heap_drop_begin (&drop, store), ==, 2);
  for (guint i = 0; i < N_TAKEN; i++)
    fsmm_test_alloc (dropped);

  if (claims)
    fsmm_heap_release (store, &claim);
  else
    g_assert_true (fsmm_heap_free (store, block, &look));
  fsmm_heap_drop_end (&drop);
  g_assert_cmpuint (fsmm_pool_get_peak_allocated (dropped), ==, 2 + N_TAKEN);
  fsmm_test_assert_counts (dropped, N_TAKEN, 1);
}

/* A thread counts all of them at once, some of which are missing to the most that it had. */
static void
test_many_after_few (void)
{
  g_autoptr (FsmmPool) mixed = fsmm_test_pool_new (64, 0);
  const guint most[] = { 10, 30, 200, 600 };
  gpointer taken[600];

  for (guint round = 0; round < G_N_ELEMENTS (most); round++)
    {
      for (guint i = 0; i < N_TAKEN; i++)
        taken[i] = fsmm_test_alloc (mixed);
      for (guint i = 0; i < N_TAKEN; i++)
        fsmm_test_free (mixed, taken[i]);

      g_assert_true (fsmm_pool_alloc_many (mixed, most[round], taken, NULL));
      g_assert_cmpuint (fsmm_pool_get_n_allocated (mixed), ==, most[round]);
      g_assert_true (fsmm_pool_free_many (mixed, most[round], taken, NULL));
      g_assert_cmpuint (fsmm_pool_get_n_allocated (mixed), ==, 0);
      g_assert_cmpuint (fsmm_pool_get_peak_allocated (mixed), ==, most[round]);
    }
}

static void
add_cases (const FsmmTestKind *kind, const char *name)
{
  static Case cases[FSMM_TEST_N_KINDS * G_N_ELEMENTS (names) * G_N_ELEMENTS (places)];
  static guint n_cases;

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *path =
          g_strdup_printf ("/peak/%s/%s/%s", kind->name, name, places[i].name);
      g_autofree char *dropped = g_strconcat (path, "/dropped", NULL);
      Case *c = &cases[n_cases++];

      *c = (Case) { kind, &places[i], name };
      g_test_add_data_func (path, c, test_all_are_counted);
      g_test_add_data_func (dropped, c, test_those_that_are_dropped);
    }
}

int
main (int argc, char *argv[])
{
  g_setenv ("FSMM_DEBUG", "poisoned:poison;quarantined:quarantine;from-malloc:malloc;*:no-tools",
            FALSE);
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_strconcat ("/peak/refused/", names[i], NULL);

      for (guint j = 0; j < FSMM_TEST_N_KINDS; j++)
        add_cases (&fsmm_test_kinds[j], names[i]);
      g_test_add_data_func (path, names[i], test_those_that_are_refused);
    }
  g_test_add_func ("/peak/many-after-few", test_many_after_few);
  g_test_add_func ("/peak/freed-by-who-has-taken-most", test_freed_by_who_has_taken_most);
  g_test_add_func ("/peak/taken-while-all-are-dropped", test_taken_while_all_are_dropped);
  g_test_add_data_func ("/peak/given-back-while-all-are-dropped/freed", NULL,
                        test_given_back_while_all_are_dropped);
  g_test_add_data_func ("/peak/given-back-while-all-are-dropped/cleared", "",
                        test_given_back_while_all_are_dropped);

  return g_test_run ();
}
