/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Does what its argument says, which is a mistake: for AddressSanitizer and Valgrind to find. */

#include <fsmm-glib/fsmm-glib.h>

#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/auxv.h>
#endif

typedef struct {
  char *text;
} Note;

#define NOTE_TYPE (note_get_type ())
GType note_get_type (void);

static void
note_copy (const Note *source, Note *destination)
{
  destination->text = g_strdup (source->text);
}

static void
note_clear (Note *self)
{
  g_clear_pointer (&self->text, g_free);
}

FSMM_DEFINE_BOXED_TYPE (Note, note, note_copy, note_clear)

/* So that the compiler leaves what looks useless. */
static volatile char sink;

typedef struct _Link Link;

struct _Link {
  Link *next; /* (nullable) */
};

#define LINK_TYPE (link_get_type ())
GType link_get_type (void);

static void
link_copy (const Link *source, Link *destination)
{
  destination->next = source->next;
}

static FsmmTypedPool *ring;

/* Looks at the next one, as a parent does at its children. A ring of one is the end of all others. */
static void
link_clear (Link *self)
{
  if (self->next == self)
    fsmm_typed_pool_free_all (ring);
  else if (self->next != NULL)
    sink = (char) (self->next->next != NULL);
}

FSMM_DEFINE_BOXED_TYPE (Link, link, link_copy, link_clear)

static FsmmPool *pool;

static char *
take_block (void)
{
  return memset (fsmm_pool_alloc (pool, NULL), 1, 64);
}

static void
free_block (char *block)
{
  fsmm_pool_free (pool, block, NULL);
}

/* One that has bytes behind its blocks, and is gone again. */
static void
use_odd_pool (void)
{
  FsmmPool *odd = fsmm_pool_new (20, 1024, NULL);
  char *block = fsmm_pool_alloc (odd, NULL);

  fsmm_pool_free (odd, block, NULL);
  g_object_unref (odd);
}

/* All at once: what has been cleared may be looked at until the last one is. The pool remains, and
 * none of them is a leak. */
static void
drop_ring (void)
{
  Link *links[200];

  ring = fsmm_typed_pool_new (LINK_TYPE, 1024, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (links); i++)
    links[i] = fsmm_typed_pool_construct (ring, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (links); i++)
    links[i]->next = links[(i + 199) % 200];
  fsmm_typed_pool_free_all (ring);

  links[0] = fsmm_typed_pool_construct (ring, NULL);
  links[0]->next = links[0];
  fsmm_typed_pool_destroy (ring, links[0], NULL);
}

static void
do_nothing_wrong (void)
{
  char *blocks[100];

  for (guint round = 0; round < 3; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
        blocks[i] = take_block ();
      for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
        free_block (blocks[i]);
      fsmm_pool_trim (pool);
    }
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    blocks[i] = fsmm_pool_alloc0 (pool, NULL);
  sink = blocks[50][63];
  fsmm_pool_free_all (pool);
  use_odd_pool ();
  drop_ring ();
}

static void
read_free_block (void)
{
  char *block = take_block ();

  free_block (block);
  sink = block[3];
}

static void
write_to_free_block (void)
{
  char *block = take_block ();

  free_block (block);
  block[3] = 1;
}

static void
read_block_never_taken (void)
{
  char *block = take_block ();

  sink = block[64];
}

static void
read_tail (void)
{
  FsmmPool *odd = fsmm_pool_new (48, 1024, NULL);
  char *block = fsmm_pool_alloc (odd, NULL);

  sink = block[21 * 48];
}

/* Of a block that was used before. */
static void
write_to_padding (void)
{
  FsmmPool *odd = fsmm_pool_new (20, 1024, NULL);
  char *block = fsmm_pool_alloc (odd, NULL);

  fsmm_pool_free (odd, block, NULL);
  block = fsmm_pool_alloc (odd, NULL);
  block[24] = 1;
}

static void
read_what_many_freed (void)
{
  gpointer blocks[10];

  fsmm_pool_alloc_many (pool, 10, blocks, NULL);
  fsmm_pool_free_many (pool, 10, blocks, NULL);
  sink = *(char *) blocks[9];
}

static void
read_freed_zeroes (void)
{
  char *block = fsmm_pool_alloc0 (pool, NULL);

  fsmm_pool_free (pool, block, NULL);
  sink = block[3];
}

static void
read_what_all_freed (void)
{
  char *block = take_block ();

  fsmm_pool_free_all (pool);
  sink = block[3];
}

static void
read_what_all_cleared (void)
{
  FsmmTypedPool *notes = fsmm_typed_pool_new (NOTE_TYPE, 0, NULL);
  Note *note = fsmm_typed_pool_construct (notes, NULL);

  fsmm_typed_pool_free_all (notes);
  sink = (char) (note->text != NULL);
}

static void
read_released_block (void)
{
  FsmmBlock *handle = fsmm_pool_acquire (pool, NULL);
  char *block = fsmm_block_get_address (handle);

  fsmm_block_release (handle, NULL);
  sink = block[3];
}

static void
read_block_of_last_handle (void)
{
  FsmmBlock *handle = fsmm_pool_acquire (pool, NULL);
  char *block = fsmm_block_get_address (handle);

  fsmm_block_unref (handle);
  sink = block[3];
}

static void
read_unset_block (void)
{
  char *block = fsmm_pool_alloc (pool, NULL);

  if (block[7] == 3)
    sink = 1;
}

static void
read_destroyed_instance (void)
{
  FsmmTypedPool *notes = fsmm_typed_pool_new (NOTE_TYPE, 0, NULL);
  Note *note = fsmm_typed_pool_construct (notes, NULL);

  fsmm_typed_pool_destroy (notes, note, NULL);
  sink = (char) (note->text != NULL);
}

static void
read_dropped_box (void)
{
  FsmmTypedPool *notes = fsmm_typed_pool_new (NOTE_TYPE, 0, NULL);
  FsmmBox *box = fsmm_typed_pool_alloc (notes, NULL);
  Note *note = fsmm_box_get (box);

  fsmm_box_drop (box);
  sink = (char) (note->text != NULL);
}

static void
read_instance_of_last_box (void)
{
  FsmmTypedPool *notes = fsmm_typed_pool_new (NOTE_TYPE, 0, NULL);
  FsmmBox *box = fsmm_typed_pool_alloc (notes, NULL);
  Note *note = fsmm_box_get (box);

  fsmm_box_unref (box);
  sink = (char) (note->text != NULL);
}

static void
read_freed_boxed (void)
{
  Note original = { (char *) "x" };
  Note *note = g_boxed_copy (NOTE_TYPE, &original);

  g_boxed_free (NOTE_TYPE, note);
  sink = (char) (note->text != NULL);
}

static void
use_dropped_handle (void)
{
  FsmmBlock *handle = fsmm_pool_acquire (pool, NULL);

  fsmm_block_unref (handle);
  fsmm_block_is_live (handle);
}

/* Several, because the address of the last one stays in a register. */
static void
leak_blocks (void)
{
  for (guint i = 0; i < 10; i++)
    take_block ();
}

static void
keep_handle (void)
{
  fsmm_pool_acquire (pool, NULL);
}

typedef struct _Kept Kept;

struct _Kept {
  Kept *next; /* (nullable) */
  char *text; /* (owned) */
};

static FsmmPool *kept_pool;
static Kept *kept;

/* Everything can still be reached when the program ends, though much only by way of blocks. */
static void
keep_list (void)
{
  kept_pool = fsmm_pool_new (sizeof (Kept), 0, NULL);
  for (guint i = 0; i < 500; i++)
    {
      Kept *next = kept;

      kept = fsmm_pool_alloc (kept_pool, NULL);
      *kept = (Kept) { next, g_strdup ("text") };
    }
}

static void
leak_instances (void)
{
  FsmmTypedPool *one = fsmm_typed_pool_new (NOTE_TYPE, 0, NULL);
  FsmmTypedPool *other = fsmm_typed_pool_new_full ("other notes", NOTE_TYPE, 0, 0, NULL);
  FsmmTypedPool *dates = fsmm_typed_pool_new (G_TYPE_DATE, 0, NULL);

  for (guint i = 0; i < 5; i++)
    fsmm_typed_pool_construct (one, NULL);
  for (guint i = 0; i < 7; i++)
    fsmm_typed_pool_construct (other, NULL);
  fsmm_typed_pool_construct (dates, NULL);
}

static G_GNUC_NORETURN void
leak_in_many_places (void)
{
  sink = *take_block ();
  sink = *take_block ();
  sink = *take_block ();
  sink = *take_block ();
  sink = *take_block ();
  sink = *take_block ();
  exit (0);
}

static G_GNUC_NORETURN void
leak_and_exit (void)
{
  sink = *take_block ();
  exit (0);
}

/* The call is the last instruction, so that it would return into the next function. */
static G_GNUC_NORETURN void
leak_at_the_end (void)
{
  leak_and_exit ();
}

static void
free_twice (void)
{
  char *block = take_block ();

  free_block (block);
  free_block (block);
}

/* After a line from standard input. */
static void
free_twice_later (void)
{
  char line[2];

  g_print ("ready\n");
  if (fgets (line, sizeof line, stdin) == NULL)
    abort ();
  free_twice ();
}

static void *
free_twice_in_thread (void *data)
{
  free_twice ();
  return data;
}

static void
free_twice_on_stack (gsize stack_size)
{
  pthread_attr_t attributes;
  pthread_t thread;

  pthread_attr_init (&attributes);
  pthread_attr_setstacksize (&attributes, stack_size);
  if (pthread_create (&thread, &attributes, free_twice_in_thread, NULL) != 0)
    abort ();
  pthread_join (thread, NULL);
  pthread_attr_destroy (&attributes);
}

static void
free_twice_on_64_kib (void)
{
  free_twice_on_stack (64 * 1024);
}

static void
free_twice_on_128_kib (void)
{
  free_twice_on_stack (128 * 1024);
}

static void
free_twice_on_1_mib (void)
{
  free_twice_on_stack (1024 * 1024);
}

static void
dump_pool (void)
{
  g_autofree char *dump = fsmm_pool_dump (pool);

  g_print ("%s", dump);
}

static void
take_and_free_often (void)
{
  for (guint i = 0; i < 30000; i++)
    {
      char *block = fsmm_pool_alloc (pool, NULL);

      fsmm_pool_free (pool, block, NULL);
    }
}

static void
take_many (void)
{
  for (guint i = 0; i < 50000; i++)
    take_block ();
}

static void *
use_pool (void *data)
{
  gpointer blocks[10];

  for (guint i = 0; i < 100; i++)
    {
      for (guint k = 0; k < G_N_ELEMENTS (blocks); k++)
        blocks[k] = take_block ();
      fsmm_pool_free_many (pool, G_N_ELEMENTS (blocks), blocks, NULL);
    }
  return data;
}

static void
use_pool_in_threads (void)
{
  pthread_t threads[2];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    if (pthread_create (&threads[i], NULL, use_pool, NULL) != 0)
      abort ();
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    pthread_join (threads[i], NULL);
}

#ifdef __linux__

static void
tell_privileges (void)
{
  g_print ("%s\n", getauxval (AT_SECURE) != 0 ? "privileged" : "not privileged");
}

#endif

/* And which files it has open besides those that it was started with. */
static void
export_pools (void)
{
  g_autoptr (GError) error = NULL;

  g_print ("%s\n", fsmm_monitor_export (&error) ? "exported" : error->message);
  g_print ("%s\n", fcntl (STDERR_FILENO + 1, F_GETFD) >= 0 ? "something is open" : "nothing is open");
}

static const struct {
  const char *name;
  void (*act) (void);
} acts[] = {
  { "nothing-wrong", do_nothing_wrong },
  { "read-free", read_free_block },
  { "write-free", write_to_free_block },
  { "read-never-taken", read_block_never_taken },
  { "read-tail", read_tail },
  { "write-padding", write_to_padding },
  { "read-freed-by-many", read_what_many_freed },
  { "read-freed-zeroes", read_freed_zeroes },
  { "read-freed-by-all", read_what_all_freed },
  { "read-cleared-by-all", read_what_all_cleared },
  { "read-released", read_released_block },
  { "read-unreferenced", read_block_of_last_handle },
  { "read-unset", read_unset_block },
  { "read-destroyed", read_destroyed_instance },
  { "read-dropped-box", read_dropped_box },
  { "read-unreferenced-box", read_instance_of_last_box },
  { "read-freed-boxed", read_freed_boxed },
  { "use-dropped-handle", use_dropped_handle },
  { "leak", leak_blocks },
  { "keep-handle", keep_handle },
  { "keep-list", keep_list },
  { "leak-instances", leak_instances },
  { "leak-in-many-places", leak_in_many_places },
  { "leak-at-the-end", leak_at_the_end },
  { "free-twice", free_twice },
  { "free-twice-later", free_twice_later },
  { "free-twice-on-64-kib", free_twice_on_64_kib },
  { "free-twice-on-128-kib", free_twice_on_128_kib },
  { "free-twice-on-1-mib", free_twice_on_1_mib },
  { "dump", dump_pool },
  { "take-and-free-often", take_and_free_often },
  { "take-many", take_many },
  { "use-in-threads", use_pool_in_threads },
#ifdef __linux__
  { "tell-privileges", tell_privileges },
#endif
  { "export", export_pools },
};

int
main (int argc, char *argv[])
{
  setlocale (LC_ALL, "");
  pool = fsmm_pool_new_full ("victim", 64, 0, 1024, 0, NULL);

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
