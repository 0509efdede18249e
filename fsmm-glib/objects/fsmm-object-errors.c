/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "objects/fsmm-object-pool-private.h"

#include "fsmm-error.h"
#include "base/fsmm-probes.h"
#include "base/fsmm-text.h"
#include "debug/fsmm-report.h"
#include "objects/fsmm-object-leaks.h"

/* Errors that say what happened, in which pool, and what to do about it. */

/* Returns: (transfer full): what messages call the pool */
char *
fsmm_object_store_describe (FsmmObjectStore *self)
{
  const char *type = g_type_name (self->item_type);
  g_autofree char *name = self->name != NULL ? fsmm_text_escape (self->name) : NULL;

  if (type == NULL)
    type = "no type";

  return name != NULL ? g_strdup_printf ("object pool \"%s\" (%s)", name, type)
                      : g_strdup_printf ("unnamed object pool %p (%s)", self->address, type);
}

/* Logs a message that describes the pool, so that it can be found by its name and type. */
void
fsmm_object_store_log (FsmmObjectStore *self,
                       GLogLevelFlags level,
                       FsmmFault fault,
                       const char *type,
                       gconstpointer address,
                       const char *message)
{
  g_autofree char *name = self->name != NULL ? fsmm_text_escape (self->name)
                                             : g_strdup_printf ("%p", self->address);
  const FsmmReport report = { NULL, name, type != NULL ? type : g_type_name (self->item_type) };

  fsmm_report_log (&report, level, fault, address, message);
}

void
fsmm_object_store_set_error (
    FsmmObjectStore *self, GError **error, gint code, const char *format, ...)
{
  g_autofree char *pool = NULL;
  g_autofree char *what = NULL;
  va_list args;

  if (error == NULL)
    return;

  pool = fsmm_object_store_describe (self);
  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);

  g_set_error (error, FSMM_ERROR, code, "%s: %s", pool, what);
}

/* However it was constructed. */
gboolean
fsmm_object_pool_is_broken (FsmmObjectPool *self, GError **error)
{
  FsmmObjectStore *store = self->store;

  if (G_LIKELY (G_TYPE_IS_INTERFACE (store->item_type) || G_TYPE_IS_OBJECT (store->item_type)))
    return FALSE;

  fsmm_object_store_set_error (
      store, error, FSMM_ERROR_UNSUPPORTED_TYPE,
      "its item-type is %s, which is neither a class nor an interface of objects; give one of these%s",
      g_type_name (store->item_type) != NULL ? g_type_name (store->item_type) : "not set",
      G_TYPE_IS_BOXED (store->item_type) ? ", or use an FsmmTypedPool for boxed types" : "");
  return TRUE;
}

/* How many there are, for a sentence. */
static char *
describe_counts (FsmmObjectStore *self, guint n_lent, guint n_lingering)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "%u lent", n_lent);
  if (n_lingering > 0)
    g_string_append_printf (text, ", %u released but still referenced", n_lingering);

  return g_string_free (text, FALSE);
}

static void
report_full (FsmmObjectStore *self, GError **error)
{
  guint n_lent, n_lingering, max_objects;
  gboolean cannot_make;
  g_autofree char *counts = NULL;

  fsmm_lock (&self->lock);
  n_lent = self->n_lent;
  n_lingering = self->lingering.length;
  max_objects = self->max_objects;
  cannot_make = self->making != FSMM_MAKING_BY_CALL &&
                (max_objects == 0 || self->n_objects < max_objects);
  fsmm_unlock (&self->lock);

  counts = describe_counts (self, n_lent, n_lingering);
  if (cannot_make)
    fsmm_object_store_set_error (
        self, error, FSMM_ERROR_EXHAUSTED,
        "no object is idle (%s), and it cannot make one by itself; set a create function, add "
        "objects, or wait for one",
        counts);
  else
    fsmm_object_store_set_error (
        self, error, FSMM_ERROR_EXHAUSTED,
        "no object is idle: %s, and max-objects is %u; release one%s, wait for one, or raise it",
        counts, max_objects, n_lingering > 0 ? ", drop those references" : "");
}

/* For a call that finds no object, or no place for one, whatever it does then. */
void
fsmm_object_store_note_exhausted (FsmmObjectStore *self)
{
  fsmm_probe_exhausted (self->name, self->id, g_type_name (self->item_type), 1,
                        (guint) g_atomic_int_get (&self->max_objects));
}

/* For a call that does not wait. */
void
fsmm_object_store_report (FsmmObjectStore *self, FsmmLendResult result, GError **error)
{
  if (error == NULL)
    return;

  if (result == FSMM_LEND_CLOSED)
    fsmm_object_store_set_error (self, error, FSMM_ERROR_CLOSED,
                                 "it has been closed, and lends nothing any more");
  else
    report_full (self, error);
}

/* For an object that comes in. */
void
fsmm_object_store_report_no_place (FsmmObjectStore *self, gboolean is_closed, GError **error)
{
  guint n_objects, max_objects;

  if (is_closed)
    {
      fsmm_object_store_set_error (self, error, FSMM_ERROR_CLOSED,
                                   "it has been closed, and takes no object any more");
      return;
    }

  fsmm_object_store_note_exhausted (self);
  fsmm_lock (&self->lock);
  n_objects = self->n_objects;
  max_objects = self->max_objects;
  fsmm_unlock (&self->lock);
  fsmm_object_store_set_error (self, error, FSMM_ERROR_EXHAUSTED,
                               "there is no room for one more: it has %u objects, and max-objects is "
                               "%u; raise it, or discard one",
                               n_objects, max_objects);
}

/* --- Waiting --- */

static void
report_timed_out (FsmmObjectStore *self, FsmmObjectWait *wait, gint64 timeout_us, GError **error)
{
  char seconds[G_ASCII_DTOSTR_BUF_SIZE];
  g_autofree char *counts = describe_counts (self, wait->n_lent, wait->n_lingering);
  g_autofree char *sites = fsmm_object_store_describe_sites (self);
  g_autofree char *limit = NULL;
  guint max_objects;

  fsmm_lock (&self->lock);
  max_objects = self->max_objects;
  fsmm_unlock (&self->lock);
  limit = max_objects > 0 ? g_strdup_printf (" of at most %u", max_objects) : g_strdup ("");

  g_ascii_formatd (seconds, sizeof seconds, "%g", (double) timeout_us / G_USEC_PER_SEC);
  fsmm_object_store_set_error (
      self, error, FSMM_ERROR_TIMED_OUT,
      "no object came back within %s s: %s%s, and %u other%s; release some%s, wait longer, or raise "
      "max-objects%s",
      seconds, counts, limit, wait->n_others, wait->n_others == 1 ? " waits" : "s wait",
      wait->n_lingering > 0 ? ", drop those references" : "", sites);
}

/* For a call that has waited in vain. */
void
fsmm_object_store_report_wait (FsmmObjectStore *self,
                               FsmmObjectWait *wait,
                               gint64 timeout_us,
                               GError **error)
{
  g_autofree char *pool = NULL;

  switch (wait->result)
    {
    case FSMM_LEND_TIMED_OUT:
      report_timed_out (self, wait, timeout_us, error);
      break;
    case FSMM_LEND_CANCELLED:
      pool = fsmm_object_store_describe (self);
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s: waiting for an object was cancelled",
                   pool);
      break;
    case FSMM_LEND_FAILED:
      g_propagate_error (error, g_steal_pointer (&wait->error));
      break;
    case FSMM_LEND_OK:
    case FSMM_LEND_FULL:
    case FSMM_LEND_CLOSED:
    default:
      fsmm_object_store_report (self, FSMM_LEND_CLOSED, error);
    }
}

/* Its memory is still there, but it is no object any more. */
void
fsmm_object_store_report_end (FsmmObjectStore *self, gconstpointer address)
{
  g_autofree char *pool = fsmm_object_store_describe (self);
  g_autofree char *message = g_strdup_printf (
      "%s: the object at %p is finalized while it belongs to the pool: somebody has dropped a reference "
      "that was not theirs; what a lease lends is released, and not unreferenced",
      pool, address);

  fsmm_probe_refused (self->name, self->id, address, FSMM_FAULT_DOUBLE_FREE);
  fsmm_object_store_log (self, G_LOG_LEVEL_CRITICAL, FSMM_FAULT_DOUBLE_FREE, NULL, address, message);
}

/* The main loop's own thread should not sleep: nothing is drawn then, and nothing answered. */
void
fsmm_object_store_warn_of_wait (FsmmObjectStore *self)
{
  g_autofree char *pool = NULL;
  g_autofree char *message = NULL;

  if ((self->debug & FSMM_DEBUG_WAIT) == 0 || !g_main_context_is_owner (g_main_context_default ()))
    return;

  pool = fsmm_object_store_describe (self);
  message = g_strdup_printf (
      "fsmm_object_pool_borrow_wait: %s has none to lend, and the thread that runs the main loop waits "
      "for one: nothing else happens there meanwhile; use fsmm_object_pool_borrow_async (), or wait in "
      "another thread",
      pool);
  fsmm_object_store_log (self, G_LOG_LEVEL_WARNING, FSMM_FAULT_BLOCKED_LOOP, NULL, NULL, message);
}
