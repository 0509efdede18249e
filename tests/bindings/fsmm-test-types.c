/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fsmm-test-types.h"

struct _FsmmTestOpaque {
  int number;
};

#define DEFINE_COPIED_BYTES(TypeName, type_name)                                                   \
  static gpointer type_name##_copy (gpointer instance)                                             \
  {                                                                                                \
    return g_memdup2 (instance, sizeof (TypeName));                                                \
  }                                                                                                \
  G_DEFINE_BOXED_TYPE (TypeName, type_name, type_name##_copy, g_free)

DEFINE_COPIED_BYTES (FsmmTestPoint, fsmm_test_point)
DEFINE_COPIED_BYTES (FsmmTestSegment, fsmm_test_segment)
DEFINE_COPIED_BYTES (FsmmTestShape, fsmm_test_shape)
DEFINE_COPIED_BYTES (FsmmTestReading, fsmm_test_reading)
DEFINE_COPIED_BYTES (FsmmTestMatrix, fsmm_test_matrix)
DEFINE_COPIED_BYTES (FsmmTestChoice, fsmm_test_choice)

DEFINE_COPIED_BYTES (FsmmTestText, fsmm_test_text)
DEFINE_COPIED_BYTES (FsmmTestLine, fsmm_test_line)
DEFINE_COPIED_BYTES (FsmmTestTail, fsmm_test_tail)
DEFINE_COPIED_BYTES (FsmmTestListener, fsmm_test_listener)
DEFINE_COPIED_BYTES (FsmmTestSecret, fsmm_test_secret)
DEFINE_COPIED_BYTES (FsmmTestPixel, fsmm_test_pixel)
DEFINE_COPIED_BYTES (FsmmTestOpaque, fsmm_test_opaque)

static gpointer
fsmm_test_counted_ref (gpointer counted)
{
  ((FsmmTestCounted *) counted)->ref_count++;
  return counted;
}

static void
fsmm_test_counted_unref (gpointer counted)
{
  if (--((FsmmTestCounted *) counted)->ref_count == 0)
    g_free (counted);
}

G_DEFINE_BOXED_TYPE (FsmmTestCounted,
                     fsmm_test_counted,
                     fsmm_test_counted_ref,
                     fsmm_test_counted_unref)

static void
fsmm_test_track_copy_to (const FsmmTestTrack *source, FsmmTestTrack *destination)
{
  destination->title = g_strdup (source->title);
  destination->seconds = source->seconds;
}

static void
fsmm_test_track_clear (FsmmTestTrack *self)
{
  g_free (self->title);
}

FSMM_DEFINE_BOXED_TYPE (FsmmTestTrack,
                        fsmm_test_track,
                        fsmm_test_track_copy_to,
                        fsmm_test_track_clear)

/**
 * fsmm_test_track_new:
 * @title: the title
 * @seconds: the length
 *
 * Makes a track in the type's default pool.
 *
 * Returns: (transfer full): a track
 */
FsmmTestTrack *
fsmm_test_track_new (const char *title, guint seconds)
{
  FsmmTypedPool *pool = fsmm_typed_pool_get_default (fsmm_test_track_get_type ());
  FsmmTestTrack *self = fsmm_typed_pool_construct (pool, NULL);

  self->title = g_strdup (title);
  self->seconds = seconds;

  return self;
}
