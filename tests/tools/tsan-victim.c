/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Does what its argument says in two threads: nothing wrong, or a race, which ThreadSanitizer is to
 * find. */

#include <fsmm-glib/fsmm-glib.h>

#include <pthread.h>
#include <string.h>

typedef struct {
  int values[8];
} Item;

static void
item_init (Item *self)
{
  memset (self, 1, sizeof *self);
}

static void
item_copy (const Item *source, Item *destination)
{
  *destination = *source;
}

static void
item_clear (Item *self)
{
  memset (self, 2, sizeof *self);
}

#define ITEM_TYPE (item_get_type ())
GType item_get_type (void);
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Item, item, item_init, item_copy, item_clear, NULL, {})

#define N_BLOCKS 100
#define BLOCK_BYTES 64
#define CHUNK_BYTES 1024

static FsmmPool *pool;
static FsmmTypedPool *items;
static int turn;   /* (atomic): whose it is, which says nothing about what was done before */
static int shared; /* that nothing protects */

static void
run_both (void *(*one) (void *data), void *(*other) (void *data))
{
  pthread_t threads[2];

  pthread_create (&threads[0], NULL, one, NULL);
  pthread_create (&threads[1], NULL, other, NULL);
  pthread_join (threads[0], NULL);
  pthread_join (threads[1], NULL);
}

static void
await_turn (int wanted)
{
  while (__atomic_load_n (&turn, __ATOMIC_RELAXED) != wanted)
    g_usleep (100);
}

static void
give_turn (int wanted)
{
  __atomic_store_n (&turn, wanted, __ATOMIC_RELAXED);
}

/* --- Nothing wrong --- */

static void
use_blocks (int value)
{
  char *blocks[N_BLOCKS];

  for (int i = 0; i < N_BLOCKS; i++)
    blocks[i] = memset (fsmm_pool_alloc (pool, NULL), value, 64);
  for (int i = 0; i < N_BLOCKS; i++)
    fsmm_pool_free (pool, blocks[i], NULL);

  blocks[0] = fsmm_pool_alloc0 (pool, NULL);
  blocks[0][3]++;
  fsmm_free (blocks[0]);
}

static void
use_many (int value)
{
  gpointer blocks[N_BLOCKS];

  fsmm_pool_alloc_many (pool, N_BLOCKS, blocks, NULL);
  for (int i = 0; i < N_BLOCKS; i++)
    memset (blocks[i], value, 64);
  fsmm_pool_free_many (pool, N_BLOCKS, blocks, NULL);
}

static void
use_items (int value)
{
  Item *item = fsmm_typed_pool_construct (items, NULL);
  Item *copy;

  item->values[1] = value;
  copy = g_boxed_copy (ITEM_TYPE, item);
  copy->values[1]++;
  g_boxed_free (ITEM_TYPE, copy);
  fsmm_typed_pool_destroy (items, item, NULL);
}

static void
use_handles (void)
{
  FsmmBlock *handle = fsmm_pool_acquire (pool, NULL);
  FsmmBox *box = fsmm_typed_pool_alloc (items, NULL);

  fsmm_block_write (handle, 0, (const guint8 *) "text", 4, NULL);
  fsmm_block_unref (handle);
  ((Item *) fsmm_box_get (box))->values[2]++;
  fsmm_box_unref (box);
}

static void *
use_all (void *data)
{
  for (int round = 0; round < 100; round++)
    {
      use_blocks (round);
      use_many (round);
      use_items (round);
      use_handles ();
      if (round % 10 == 0)
        fsmm_pool_trim (pool);
    }

  return NULL;
}

static void
do_nothing_wrong (void)
{
  run_both (use_all, use_all);
}

/* --- Races --- */

static void *
write_and_take (void *data)
{
  shared = 1;
  fsmm_pool_alloc (pool, NULL);
  give_turn (1);

  return NULL;
}

static void *
take_and_write (void *data)
{
  await_turn (1);
  fsmm_pool_alloc (pool, NULL);
  shared = 2;

  return NULL;
}

/* Both use the pool, which does not put in order what else they do. */
static void
race_beside_pool (void)
{
  run_both (write_and_take, take_and_write);
}

static void *
write_to_freed (void *data)
{
  char *block = fsmm_pool_alloc (pool, NULL);

  fsmm_pool_free (pool, block, NULL);
  block[5] = 1;
  give_turn (1);

  return NULL;
}

/* Takes all blocks of a chunk, to have that one among them. */
static void *
write_to_taken (void *data)
{
  await_turn (1);
  for (int i = 0; i < CHUNK_BYTES / BLOCK_BYTES; i++)
    {
      char *block = fsmm_pool_alloc (pool, NULL);

      block[5] = 2;
    }

  return NULL;
}

static void
race_for_block (void)
{
  run_both (write_to_freed, write_to_taken);
}

static const struct {
  const char *name;
  void (*act) (void);
} acts[] = {
  { "nothing-wrong", do_nothing_wrong },
  { "race-beside-pool", race_beside_pool },
  { "race-for-block", race_for_block },
};

int
main (int argc, char *argv[])
{
  pool = fsmm_pool_new_full ("victim", BLOCK_BYTES, 0, CHUNK_BYTES, 0, NULL);
  items = fsmm_typed_pool_get_default (ITEM_TYPE);

  for (guint i = 0; i < G_N_ELEMENTS (acts); i++)
    if (argc == 2 && g_str_equal (argv[1], acts[i].name))
      {
        acts[i].act ();
        g_print ("done\n");
        return 0;
      }

  g_printerr ("usage: %s ACT\n", argv[0]);
  return 2;
}
