/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* --- Addresses that are in no pool --- */

static guint8 static_memory[64];

/* A read from there ends the program. */
static gpointer
forbidden_page (void)
{
  static gpointer page;

  if (page == NULL)
    {
      page = mmap (NULL, (gsize) sysconf (_SC_PAGESIZE), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                   0);
      fuzz_check (page != MAP_FAILED, "there is no memory for a page");
    }

  return page;
}

static gpointer
heap_memory (void)
{
  static gpointer memory;

  if (memory == NULL)
    memory = g_malloc (64);

  return memory;
}

gpointer
fuzz_foreign_address (guint which)
{
  static __thread guint8 thread_memory[16] = { 0 };
  gpointer on_stack = __builtin_frame_address (0);

  switch (which % FUZZ_N_FOREIGN)
    {
    case 0:
      return (gpointer) 1;
    case 1:
      return (gpointer) G_MAXSIZE;
    case 2:
      return on_stack;
    case 3:
      return heap_memory ();
    case 4:
      return static_memory;
    case 5:
      return forbidden_page ();
    case 6:
      return thread_memory;
    default:
      return (gpointer) fuzz_foreign_address;
    }
}

/* --- What is in a block --- */

/* What is filled of a large block at each end, and what is looked at often. */
#define FILLED_BYTES 2048
#define OFTEN_BYTES 64

static guint64
word_at (guint64 seed, gsize offset)
{
  return (seed + offset) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
}

/* Words start at multiples of their size, whichever bytes are left out. */
static gsize
next_word (gsize offset, gsize size, gsize end_bytes)
{
  gsize next = offset + sizeof (guint64);

  if (next < end_bytes || next + end_bytes >= size)
    return next;

  return (size - end_bytes) / sizeof (guint64) * sizeof (guint64);
}

/* Fills memory with a pattern. */
void
fuzz_fill (guint8 *memory, gsize size, guint64 seed)
{
  for (gsize i = 0; i < size; i = next_word (i, size, FILLED_BYTES))
    {
      guint64 word = word_at (seed, i);

      memcpy (memory + i, &word, MIN (sizeof word, size - i));
    }
}

static gboolean
is_filled (const guint8 *memory, gsize size, guint64 seed, gsize end_bytes)
{
  for (gsize i = 0; i < size; i = next_word (i, size, end_bytes))
    {
      guint64 word = word_at (seed, i);

      if (memcmp (memory + i, &word, MIN (sizeof word, size - i)) != 0)
        return FALSE;
    }

  return TRUE;
}

gboolean
fuzz_is_filled (const guint8 *memory, gsize size, guint64 seed)
{
  return is_filled (memory, size, seed, FILLED_BYTES);
}

/* Quicker, for memory that is looked at after each operation. */
gboolean
fuzz_is_filled_at_ends (const guint8 *memory, gsize size, guint64 seed)
{
  return is_filled (memory, size, seed, OFTEN_BYTES);
}

gboolean
fuzz_is_zero (const guint8 *memory, gsize size)
{
  return size == 0 || (memory[0] == 0 && memcmp (memory, memory + 1, size - 1) == 0);
}
