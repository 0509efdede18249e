/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "typed/fsmm-type-layout-private.h"

#include "fsmm-error.h"
#include "fsmm-pool.h"

#include <stddef.h>
#include <string.h>

/* Registering plain data needs a pool, unlike other layouts: the type's copy function is tried on a
 * sample in a block. */

typedef enum {
  COPY_WHOLE,
  COPY_SHORT,  /* the last bytes are missing */
  COPY_NONE,   /* the copy is the sample itself, or NULL */
  COPY_UNCLEAR /* the last bytes may not be readable */
} CopyResult;

static const char *const copy_results[] = {
  [COPY_SHORT] = "its copy function copies less, as where bit fields were counted as integers",
  [COPY_NONE] = "its copy function makes no copy, as where references are counted",
  [COPY_UNCLEAR] = "it is too large to find out whether that is so",
};

/* The smallest page size of any system. */
#define PAGE_BYTES 4096

static gboolean
is_on_one_page (gconstpointer memory, gsize size)
{
  return (guintptr) memory % PAGE_BYTES + size <= PAGE_BYTES;
}

/* Copies the sample, whose bytes from @start on are @mark, and looks for the mark in the copy.
 *
 * Other memory follows a copy that is too short. It can be read as far as the end of the page. */
static CopyResult
try_copy (GType type, gconstpointer sample, gsize start, gsize size, guint8 mark)
{
  CopyResult result = COPY_UNCLEAR;
  guint8 *copies[16];
  guint n = 0;

  while (result == COPY_UNCLEAR && n < G_N_ELEMENTS (copies))
    {
      guint8 *copy = g_boxed_copy (type, sample);

      if (copy == NULL || copy == sample)
        {
          result = COPY_NONE;
          break;
        }

      /* It is freed after the loop, so that the next copy lies elsewhere. */
      copies[n++] = copy;
      if (is_on_one_page (copy, size))
        result = memchr (copy + start, mark, size - start) != NULL ? COPY_WHOLE : COPY_SHORT;
    }

  while (n > 0)
    g_boxed_free (type, copies[--n]);

  return result;
}

/* Marks the last bytes, in which the last field ends even if padding follows it. Several marks are
 * tried, because other memory may contain one by chance. */
static CopyResult
try_copies (GType type, guint8 *sample, gsize size, gsize alignment)
{
  static const guint8 marks[] = { 0x5a, 0xa5, 0x3c, 0xc3 };
  gsize unit = alignment != 0 ? alignment : _Alignof (max_align_t);
  gsize start = size - MIN (unit, size);
  CopyResult result = COPY_WHOLE;

  for (guint i = 0; i < G_N_ELEMENTS (marks) && result == COPY_WHOLE; i++)
    {
      memset (sample + start, marks[i], size - start);
      result = try_copy (type, sample, start, size, marks[i]);
    }

  return result;
}

/* The sample lies in a block, as instances will. */
static gboolean
check_copies (GType type, gsize size, gsize alignment, GError **error)
{
  g_autoptr (FsmmPool) pool = fsmm_pool_new_full ("sample", size, alignment, 0, 1, error);
  guint8 *sample = pool != NULL ? fsmm_pool_alloc0 (pool, error) : NULL;
  CopyResult result;

  if (sample == NULL)
    return FALSE;

  result = try_copies (type, sample, size, alignment);
  fsmm_pool_free (pool, sample, NULL);
  if (result == COPY_WHOLE)
    return TRUE;

  g_set_error (error, FSMM_ERROR, FSMM_ERROR_UNSUPPORTED_TYPE,
               "%s cannot be taken for plain data of %" G_GSIZE_FORMAT " bytes: %s; if it is a "
               "struct of yours, call fsmm_type_register_layout () with its sizeof",
               g_type_name (type), size, copy_results[result]);
  return FALSE;
}

/**
 * fsmm_type_register_plain_layout:
 * @type: a boxed type
 * @size: the size of an instance in bytes
 * @alignment: its alignment in bytes, or 0 for one that suits every type of
 *   that size
 * @error: return location for an error
 *
 * Tells pools that instances of a boxed type are plain data: all zeroes are an instance, the same
 * bytes are a copy, and no instance owns anything.
 *
 * This is for bindings, which know the size and fields of a struct from introspection. It is not
 * for a struct that contains a pointer: what that points to would never be freed, or would be freed
 * by two instances.
 *
 * Introspection data may be wrong: it counts each bit field as a separate integer. Also, some types
 * without a pointer are reference-counted. So the type's own copy function is tried on samples that
 * are all zeroes except for the last bytes. This is possible for up to 4096 bytes. It does not
 * detect that a struct is larger than @size, as a struct with an unnamed union is.
 *
 * Otherwise, this works like [func@Fsmm.type_register_layout].
 *
 * Errors: `FSMM_ERROR_UNSUPPORTED_TYPE` for a type that is not boxed, or whose copy function does
 * not copy @size bytes, `FSMM_ERROR_INVALID_ARGUMENT` for a size or an alignment that no pool can
 * have, or for a type that has another layout, `FSMM_ERROR_NO_MEMORY` if there is no memory for a
 * sample.
 *
 * Returns: %TRUE if the type now has this layout
 *
 * Since: 1.0
 */
gboolean
fsmm_type_register_plain_layout (GType type, gsize size, gsize alignment, GError **error)
{
  const FsmmTypeLayout layout = { .size = size, .alignment = alignment };

  if (!fsmm_type_check_layout (type, &layout, error))
    return FALSE;
  if (fsmm_type_lookup_layout (type) == NULL && !check_copies (type, size, alignment, error))
    return FALSE;

  return fsmm_type_register_layout (type, &layout, error);
}
