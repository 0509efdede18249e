/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A random walk: one pool lives through thousands of operations, in the proportions of a program,
 * and is compared with the model of the target 'pool' after each. The generator's seed is that of
 * the test, so --seed repeats a walk. */

#include "fuzz-pool.h"

#include "fsmm-test.h"

typedef struct
{
  guint weight; /* how often it is chosen, of a thousand times */
  FuzzOperation operation;
} Step;

static const Step steps[] = {
  { 150, { "alloc", fuzz_pool_alloc } },
  { 150, { "alloc0", fuzz_pool_alloc0 } },
  { 10, { "alloc run", fuzz_pool_alloc_run } },
  { 10, { "alloc_many", fuzz_pool_alloc_many } },
  { 400, { "free", fuzz_pool_free } },
  { 20, { "free run", fuzz_pool_free_run } },
  { 20, { "free_many", fuzz_pool_free_many } },
  { 50, { "fsmm_free", fuzz_pool_free_anywhere } },
  { 50, { "look at address", fuzz_pool_look_at_address } },
  { 20, { "reserve", fuzz_pool_reserve } },
  { 20, { "trim", fuzz_pool_trim } },
  { 3, { "free_all", fuzz_pool_free_all } },
  { 7, { "foreach", fuzz_pool_foreach } },
  { 20, { "acquire", fuzz_handle_acquire } },
  { 10, { "ref handle", fuzz_handle_ref } },
  { 20, { "unref handle", fuzz_handle_unref } },
  { 10, { "release", fuzz_handle_release } },
  { 10, { "write", fuzz_handle_write } },
  { 10, { "get bytes", fuzz_handle_get_bytes } },
  { 10, { "unref bytes", fuzz_handle_unref_bytes } },
};

/* 0: no limit. */
static const FuzzPoolParams pools[] = {
  { "walk", 8, 8, 1024, 90 },   { "walk", 8, 8, 1024, 0 },   { "walk", 24, 8, 1024, 90 },
  { "walk", 24, 8, 1024, 0 },   { "walk", 64, 8, 1024, 90 }, { "walk", 64, 8, 1024, 0 },
  { "walk", 100, 8, 1024, 90 }, { "walk", 100, 8, 1024, 0 }, { "walk", 700, 8, 1024, 90 },
  { "walk", 700, 8, 1024, 0 },  { "walk", 3000, 8, 1024, 90 }, { "walk", 3000, 8, 1024, 0 },
};

static const FuzzPoolParams *walked;

static void
make_walked (void)
{
  fuzz_pool_make_with (walked);
}

/* Each operation as often as it weighs. */
static GArray *
list_operations (void)
{
  GArray *operations = g_array_new (FALSE, FALSE, sizeof (FuzzOperation));

  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    for (guint n = 0; n < steps[i].weight; n++)
      g_array_append_val (operations, steps[i].operation);

  return operations;
}

static void
test_walk (gconstpointer params)
{
  g_autoptr (GArray) operations = list_operations ();
  guint n_steps = fsmm_test_is_slow_environment () ? 1000 : 10000;

  walked = params;
  fuzz_input_start_generated ((guint32) g_test_rand_int ());
  fuzz_pool_run (make_walked, (const FuzzOperation *) operations->data, operations->len, n_steps);
}

int
main (int argc, char *argv[])
{
  fsmm_test_want_caches ();
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (pools); i++)
    {
      g_autofree char *path =
          g_strdup_printf ("/pool-walk/%" G_GSIZE_FORMAT "/%s", pools[i].alloc_size,
                           pools[i].max_blocks > 0 ? "limited" : "unlimited");

      g_test_add_data_func (path, &pools[i], test_walk);
    }

  return g_test_run ();
}
