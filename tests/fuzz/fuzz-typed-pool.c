/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Typed pools and boxes: the input says which calls are made, and which are made from within init,
 * copy and clear; a model what must come of each. */

#include "fuzz-typed.h"

static guint n_checks;

/* How deep calls from user functions nest. */
#define MAX_DEPTH 3

static void
fail_later (void)
{
  fuzz_plan_failure (1 + fuzz_input_below (8));
}

/* Those behind the first cannot be called from user functions. */
static const FuzzOperation operations[] = {
  { "construct", fuzz_typed_construct },
  { "construct copy", fuzz_typed_construct_copy },
  { "destroy", fuzz_typed_destroy },
  { "attach", fuzz_typed_attach },
  { "detach", fuzz_typed_detach },
  { "boxed copy", fuzz_typed_boxed_copy },
  { "make pool", fuzz_typed_new },
  { "unref pool", fuzz_typed_unref_owned },
  { "free_all", fuzz_typed_free_all },
  { "foreach", fuzz_typed_foreach },
  { "trim or reserve", fuzz_typed_trim },
  { "misuse raw pool", fuzz_typed_misuse_raw_pool },
  { "alloc box", fuzz_box_alloc },
  { "alloc box with value", fuzz_box_alloc_value },
  { "ref box", fuzz_box_ref },
  { "unref box", fuzz_box_unref },
  { "steal from box", fuzz_box_steal },
  { "drop box", fuzz_box_drop },
  { "set box", fuzz_box_set_value },
  { "look at box", fuzz_box_look },
  { "have the system fail", fail_later },
  { "change to the other thread", fuzz_worker_toggle },
  { "end the other thread", fuzz_worker_dismiss },
};

#define N_NESTED (G_N_ELEMENTS (operations) - 3)

/* What a user function does: mostly nothing. */
void
fuzz_typed_meddle (void)
{
  static guint depth;
  guint what;

  if (fuzz_input_is_over () || depth == MAX_DEPTH)
    return;

  what = fuzz_input_byte ();
  if (what < 160)
    return;

  depth++;
  fuzz_run_within (&operations[what % N_NESTED]);
  depth--;
}

/* Default pools have large chunks: to look at all their blocks takes longer than all else. */
static void
check (void)
{
  fuzz_typed_check_all (++n_checks % 16 == 0);
}

static void
end (void)
{
  fuzz_typed_check_all (TRUE);
  fuzz_box_end_all ();
  fuzz_typed_end_made ();

  /* What user functions have made meanwhile. From here on, they do nothing more. */
  fuzz_input_start ((const guint8 *) "", 0);
  fuzz_box_end_all ();
  fuzz_typed_end_made ();
  fuzz_typed_end_default ();
  fuzz_typed_check_all (TRUE);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  fuzz_input_start (data, size);
  fuzz_check_start (check);
  n_checks = 0;

  fuzz_run_step ("start", fuzz_typed_start_all);
  fuzz_run_step ("make pool", fuzz_typed_new);
  fuzz_run_operations (operations, G_N_ELEMENTS (operations), FUZZ_MAX_OPERATIONS);
  fuzz_worker_end ();
  fuzz_run_step ("end", end);

  return 0;
}
