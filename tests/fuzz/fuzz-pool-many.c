/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz-pool.h"

#include <string.h>

/* Many blocks at once, or none of them. */

#define MAX_MANY 700

/* So many that they are refused before anything is written. */
static void
alloc_too_many (FuzzPool *self)
{
  gsize n = G_MAXSIZE - fuzz_input_byte ();
  gpointer block;
  GError *error = NULL;

  fuzz_check_end ("fsmm_pool_alloc_many () of far too many", fuzz_pool_expect_refusal (self, n),
                  fsmm_pool_alloc_many (self->pool, n, &block, &error), &error);
  fuzz_pool_note_thread (self);
}

static void
alloc_into_nothing (FuzzPool *self)
{
  guint n = fuzz_input_below (2);
  GError *error = NULL;

  fuzz_check_end ("fsmm_pool_alloc_many () without an array",
                  n == 0 ? FUZZ_SUCCESS : FUZZ_CODE (INVALID_ARGUMENT),
                  fsmm_pool_alloc_many (self->pool, n, NULL, &error), &error);
  fuzz_pool_note_thread (self);
}

static void
alloc_some (FuzzPool *self, guint n)
{
  gpointer blocks[MAX_MANY];
  GError *error = NULL;
  gboolean done, has_failed;

  if (!fuzz_pool_has_room (self, n))
    return;

  done = fsmm_pool_alloc_many (self->pool, n, blocks, &error);
  has_failed = fuzz_has_failed ();
  fuzz_check_end ("fsmm_pool_alloc_many ()", fuzz_pool_expect_take (self, n, has_failed), done,
                  &error);
  fuzz_pool_note_thread (self);
  if (!done)
    return;

  fuzz_pool_took (self, n, has_failed);
  for (guint i = 0; i < n; i++)
    fuzz_pool_add (self, blocks[i], NULL);
}

void
fuzz_pool_alloc_many (void)
{
  FuzzPool *self = fuzz_pool_choose ();
  guint how = fuzz_input_byte ();

  if (self == NULL)
    return;

  if (how == 255)
    alloc_too_many (self);
  else if (how == 254)
    alloc_into_nothing (self);
  else if (how >= 240)
    alloc_some (self, fuzz_input_below (MAX_MANY));
  else
    alloc_some (self, how);
}

/* --- Giving --- */

static gboolean
is_among (gconstpointer address, guint n, gpointer *addresses)
{
  for (guint i = 0; i < n; i++)
    if (addresses[i] == address)
      return TRUE;

  return FALSE;
}

/* How it must end, and in @n_right how many come before the first that is wrong. */
static FuzzEnds
expect_free_many (FuzzPool *self, guint n, gpointer *addresses, guint *n_right)
{
  for (*n_right = 0; *n_right < n; (*n_right)++)
    {
      gpointer address = addresses[*n_right];
      FuzzEnds expected = fuzz_pool_expect_free (self, address);

      if (expected != FUZZ_SUCCESS)
        return expected;
      if (address != NULL && is_among (address, *n_right, addresses))
        return FUZZ_CODE (DOUBLE_FREE);
    }

  return FUZZ_SUCCESS;
}

static void
check_index (const GError *error, guint index)
{
  char *words = g_strdup_printf ("blocks[%u]", index);

  fuzz_check (error == NULL || strstr (error->message, words) != NULL, "“%s” does not say %s",
              error->message, words);
  g_free (words);
}

static void
free_these (FuzzPool *self, guint n, gpointer *addresses)
{
  GError *error = NULL;
  guint n_right;
  FuzzEnds expected = expect_free_many (self, n, addresses, &n_right);
  gboolean done = fsmm_pool_free_many (self->pool, n, addresses, &error);

  fuzz_pool_note_thread (self);
  check_index (error, n_right);
  fuzz_check_end ("fsmm_pool_free_many ()", expected, done, &error);
  if (!done)
    return;

  for (guint i = 0; i < n; i++)
    if (addresses[i] != NULL)
      fuzz_pool_remove (self, fuzz_pool_find (self, addresses[i]));
}

/* Blocks that lie side by side in the model, the newest ones or others. */
static guint
choose_run (FuzzPool *self, gpointer *addresses)
{
  guint wanted = fuzz_input_below (MAX_MANY);
  guint n = MIN (wanted, self->n_blocks);
  guint first = fuzz_input_flag () ? self->n_blocks - n : 0;

  for (guint i = 0; i < n; i++)
    addresses[i] = self->blocks[first + i].address;

  return n;
}

static guint
choose_each (FuzzPool *self, gpointer *addresses)
{
  guint n = fuzz_input_below (8);

  for (guint i = 0; i < n; i++)
    addresses[i] = fuzz_pool_choose_address (self);

  return n;
}

void
fuzz_pool_free_many (void)
{
  FuzzPool *self = fuzz_pool_choose ();
  gpointer addresses[MAX_MANY];
  guint n;

  if (self == NULL)
    return;

  n = fuzz_input_flag () ? choose_run (self, addresses) : choose_each (self, addresses);
  /* One of many is perhaps wrong. */
  if (n > 0 && fuzz_input_flag ())
    addresses[fuzz_input_below (n)] = fuzz_pool_choose_address (self);

  for (guint i = 0; i < n; i++)
    {
      FuzzBlock *block = fuzz_pool_find (self, addresses[i]);

      if (block != NULL)
        fuzz_pool_check_content (self, block);
    }

  free_these (self, n, addresses);
}
