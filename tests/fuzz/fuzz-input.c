/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

static const guint8 *next;
static const guint8 *end;
static GRand *generator; /* (owned) (nullable): where bytes come from instead */

void
fuzz_input_start (const guint8 *data, gsize size)
{
  g_clear_pointer (&generator, g_rand_free);
  next = data;
  end = data + size;
}

/* An input without an end, which the same seed gives again. */
void
fuzz_input_start_generated (guint32 seed)
{
  fuzz_input_start (NULL, 0);
  generator = g_rand_new_with_seed (seed);
}

gboolean
fuzz_input_is_over (void)
{
  return generator == NULL && next == end;
}

guint8
fuzz_input_byte (void)
{
  if (generator != NULL)
    return (guint8) (g_rand_int (generator) >> 24);

  return next < end ? *next++ : 0;
}

guint
fuzz_input_short (void)
{
  guint low = fuzz_input_byte ();

  return low | (guint) fuzz_input_byte () << 8;
}

/* Any number, but most likely one near a power of two, where limits are. */
guint64
fuzz_input_number (void)
{
  guint8 shift = fuzz_input_byte () % 64;
  gint8 offset = (gint8) fuzz_input_byte ();

  return (G_GUINT64_CONSTANT (1) << shift) + (guint64) (gint64) offset;
}

/* Takes one byte where that is enough. */
guint
fuzz_input_below (guint n)
{
  if (n <= 1)
    return 0;

  return (n <= 256 ? fuzz_input_byte () : fuzz_input_short ()) % n;
}

gboolean
fuzz_input_flag (void)
{
  return fuzz_input_byte () & 1;
}
