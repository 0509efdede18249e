/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "objects/fsmm-pooled-object.h"

#include "base/fsmm-lock.h"
#include "base/fsmm-pause.h"
#include "objects/fsmm-object-snapshot.h"
#include "objects/fsmm-object-store.h"

FsmmPooled *
fsmm_pooled_new (FsmmObjectStore *store)
{
  FsmmPooled *self = g_new0 (FsmmPooled, 1);

  self->ref_count = 1;
  self->store = fsmm_object_store_ref (store);
  self->link.data = self;
  self->is_new = TRUE;

  return self;
}

FsmmPooled *
fsmm_pooled_ref (FsmmPooled *self)
{
  g_atomic_int_inc (&self->ref_count);

  return self;
}

void
fsmm_pooled_unref (FsmmPooled *self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  g_clear_pointer (&self->snapshot, fsmm_snapshot_free);
  fsmm_object_store_unref (self->store);
  g_free (self);
}

/* --- The mark of an object --- */

static FSMM_DEFINE_QUARK (fsmm-pooled-object, mark)

static gpointer
ref_mark (gpointer mark, gpointer data)
{
  return mark != NULL ? fsmm_pooled_ref (mark) : NULL;
}

/* Returns: (transfer full) (nullable) */
static FsmmPooled *
dup_mark (GObject *object)
{
  return g_object_dup_qdata (object, mark_quark (), ref_mark, NULL);
}

/* Whether note_disposal () will be called. */
static FSMM_DEFINE_QUARK (fsmm-pooled-object-listener, listener)

/* Its dispose function runs: whoever has that run leaves a wreck. */
static void
note_disposal (gpointer unused, GObject *object)
{
  FsmmPooled *self = dup_mark (object);

  g_object_set_qdata (object, listener_quark (), NULL);
  if (self != NULL)
    {
      g_atomic_int_set (&self->is_disposed, TRUE);
      fsmm_pooled_unref (self);
    }
}

/* This stays with the object when the pool gives it up: while it is disposed of, it cannot be taken away,
 * and whoever is told of that before us may end the lease. Without a mark, it does nothing. */
static void
listen_to_disposal (GObject *object)
{
  if (g_object_replace_qdata (object, listener_quark (), NULL, GINT_TO_POINTER (TRUE), NULL, NULL))
    g_object_weak_ref (object, note_disposal, NULL);
}

/* It is finalized, although the pool has a reference: somebody has dropped one that was not theirs. */
static void
note_finalization (gpointer mark)
{
  FsmmPooled *self = mark;

  g_atomic_int_set (&self->is_finalized, TRUE);
  fsmm_object_store_report_end (self->store, self->object);
  fsmm_pooled_unref (self);
}

gboolean
fsmm_pooled_attach (FsmmPooled *self, GObject *object)
{
  if (!g_object_replace_qdata (object, mark_quark (), NULL, fsmm_pooled_ref (self),
                               note_finalization, NULL))
    {
      fsmm_pooled_unref (self);
      return FALSE;
    }

  self->object = object;
  listen_to_disposal (object);

  return TRUE;
}

GObject *
fsmm_pooled_detach (FsmmPooled *self)
{
  GObject *object = g_steal_pointer (&self->object);

  if (g_atomic_int_get (&self->is_finalized))
    return NULL;
  if (g_object_steal_qdata (object, mark_quark ()) != NULL)
    fsmm_pooled_unref (self);

  return object;
}

void
fsmm_pooled_renew (FsmmPooled *self)
{
  g_clear_pointer (&self->snapshot, fsmm_snapshot_free);
  g_atomic_int_set (&self->is_disposed, FALSE);
  g_atomic_int_set (&self->is_finalized, FALSE);
  self->is_new = TRUE;
}

/* --- Who else has it --- */

#define TOGGLE_FLAG 1

/* For a test. */
gint fsmm_toggle_flag_fails;

static gboolean
has_toggle_flag (GObject *object)
{
  return (g_datalist_get_flags (&object->qdata) & TOGGLE_FLAG) != 0;
}

static void
ignore_toggle (gpointer data, GObject *object, gboolean is_last_ref)
{
}

/* What the flag means is known from GLib's source alone. */
static gboolean
try_flag (void)
{
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);
  gboolean is_known = !has_toggle_flag (object);

  g_object_add_toggle_ref (object, ignore_toggle, NULL);
  is_known &= has_toggle_flag (object);
  g_object_remove_toggle_ref (object, ignore_toggle, NULL);
  is_known &= !has_toggle_flag (object);
  g_object_unref (object);

  return is_known;
}

/* Where it is not, what a script's toggle reference keeps lingers, and nothing else is changed. */
gboolean
fsmm_toggle_flag_is_known (void)
{
  static gboolean is_known;
  static gsize is_tried;

  if (fsmm_once_enter (&is_tried))
    {
      is_known = try_flag ();
      fsmm_once_leave (&is_tried);
    }

  return is_known && !g_atomic_int_get (&fsmm_toggle_flag_fails);
}

/* A binding has a toggle reference to an object to which a script has added something of its own. It
 * keeps that for as long as the object lives, also if no variable of the script has the object. So it is
 * no sign of use. */
static guint
count_toggles_of_bindings (GObject *object)
{
  return fsmm_toggle_flag_is_known () && has_toggle_flag (object) ? 1 : 0;
}

static guint
count_references (GObject *object)
{
  return (guint) g_atomic_int_get (&object->ref_count);
}

/* References to an object that is not watched, but for the pool's own and those that the caller knows
 * to be harmless. A binding knows of its own. */
guint
fsmm_pooled_count_others (FsmmPooled *self, guint n_known_refs)
{
  guint n_references = count_references (self->object);
  guint n_harmless = 1 + MAX (n_known_refs, count_toggles_of_bindings (self->object));

  return n_references > n_harmless ? n_references - n_harmless : 0;
}

/* In microseconds. */
#define LOOK_AGAIN 100000
#define LATEST_WORD 1000000

static gboolean
was_alone_for_long (FsmmPooled *self, gint64 now)
{
  if (self->alone_since == 0)
    self->alone_since = now;

  return now - self->alone_since >= LATEST_WORD;
}

/* Two toggle references silence each other: then there are two references to an object that is
 * watched. Where a binding had its own first, the object is not watched. And GLib before 2.80 may forget
 * to tell, if one reference is dropped while another one becomes a toggle reference. */
gboolean
fsmm_pooled_is_forgotten (FsmmPooled *self, gint64 now)
{
  guint n_references;

  if (g_atomic_int_get (&self->is_finalized))
    return TRUE;

  n_references = count_references (self->object);
  if (!self->is_watched)
    return n_references <= 2;
  if (n_references == 1)
    return was_alone_for_long (self, now);

  self->alone_since = 0;
  return n_references == 2 && now - self->changed_at >= LOOK_AGAIN;
}

/* For a test: for how many microseconds a thread is put aside that is about to tell. */
gint fsmm_toggle_delay;

static void
on_toggle (gpointer unused, GObject *object, gboolean is_last_ref)
{
  FsmmPooled *self;

  if (G_UNLIKELY (g_atomic_int_get (&fsmm_toggle_delay) > 0))
    g_usleep ((gulong) g_atomic_int_get (&fsmm_toggle_delay));

  self = is_last_ref ? dup_mark (object) : NULL;
  if (self == NULL)
    return;

  if (fsmm_object_store_note_last_reference (self))
    fsmm_pooled_come_back (self);
  fsmm_pooled_unref (self);
}

static void
set_watched (FsmmPooled *self, gboolean is_watched)
{
  fsmm_lock (&self->store->lock);
  self->is_watched = is_watched;
  self->is_told = FALSE;
  self->alone_since = 0;
  fsmm_unlock (&self->store->lock);
}

/* A second toggle reference would silence both. So where a binding has one, it is not watched. */
void
fsmm_pooled_watch (FsmmPooled *self)
{
  if (count_toggles_of_bindings (self->object) > 0)
    return;

  set_watched (self, TRUE);
  g_object_add_toggle_ref (self->object, on_toggle, NULL);
  g_object_unref (self->object);
}

static gboolean
is_told (FsmmPooled *self)
{
  gboolean is_told;

  fsmm_lock (&self->store->lock);
  is_told = self->is_told;
  fsmm_unlock (&self->store->lock);

  return is_told;
}

/* Whoever has dropped the last other reference is about to tell, and looks at the object until then. */
static void
wait_for_word (FsmmPooled *self)
{
  gint64 alone_since = self->alone_since > 0 ? self->alone_since : g_get_monotonic_time ();
  guint n_pauses = 0;

  while (!is_told (self) && g_get_monotonic_time () - alone_since < LATEST_WORD)
    fsmm_pause (&n_pauses);
}

/* As g_object_ref (), but returns how many there were: from now on, nobody else drops the last but one.
 * The function of GLib does it, and not the macro: ThreadSanitizer sees none of what GLib does with the
 * count, and would take this for a race with the end of the object. */
static guint
add_reference (GObject *object)
{
  return (guint) (g_atomic_int_add) ((gint *) &object->ref_count, 1);
}

void
fsmm_pooled_unwatch (FsmmPooled *self)
{
  if (!self->is_watched || g_atomic_int_get (&self->is_finalized))
    return;

  if (add_reference (self->object) == 1)
    wait_for_word (self);
  g_object_remove_toggle_ref (self->object, on_toggle, NULL);
  set_watched (self, FALSE);
}
