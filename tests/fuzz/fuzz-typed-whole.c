/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz-typed.h"

/* What concerns a pool as a whole. */

/* --- Making --- */

static void
start (FuzzTyped *pool, FsmmTypedPool *typed, FuzzKind kind, guint max_blocks)
{
  *pool = (FuzzTyped){
    .pool = typed,
    .weak = typed,
    .kind = kind,
    .is_owned = TRUE,
    .max_blocks = max_blocks != 0 ? max_blocks : G_MAXSIZE,
    .peak_is_known = TRUE,
  };
}

/* Default pools are never finalized, so their peak stays from one input to the next. */
void
fuzz_typed_start_all (void)
{
  for (FuzzKind kind = 0; kind < FUZZ_N_KINDS; kind++)
    {
      start (&fuzz_typed[kind], fsmm_typed_pool_get_default (fuzz_kind_get_type (kind)), kind, 0);
      fuzz_typed[kind].peak_is_known = FALSE;
    }

  fuzz_n_instances = 0;
}

static void
refuse (void)
{
  GError *error = NULL;
  FsmmTypedPool *pool = NULL;

  if (fuzz_input_flag ())
    {
      pool = fsmm_typed_pool_new (G_TYPE_BYTES, 0, &error);
      fuzz_check_end ("fsmm_typed_pool_new () for bytes", FUZZ_CODE (UNSUPPORTED_TYPE),
                      pool != NULL, &error);
    }
  else
    {
      pool = fsmm_typed_pool_new (fuzz_kind_get_type (FUZZ_TREE), 1 + fuzz_input_byte (), &error);
      fuzz_check_end ("fsmm_typed_pool_new () with tiny chunks", FUZZ_CODE (INVALID_ARGUMENT),
                      pool != NULL, &error);
    }
}

void
fuzz_typed_new (void)
{
  guint what = fuzz_input_byte ();
  gsize chunk_bytes = fuzz_input_flag () ? 0 : 1024 + 32 * (gsize) fuzz_input_byte ();
  guint max_blocks = fuzz_input_flag () ? fuzz_input_byte () : 0;
  const char *name = fuzz_choose_name ();
  GType type = fuzz_kind_get_type (what % FUZZ_N_KINDS);
  FuzzTyped *pool = fuzz_typed + FUZZ_N_KINDS;
  GError *error = NULL;

  while (pool < fuzz_typed + FUZZ_N_TYPED && pool->pool != NULL)
    pool++;
  if (what == 255)
    refuse ();
  if (what == 255 || pool == fuzz_typed + FUZZ_N_TYPED)
    return;

  start (pool, fsmm_typed_pool_new_full (name, type, chunk_bytes, max_blocks, &error),
         what % FUZZ_N_KINDS, max_blocks);
  fuzz_check_end ("fsmm_typed_pool_new_full ()", FUZZ_SUCCESS, pool->pool != NULL, &error);
  g_object_add_weak_pointer (G_OBJECT (pool->pool), &pool->weak);
}

/* --- The end --- */

static void
unref_owned (FuzzTyped *pool)
{
  pool->is_owned = FALSE;
  fuzz_typed_drop_reference (pool);
}

void
fuzz_typed_unref_owned (void)
{
  FuzzTyped *pool = fuzz_typed_choose ();

  if (pool >= fuzz_typed + FUZZ_N_KINDS && pool->is_owned && !fuzz_typed_is_pinned (pool))
    unref_owned (pool);
}

/* What is still being made or cleared is the pool's no more. */
static void
end_dropped (FuzzInstance *instance)
{
  if (instance->state == FUZZ_LIVE && !fuzz_kind_has_clear (instance->pool->kind))
    fuzz_instance_die (instance);
  fuzz_check (instance->state != FUZZ_LIVE, "what lives at %p was dropped, but not cleared",
              instance->address);

  if (instance->state != FUZZ_DEAD && !instance->is_detached)
    {
      instance->is_detached = TRUE;
      instance->pool->n_live--;
    }
}

static void
free_all (FuzzTyped *pool)
{
  guint n_expected, drop;
  gsize n_dropped;

  fuzz_typed_ref (pool);
  n_expected = fuzz_typed_note_drop (pool);
  drop = pool->epoch;
  pool->n_drops++;
  n_dropped = fsmm_typed_pool_free_all (pool->pool);
  pool->n_drops--;
  fuzz_check (n_dropped == n_expected,
              "fsmm_typed_pool_free_all () must return %u, but returned %" G_GSIZE_FORMAT,
              n_expected, n_dropped);

  for (guint64 id = 1; id <= fuzz_n_instances; id++)
    if (fuzz_instances[id].pool == pool && fuzz_instances[id].is_dropped &&
        fuzz_instances[id].drop == drop)
      end_dropped (&fuzz_instances[id]);

  fuzz_typed_unref (pool);
}

void
fuzz_typed_free_all (void)
{
  FuzzTyped *pool = fuzz_typed_choose ();

  if (!fuzz_typed_is_pinned (pool) && pool->n_boxed_copies == 0)
    free_all (pool);
}

void
fuzz_typed_end_made (void)
{
  for (guint i = FUZZ_N_KINDS; i < FUZZ_N_TYPED; i++)
    if (fuzz_typed[i].pool != NULL)
      unref_owned (&fuzz_typed[i]);
}

void
fuzz_typed_end_default (void)
{
  for (guint i = 0; i < FUZZ_N_KINDS; i++)
    free_all (&fuzz_typed[i]);
}

/* --- Walking --- */

static void
visit (gpointer address, gpointer data)
{
  FuzzTyped *pool = data;
  FuzzInstance *instance = fuzz_instance_find (address);

  fuzz_check (instance != NULL && instance->pool == pool && instance->state == FUZZ_LIVE,
              "foreach shows %p, where nothing lives", address);
  fuzz_check (!instance->is_shown, "foreach shows %p twice", address);
  instance->is_shown = TRUE;

  fuzz_typed_meddle ();
}

/* What is made meanwhile may be shown or not. */
void
fuzz_typed_foreach (void)
{
  FuzzTyped *pool = fuzz_typed_choose ();
  guint64 n_before = fuzz_n_instances;
  static gboolean is_walking;

  if (is_walking)
    return;

  is_walking = TRUE;
  fuzz_typed_ref (pool);
  for (guint64 id = 1; id <= fuzz_n_instances; id++)
    fuzz_instances[id].is_shown = FALSE;

  fsmm_typed_pool_foreach (pool->pool, visit, pool);

  for (guint64 id = 1; id <= n_before; id++)
    fuzz_check (fuzz_instances[id].pool != pool || fuzz_instances[id].state != FUZZ_LIVE ||
                    fuzz_instances[id].is_dropped || fuzz_instances[id].is_shown,
                "foreach has not shown number %" G_GUINT64_FORMAT, id);
  fuzz_typed_unref (pool);
  is_walking = FALSE;
}

/* --- The pool behind it --- */

void
fuzz_typed_trim (void)
{
  FuzzTyped *pool = fuzz_typed_choose ();
  FsmmPool *raw = fsmm_typed_pool_get_pool (pool->pool);
  guint n = fuzz_input_byte ();
  GError *error = NULL;

  if (fuzz_input_flag ())
    fsmm_pool_trim (raw);
  else if (n <= 64 && pool->n_drops == 0)
    {
      FuzzEnds expected =
          pool->n_live + n <= pool->max_blocks ? FUZZ_SUCCESS : FUZZ_CODE (EXHAUSTED);
      gboolean done = fsmm_pool_reserve (raw, n, &error);

      fuzz_check_end ("fsmm_pool_reserve ()",
                      expected | (fuzz_has_failed () ? FUZZ_CODE (NO_MEMORY) : 0), done, &error);
    }
}

void
fuzz_typed_misuse_raw_pool (void)
{
  FuzzTyped *pool = fuzz_typed_choose ();
  FsmmPool *raw = fsmm_typed_pool_get_pool (pool->pool);
  FuzzInstance *instance = fuzz_instance_choose (pool);
  gpointer block = instance != NULL ? instance->address : NULL;
  const FuzzEnds refused = FUZZ_CODE (INVALID_ARGUMENT);
  GError *error = NULL;

  fuzz_check_end ("fsmm_pool_alloc ()", refused, fsmm_pool_alloc (raw, &error) != NULL, &error);
  fuzz_check_end ("fsmm_pool_free ()", refused, fsmm_pool_free (raw, block, &error), &error);
  fuzz_check_end ("fsmm_pool_free_many ()", refused, fsmm_pool_free_many (raw, 1, &block, &error),
                  &error);
  fuzz_check_end ("fsmm_pool_acquire ()", refused, fsmm_pool_acquire (raw, &error) != NULL, &error);
  fuzz_check (fsmm_pool_free_all (raw) == 0, "fsmm_pool_free_all () was not refused");
  fuzz_check_criticals ("fsmm_pool_free_all () of a typed pool's", 1);

  if (block != NULL)
    fuzz_check (fsmm_pool_for_block (block) == raw && fsmm_pool_is_allocated (raw, block),
                "%p is not known to be a block of its pool", block);
}
