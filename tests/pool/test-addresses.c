/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every kind of address that is not that of a block which may be freed now, against pools of every
 * kind: it is refused with the right error and the right words, whatever call it is freed with; it
 * is not touched; queries tell the truth about it; and the pool is as it was, and of use. */

#include "fsmm-test-kinds.h"

#include <string.h>
#include <sys/mman.h>

#define BLOCK FSMM_TEST_BLOCK_SIZE
#define PAGE 65536

/* What there is, for addresses to lie in. */
typedef struct {
  FsmmTestPool pool;
  FsmmTestPool twin; /* of the same kind */
  guint8 *block;     /* live, and the first one of its chunk */
  gpointer spare;    /* live */
  guint8 *freed;
  guint8 *unused;    /* one that was never handed out */
  gpointer handle;
  gpointer held;     /* what the handle owns */
  guint8 *in_twin;   /* a live block there */
  gpointer heap;     /* (owned) */
  gpointer page;     /* that must not be touched */
} Scene;

static int static_variable;

static void
scene_init (Scene *s, const FsmmTestKind *kind)
{
  *s = (Scene) { .heap = g_malloc (BLOCK) };
  fsmm_test_pool_open (&s->pool, kind, "test");
  fsmm_test_pool_open (&s->twin, kind, "twin");

  s->block = fsmm_test_pool_alloc (&s->pool);
  s->spare = fsmm_test_pool_alloc (&s->pool);
  s->freed = fsmm_test_pool_alloc (&s->pool);
  s->handle = fsmm_test_pool_hold (&s->pool, &s->held);
  fsmm_test_pool_free (&s->pool, s->freed);
  s->unused = s->block + (FSMM_TEST_BLOCKS_IN_CHUNK - 1) * BLOCK;
  s->in_twin = fsmm_test_pool_alloc (&s->twin);

  s->page = mmap (NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  g_assert_true (s->page != MAP_FAILED);
}

static void
scene_clear (Scene *s)
{
  munmap (s->page, PAGE);
  fsmm_test_pool_free (&s->twin, s->in_twin);
  fsmm_test_pool_drop_handle (&s->pool, s->handle);
  fsmm_test_pool_free (&s->pool, s->block);
  fsmm_test_pool_free (&s->pool, s->spare);
  fsmm_test_pool_close (&s->twin);
  fsmm_test_pool_close (&s->pool);
  g_free (s->heap);
}

/* --- Addresses --- */

static gpointer
offset_1 (Scene *s)
{
  return s->block + 1;
}

static gpointer
offset_8 (Scene *s)
{
  return s->block + 8;
}

static gpointer
offset_of_last_byte (Scene *s)
{
  return s->block + BLOCK - 1;
}

static gpointer
in_freed_block (Scene *s)
{
  return s->freed + 8;
}

static gpointer
in_unused_block (Scene *s)
{
  return s->unused + 16;
}

static gpointer
in_held_block (Scene *s)
{
  return (guint8 *) s->held + 8;
}

static gpointer
freed_block (Scene *s)
{
  return s->freed;
}

static gpointer
unused_block (Scene *s)
{
  return s->unused;
}

static gpointer
held_block (Scene *s)
{
  return s->held;
}

static gpointer
handle_itself (Scene *s)
{
  return s->handle;
}

static gpointer
start_of_tail (Scene *s)
{
  return s->block + FSMM_TEST_BLOCKS_IN_CHUNK * BLOCK;
}

static gpointer
middle_of_tail (Scene *s)
{
  return s->block + FSMM_TEST_BLOCKS_IN_CHUNK * BLOCK + 8;
}

static gpointer
end_of_tail (Scene *s)
{
  return s->block + 1023;
}

static gpointer
behind_the_chunk (Scene *s)
{
  return s->block + 1024;
}

static gpointer
before_the_chunk (Scene *s)
{
  return s->block - 1;
}

static gpointer
a_block_before_the_chunk (Scene *s)
{
  return s->block - BLOCK;
}

static gpointer
on_the_heap (Scene *s)
{
  return s->heap;
}

static gpointer
on_the_stack (Scene *s)
{
  return s;
}

static gpointer
static_address (Scene *s)
{
  return &static_variable;
}

static gpointer
address_of_code (Scene *s)
{
  return (gpointer) scene_init;
}

static gpointer
one (Scene *s)
{
  return GSIZE_TO_POINTER (1);
}

static gpointer
eight (Scene *s)
{
  return GSIZE_TO_POINTER (8);
}

static gpointer
last_address (Scene *s)
{
  return GSIZE_TO_POINTER (G_MAXSIZE);
}

static gpointer
last_aligned_address (Scene *s)
{
  return GSIZE_TO_POINTER (G_MAXSIZE & ~(gsize) 63);
}

static gpointer
a_gib_away (Scene *s)
{
  return GSIZE_TO_POINTER ((gsize) s->block ^ (gsize) 1 << 30);
}

static gpointer
far_away (Scene *s)
{
  return GSIZE_TO_POINTER ((gsize) s->block ^ (gsize) 1 << (GLIB_SIZEOF_SIZE_T == 8 ? 40 : 29));
}

static gpointer
in_the_other_half (Scene *s)
{
  return GSIZE_TO_POINTER ((gsize) s->block ^ (gsize) 1 << (8 * GLIB_SIZEOF_SIZE_T - 1));
}

static gpointer
inaccessible_page (Scene *s)
{
  return s->page;
}

static gpointer
in_inaccessible_page (Scene *s)
{
  return (guint8 *) s->page + PAGE / 2 + 1;
}

static gpointer
pool_itself (Scene *s)
{
  return s->pool.pool;
}

static gpointer
block_of_twin (Scene *s)
{
  return s->in_twin;
}

static gpointer
in_block_of_twin (Scene *s)
{
  return s->in_twin + 8;
}

static gpointer
unused_block_of_twin (Scene *s)
{
  return s->in_twin + 7 * BLOCK;
}

static gpointer
block_of_a_pool_that_is_gone (Scene *s)
{
  FsmmTestPool gone;
  gpointer block;

  fsmm_test_pool_open (&gone, s->pool.kind, "gone");
  block = fsmm_test_pool_alloc (&gone);
  fsmm_test_pool_free (&gone, block);
  fsmm_test_pool_close (&gone);

  return block;
}

/* The first chunk stays, for there are live blocks in it. */
static gpointer
block_of_a_trimmed_chunk (Scene *s)
{
  gpointer blocks[3 * FSMM_TEST_BLOCKS_IN_CHUNK];

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = fsmm_test_pool_alloc (&s->pool);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    fsmm_test_pool_free (&s->pool, blocks[i]);
  fsmm_pool_trim (s->pool.pool);
  g_assert_cmpuint (fsmm_pool_get_n_chunks (s->pool.pool), ==, 1);

  return blocks[G_N_ELEMENTS (blocks) - 1];
}

/* And with it all that the scene has there. */
static gpointer
dropped_block (Scene *s)
{
  gpointer dropped = g_steal_pointer (&s->block);

  s->spare = NULL;
  g_assert_cmpuint (fsmm_test_pool_free_all (&s->pool), ==, 3);

  return dropped;
}

typedef enum { NOBODY, OWN, TWIN } Owner;

typedef struct {
  const char *name;
  gpointer (*find) (Scene *s);
  const char *words;
  FsmmError code;
  Owner owner; /* of the block that starts there, and is allocated */
} Address;

#define INVALID FSMM_ERROR_INVALID_POINTER
#define DOUBLE FSMM_ERROR_DOUBLE_FREE

static const Address addresses[] = {
  { "offset-1", offset_1, "offset 1 of the block at", INVALID, NOBODY },
  { "offset-8", offset_8, "offset 8 of the block at", INVALID, NOBODY },
  { "last-byte", offset_of_last_byte, "offset 47 of the block at", INVALID, NOBODY },
  { "in-a-live-block", offset_8, "which is live", INVALID, NOBODY },
  { "in-a-held-block", in_held_block, "which is live", INVALID, NOBODY },
  { "in-a-freed-block", in_freed_block, "which is not allocated", INVALID, NOBODY },
  { "in-an-unused-block", in_unused_block, "which is not allocated", INVALID, NOBODY },
  { "freed-block", freed_block, "free already", DOUBLE, NOBODY },
  { "unused-block", unused_block, "never handed out", DOUBLE, NOBODY },
  { "held-block", held_block, "belongs to a handle", INVALID, OWN },
  { "handle-itself", handle_itself, "no chunk", INVALID, NOBODY },
  { "start-of-tail", start_of_tail, "behind the last block", INVALID, NOBODY },
  { "middle-of-tail", middle_of_tail, "behind the last block", INVALID, NOBODY },
  { "end-of-tail", end_of_tail, "behind the last block", INVALID, NOBODY },
  { "behind-the-chunk", behind_the_chunk, "no chunk", INVALID, NOBODY },
  /* What lies there may be a chunk of the other pool. */
  { "before-the-chunk", before_the_chunk, "it lies ", INVALID, NOBODY },
  { "a-block-before-the-chunk", a_block_before_the_chunk, "it lies ", INVALID, NOBODY },
  { "heap", on_the_heap, "no chunk", INVALID, NOBODY },
  { "stack", on_the_stack, "no chunk", INVALID, NOBODY },
  { "static", static_address, "no chunk", INVALID, NOBODY },
  { "code", address_of_code, "no chunk", INVALID, NOBODY },
  { "one", one, "no chunk", INVALID, NOBODY },
  { "eight", eight, "no chunk", INVALID, NOBODY },
  { "last", last_address, "no chunk", INVALID, NOBODY },
  { "last-aligned", last_aligned_address, "no chunk", INVALID, NOBODY },
  { "a-gib-away", a_gib_away, "no chunk", INVALID, NOBODY },
  { "far-away", far_away, "no chunk", INVALID, NOBODY },
  { "in-the-other-half", in_the_other_half, "no chunk", INVALID, NOBODY },
  { "inaccessible-page", inaccessible_page, "no chunk", INVALID, NOBODY },
  { "in-an-inaccessible-page", in_inaccessible_page, "no chunk", INVALID, NOBODY },
  { "pool-itself", pool_itself, "no chunk", INVALID, NOBODY },
  { "block-of-another-pool", block_of_twin, "\"twin\"", INVALID, TWIN },
  { "in-a-block-of-another-pool", in_block_of_twin, "\"twin\"", INVALID, NOBODY },
  { "unused-block-of-another-pool", unused_block_of_twin, "\"twin\"", INVALID, NOBODY },
  { "pool-is-gone", block_of_a_pool_that_is_gone, "released", INVALID, NOBODY },
  { "trimmed", block_of_a_trimmed_chunk, "released", INVALID, NOBODY },
  { "dropped", dropped_block, "released", INVALID, NOBODY },
};

/* --- What must be true of each --- */

static FsmmPool *
get_owner (Scene *s, const Address *address)
{
  switch (address->owner)
    {
    case OWN:
      return s->pool.pool;
    case TWIN:
      return s->twin.pool;
    case NOBODY:
    default:
      return NULL;
    }
}

static void
assert_queries (Scene *s, const Address *address, gpointer where)
{
  FsmmPool *owner = get_owner (s, address);

  g_assert_cmpint (fsmm_pool_is_allocated (s->pool.pool, where), ==, owner == s->pool.pool);
  g_assert_cmpint (fsmm_pool_is_allocated (s->twin.pool, where), ==, owner == s->twin.pool);
  g_assert_true (fsmm_pool_for_block (where) == owner);
}

static void
assert_says (const GError *error, const Address *address, gpointer where)
{
  g_autofree char *hex = g_strdup_printf ("%p", where);

  g_assert_error (error, FSMM_ERROR, (gint) address->code);
  g_assert_nonnull (strstr (error->message, "\"test\""));
  g_assert_nonnull (strstr (error->message, hex));
  if (strstr (error->message, address->words) == NULL)
    g_error ("“%s” does not say “%s”", error->message, address->words);
}

static void
free_with_error (Scene *s, const Address *address, gpointer where)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (fsmm_test_pool_try_free (&s->pool, where, &error));
  assert_says (error, address, where);
}

static void
free_without_error (Scene *s, const Address *address, gpointer where)
{
  g_autofree char *pattern = g_strdup_printf ("*\"test\"*%p*%s*", where, address->words);

  fsmm_test_expect_report (pattern);
  g_assert_false (fsmm_test_pool_try_free (&s->pool, where, NULL));
  fsmm_test_assert_reported ();
}

/* None is freed, so not the good one either. */
static void
free_among_others (Scene *s, const Address *address, gpointer where)
{
  gpointer blocks[] = { s->spare, NULL, where };
  g_autoptr (GError) error = NULL;

  if (s->pool.typed != NULL)
    return;

  g_assert_false (fsmm_pool_free_many (s->pool.pool, G_N_ELEMENTS (blocks), blocks, &error));
  assert_says (error, address, where);
  g_assert_nonnull (strstr (error->message, "blocks[2]"));
}

/* These find the pool by themselves, and would be right to free a block of another one. */
static void
free_wherever_it_belongs (Scene *s, const Address *address, gpointer where)
{
  g_autofree char *pattern = g_strdup_printf ("*%s*", address->words);

  if (address->owner == TWIN)
    return;

  fsmm_test_expect_report (pattern);
  fsmm_free (where);
  fsmm_test_assert_reported ();

  if (s->pool.typed == NULL)
    return;

  fsmm_test_expect_report (pattern);
  g_boxed_free (fsmm_typed_pool_get_item_type (s->pool.typed), where);
  fsmm_test_assert_reported ();
}

static void (*const ways[]) (Scene *s, const Address *address, gpointer where) = {
  free_with_error,
  free_without_error,
  free_among_others,
  free_wherever_it_belongs,
};

typedef struct {
  const Address *address;
  const FsmmTestKind *kind;
} Case;

typedef struct {
  Scene *scene;
  const Address *address;
  gpointer where;
} Trial;

static gpointer
try_all_ways (gpointer data)
{
  const Trial *trial = data;
  Scene *s = trial->scene;
  gsize n_live = fsmm_pool_get_n_allocated (s->pool.pool);
  gsize n_live_in_twin = fsmm_pool_get_n_allocated (s->twin.pool);
  gint n_cleared = fsmm_test_n_cleared ();

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      assert_queries (s, trial->address, trial->where);
      ways[i] (s, trial->address, trial->where);
      g_assert_cmpuint (fsmm_pool_get_n_allocated (s->pool.pool), ==, n_live);
      g_assert_cmpuint (fsmm_pool_get_n_allocated (s->twin.pool), ==, n_live_in_twin);
      g_assert_cmpint (fsmm_test_n_cleared (), ==, n_cleared);
      fsmm_test_assert_sound (s->pool.pool);
      fsmm_test_assert_sound (s->twin.pool);
      assert_queries (s, trial->address, trial->where);
    }

  return NULL;
}

/* In the thread that has used the pool, and in one that sees it for the first time. */
static void
test_address (gconstpointer data)
{
  const Case *c = data;
  Scene scene;
  Trial trial = { &scene, c->address, NULL };

  scene_init (&scene, c->kind);
  trial.where = c->address->find (&scene);
  try_all_ways (&trial);
  g_thread_join (g_thread_new ("try", try_all_ways, &trial));
  scene_clear (&scene);
}

static void
test_null (gconstpointer data)
{
  const Case *c = data;
  Scene scene;

  scene_init (&scene, c->kind);
  g_assert_true (fsmm_test_pool_try_free (&scene.pool, NULL, NULL));
  fsmm_free (NULL);
  g_assert_false (fsmm_pool_is_allocated (scene.pool.pool, NULL));
  g_assert_null (fsmm_pool_for_block (NULL));
  scene_clear (&scene);
}

static void
add_cases (const FsmmTestKind *kind, Case *cases)
{
  g_autofree char *null_path = g_strdup_printf ("/addresses/%s/null", kind->name);

  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      g_autofree char *path = g_strdup_printf ("/addresses/%s/%s", kind->name, addresses[i].name);

      cases[i] = (Case) { &addresses[i], kind };
      g_test_add_data_func (path, &cases[i], test_address);
    }

  g_test_add_data_func (null_path, &cases[0], test_null);
}

int
main (int argc, char *argv[])
{
  static Case cases[FSMM_TEST_N_KINDS][G_N_ELEMENTS (addresses)];

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < FSMM_TEST_N_KINDS; i++)
    if (fsmm_test_kinds[i].alloc_size <= BLOCK)
      add_cases (&fsmm_test_kinds[i], cases[i]);

  return g_test_run ();
}
