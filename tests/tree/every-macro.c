/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What users write with the macros of the public headers, in C and in C++: test-headers.py has
 * compilers say all that they can of it. */

#include <fsmm-glib/fsmm-glib.h>

G_BEGIN_DECLS

/* What users may call their own things: no macro may hide it. */
extern int pool, instance, type, type_id, init, copy, clear, to_string, layout, value;

typedef struct {
  gint64 seconds;
  char *title;
} Track;

typedef struct {
  int x;
} Plain;

typedef struct {
  int y;
} Declared;

/* As in a user's header, which warnings demand. */
GType track_get_type (void);
GType plain_get_type (void);
FSMM_DECLARE_BOXED_TYPE (Declared, declared)

G_END_DECLS

static void
track_init (Track *self)
{
  self->seconds = 1;
}

static void
track_copy (const Track *source, Track *destination)
{
  destination->seconds = source->seconds;
  destination->title = g_strdup (source->title);
}

static void
track_clear (Track *self)
{
  g_free (self->title);
}

static char *
track_to_string (const Track *self)
{
  return g_strdup (self->title);
}

FSMM_DEFINE_BOXED_TYPE (Plain, plain, NULL, NULL)
FSMM_DEFINE_POOL (Plain, plain)
FSMM_DEFINE_POOL_INLINE (Track, track)
/* GLib's own macro casts in the old style. */
#ifndef __cplusplus
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Plain, plain_pool_free)
#endif
FSMM_DEFINE_BOXED_TYPE (Declared, declared, NULL, NULL)
FSMM_DEFINE_BOXED_TYPE_EXTENDED (Track,
                                 track,
                                 track_init,
                                 track_copy,
                                 track_clear,
                                 track_to_string,
                                 g_debug ("%s", g_type_name (g_define_type_id)))

#if !FSMM_CHECK_VERSION(1, 0, 0) || FSMM_CHECK_VERSION(FSMM_MAJOR_VERSION, FSMM_MINOR_VERSION, 99)
#error "These are headers of another version."
#endif

int
main (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (FsmmPool) numbers = fsmm_pool_new (sizeof (gint64), 0, &error);
  g_autoptr (FsmmTypedPool) tracks = fsmm_typed_pool_new (track_get_type (), 0, NULL);
  g_autoptr (FsmmBlock) block = fsmm_pool_acquire (numbers, NULL);
  g_autoptr (FsmmBox) box = fsmm_typed_pool_alloc (tracks, NULL);
  fsmm_autofree gpointer number = fsmm_pool_alloc (numbers, NULL);
  GObject *object = G_OBJECT (tracks);

  if (block != NULL && box != NULL && declared_from_box (box) == NULL &&
      FSMM_IS_TYPED_POOL (object) && !FSMM_IS_POOL (object) &&
      FSMM_TYPE_BLOCK != FSMM_TYPE_BOX && FSMM_TYPE_POOL != FSMM_TYPE_TYPED_POOL &&
      G_TYPE_IS_ENUM (FSMM_TYPE_ERROR) && G_TYPE_IS_BOXED (FSMM_TYPE_POOL_MEMORY) && G_TYPE_IS_OBJECT (FSMM_TYPE_TRIMMER) &&
      G_TYPE_IS_ENUM (FSMM_TYPE_SHARING) && G_TYPE_IS_BOXED (FSMM_TYPE_LEASE) && !FSMM_IS_OBJECT_POOL (object) &&
      G_TYPE_IS_OBJECT (FSMM_TYPE_OBJECT_POOL) && G_TYPE_IS_ENUM (FSMM_TYPE_POOL_KIND) &&
      G_TYPE_IS_OBJECT (FSMM_TYPE_POOL_INFO) && G_TYPE_IS_OBJECT (FSMM_TYPE_MONITOR))
    g_print ("%s of %d\n", FSMM_VERSION_S, FSMM_MICRO_VERSION);

  track_pool_free (track_pool_new0 ());

  return number == NULL || g_error_matches (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED) ||
         FSMM_TYPED_POOL (object) != tracks;
}
