/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test-kinds.h"

/* An instance that owns something. */
typedef struct {
  char *text; /* (owned) */
  char room[48 - sizeof (char *)];
} Owner;

static gint n_cleared; /* (atomic) */

static void
owner_init (Owner *self)
{
  g_assert_null (self->text);
  self->text = g_strdup ("owned");
}

static void
owner_clear (Owner *self)
{
  g_assert_cmpstr (self->text, ==, "owned");
  g_clear_pointer (&self->text, g_free);
  g_atomic_int_inc (&n_cleared);
}

GType owner_get_type (void);
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Owner, owner, owner_init, NULL, owner_clear, NULL, {})

/* One that owns nothing. */
typedef struct {
  double numbers[6];
} Plain;

GType plain_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Plain, plain, NULL, NULL)

const FsmmTestKind fsmm_test_kinds[FSMM_TEST_N_KINDS] = {
  { .name = "raw", .alloc_size = 48, .chunk_bytes = 1024 },
  { .name = "raw-with-a-limit", .alloc_size = 48, .chunk_bytes = 1024, .max_blocks = 2000 },
  { .name = "raw-by-many", .alloc_size = 48, .chunk_bytes = 1024, .by_many = TRUE },
  { .name = "instances", .chunk_bytes = 1024, .get_type = owner_get_type },
  { .name = "instances-without-functions", .chunk_bytes = 1024, .get_type = plain_get_type },
  /* No thread keeps such for itself. */
  { .name = "large", .alloc_size = 256 * 1024 },
};

void
fsmm_test_pool_open (FsmmTestPool *self, const FsmmTestKind *kind, const char *name)
{
  g_autoptr (GError) error = NULL;

  *self = (FsmmTestPool) { .kind = kind };
  if (kind->get_type != NULL)
    {
      self->typed = fsmm_typed_pool_new_full (name, kind->get_type (), kind->chunk_bytes,
                                              kind->max_blocks, &error);
      g_assert_no_error (error);
      self->pool = g_object_ref (fsmm_typed_pool_get_pool (self->typed));
      g_assert_cmpuint (fsmm_pool_get_block_size (self->pool), ==, FSMM_TEST_BLOCK_SIZE);
    }
  else
    self->pool = fsmm_pool_new_full (name, kind->alloc_size, 0, kind->chunk_bytes,
                                     kind->max_blocks, &error);
  g_assert_no_error (error);
}

/* Asserts that the pool is sound, empty and of use first. */
void
fsmm_test_pool_close (FsmmTestPool *self)
{
  fsmm_test_assert_sound (self->pool);
  g_assert_cmpuint (fsmm_pool_get_n_allocated (self->pool), ==, 0);
  fsmm_test_pool_free (self, fsmm_test_pool_alloc (self));
  fsmm_pool_trim (self->pool);
  fsmm_test_assert_counts (self->pool, 0, 0);

  g_clear_object (&self->typed);
  g_clear_object (&self->pool);
}

gpointer
fsmm_test_pool_alloc (FsmmTestPool *self)
{
  return self->typed != NULL ? fsmm_test_construct (self->typed) : fsmm_test_alloc (self->pool);
}

gboolean
fsmm_test_pool_try_free (FsmmTestPool *self, gpointer address, GError **error)
{
  if (self->typed != NULL)
    return fsmm_typed_pool_destroy (self->typed, address, error);
  if (self->kind->by_many)
    return fsmm_pool_free_many (self->pool, 1, &address, error);

  return fsmm_pool_free (self->pool, address, error);
}

void
fsmm_test_pool_free (FsmmTestPool *self, gpointer block)
{
  g_autoptr (GError) error = NULL;
  gboolean freed = fsmm_test_pool_try_free (self, block, &error);

  g_assert_no_error (error);
  g_assert_true (freed);
}

gsize
fsmm_test_pool_free_all (FsmmTestPool *self)
{
  return self->typed != NULL ? fsmm_typed_pool_free_all (self->typed)
                             : fsmm_pool_free_all (self->pool);
}

gpointer
fsmm_test_pool_hold (FsmmTestPool *self, gpointer *address)
{
  gpointer handle;

  if (self->typed != NULL)
    {
      handle = fsmm_typed_pool_alloc (self->typed, NULL);
      *address = fsmm_box_get (handle);
    }
  else
    {
      handle = fsmm_pool_acquire (self->pool, NULL);
      *address = fsmm_block_get_address (handle);
    }
  g_assert_nonnull (*address);

  return handle;
}

void
fsmm_test_pool_drop_handle (FsmmTestPool *self, gpointer handle)
{
  if (self->typed != NULL)
    fsmm_box_unref (handle);
  else
    fsmm_block_unref (handle);
}

gint
fsmm_test_n_cleared (void)
{
  return g_atomic_int_get (&n_cleared);
}

GType
fsmm_test_get_owner_type (void)
{
  return owner_get_type ();
}
