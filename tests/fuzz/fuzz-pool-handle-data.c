/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz-pool.h"

#include <string.h>

/* Reading and writing through handles. */

/* Often a little too much, and sometimes so much that a sum would wrap. */
static gsize
choose_length (gsize size)
{
  guint how = fuzz_input_byte ();

  if (how == 255)
    return G_MAXSIZE - fuzz_input_byte ();
  if (how == 254)
    return size + fuzz_input_byte ();

  return how * (size + 1) / 200;
}

static FuzzEnds
expect_range (const FuzzHandle *self, gsize offset, gsize n_bytes)
{
  gsize size = self->pool->alloc_size;

  if (!fuzz_handle_is_live (self))
    return FUZZ_CODE (RELEASED);

  return offset <= size && n_bytes <= size - offset ? FUZZ_SUCCESS : FUZZ_CODE (OUT_OF_RANGE);
}

void
fuzz_handle_read (void)
{
  FuzzHandle *self = fuzz_handle_choose ();
  GError *error = NULL;
  gsize offset, n_bytes, n_read;
  guint8 *copy;

  if (self == NULL)
    return;

  offset = choose_length (self->pool->alloc_size);
  n_bytes = choose_length (self->pool->alloc_size);
  copy = fsmm_block_read (self->block, offset, n_bytes, &n_read, &error);
  fuzz_check (n_read == (copy != NULL ? n_bytes : 0), "n_read is %" G_GSIZE_FORMAT, n_read);
  fuzz_check_end ("fsmm_block_read ()", expect_range (self, offset, n_bytes), copy != NULL, &error);
  if (copy != NULL)
    fuzz_check (memcmp (copy, self->content + offset, n_bytes) == 0, "what was read is wrong");
  g_free (copy);
}

/* What is written may be a part of the block itself. */
static gboolean
write_some (FuzzHandle *self, gsize offset, gsize n_bytes, guint how, GError **error)
{
  gsize size = self->pool->alloc_size;
  gboolean is_possible = expect_range (self, offset, n_bytes) == FUZZ_SUCCESS;
  guint8 *data = g_malloc0 (size);
  GBytes *bytes = NULL;
  gboolean done;

  fuzz_fill (data, size, how + offset);
  if (how % 3 == 0 && is_possible)
    {
      memcpy (data, self->content, size);
      done = fsmm_block_write (self->block, offset, self->address, n_bytes, error);
    }
  else if (how % 3 == 1 && n_bytes <= size)
    {
      bytes = g_bytes_new (data, n_bytes);
      done = fsmm_block_write_bytes (self->block, offset, bytes, error);
      g_bytes_unref (bytes);
    }
  else
    done = fsmm_block_write (self->block, offset, data, n_bytes, error);

  if (is_possible)
    memcpy (self->content + offset, data, n_bytes);
  g_free (data);

  return done;
}

void
fuzz_handle_write (void)
{
  FuzzHandle *self = fuzz_handle_choose ();
  GError *error = NULL;
  gsize offset, n_bytes;
  gboolean done;

  if (self == NULL)
    return;

  offset = choose_length (self->pool->alloc_size);
  n_bytes = choose_length (self->pool->alloc_size);
  done = write_some (self, offset, n_bytes, fuzz_input_byte (), &error);
  fuzz_check_end ("fsmm_block_write ()", expect_range (self, offset, n_bytes), done, &error);
}
