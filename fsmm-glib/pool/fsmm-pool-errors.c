/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "pool/fsmm-patience-private.h"
#include "pool/fsmm-pool-private.h"

#include "fsmm-error.h"
#include "base/fsmm-probes.h"
#include "debug/fsmm-call-stack.h"
#include "debug/fsmm-report.h"
#include "engine/heap/fsmm-leaks.h"
#include "base/fsmm-text.h"

/* Turns a result of the engine into an error that says what happened, in which pool, to which
 * address, and what to do about it. */

/* Returns: (transfer full): what messages call the pool */
char *
fsmm_pool_describe (FsmmPool *self)
{
  const char *type = self->store.identity.type;
  g_autofree char *what = NULL;
  g_autofree char *name = NULL;

  if (type != NULL)
    what = g_strdup_printf ("%s, alloc-size %" G_GUINT64_FORMAT, type, self->alloc_size);
  else
    what = g_strdup_printf ("alloc-size %" G_GUINT64_FORMAT, self->alloc_size);

  if (self->name == NULL)
    return g_strdup_printf ("unnamed pool %p (%s)", (gpointer) self, what);

  name = fsmm_text_escape (self->name);
  if (self->is_default)
    return g_strdup_printf ("default pool \"%s\" (%s)", name, what);
  if (self->unnamed != NULL)
    return g_strdup_printf ("pool \"%s\" at %p (%s)", name, self->unnamed, what);

  return g_strdup_printf ("pool \"%s\" (%s)", name, what);
}

static void G_GNUC_PRINTF (4, 5)
set_error (FsmmPool *self, GError **error, FsmmError code, const char *format, ...)
{
  g_autofree char *pool = fsmm_pool_describe (self);
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);

  g_set_error (error, FSMM_ERROR, code, "%s: %s", pool, what);
}

/* For a pool that was constructed with invalid arguments. */
void
fsmm_pool_report_broken (FsmmPool *self, GError **error)
{
  g_propagate_error (error, g_error_copy (self->construct_error));
}

/* For a single block, the refusal itself says that max-blocks are live, or more, if that has been
 * lowered since. For several, they are counted here, so that the number may be outdated. */
static gsize
count_live_at_refusal (FsmmPool *self, gsize n_blocks, guint64 max_blocks)
{
  gsize n_live = fsmm_pool_get_stats (self).n_live;

  return n_blocks == 1 ? (gsize) MAX (max_blocks, n_live) : n_live;
}

static void
set_exhausted_error (FsmmPool *self, gsize n_blocks, GError **error)
{
  guint64 max_blocks = fsmm_pool_get_limit (self);

  /* The limit has been removed meanwhile. */
  if (max_blocks == 0)
    max_blocks = MAX (fsmm_pool_get_stats (self).n_live, n_blocks);
  if (n_blocks > max_blocks)
    set_error (self, error, FSMM_ERROR_EXHAUSTED,
               "%" G_GSIZE_FORMAT " blocks are more than it can have: max-blocks is "
               "%" G_GUINT64_FORMAT "; raise it",
               n_blocks, max_blocks);
  else
    set_error (self, error, FSMM_ERROR_EXHAUSTED,
               "there is no room for %" G_GSIZE_FORMAT " more: max-blocks is %" G_GUINT64_FORMAT
               ", and %" G_GSIZE_FORMAT " are live; free some, wait for one, or raise it",
               n_blocks, max_blocks, count_live_at_refusal (self, n_blocks, max_blocks));
}

/* For a call that finds the pool full, whatever it does then. */
void
fsmm_pool_note_exhausted (FsmmPool *self, gsize n_blocks)
{
  fsmm_probe_exhausted (self->store.identity.name, self->store.id, self->store.identity.type, n_blocks,
                        fsmm_pool_get_limit (self));
}

/* Nothing is counted and written for a caller who does not look at it, and tries again perhaps. */
void
fsmm_pool_report_alloc (FsmmPool *self, FsmmAllocResult result, gsize n_blocks, GError **error)
{
  if (result == FSMM_ALLOC_EXHAUSTED && !fsmm_pool_is_broken (self))
    fsmm_pool_note_exhausted (self, n_blocks);
  if (error == NULL)
    return;

  if (fsmm_pool_is_broken (self))
    fsmm_pool_report_broken (self, error);
  else if (result == FSMM_ALLOC_EXHAUSTED)
    set_exhausted_error (self, n_blocks, error);
  else
    set_error (self, error, FSMM_ERROR_NO_MEMORY,
               "the system has no memory for %" G_GSIZE_FORMAT
               " more; %" G_GSIZE_FORMAT " bytes are held in chunks now",
               n_blocks, fsmm_pool_get_stats (self).reserved_bytes);
}

/* What a call wanted an address for, in words, and what to do instead. */
typedef struct {
  const char *verb;
  const char *object; /* what comes after the address */
  const char *if_held;
  const char *if_foreign;
  FsmmError if_gone;
} Purpose;

static const Purpose to_free = {
  .verb = "free",
  .object = "",
  .if_held = "release that handle, or drop that box",
  .if_foreign = "free it there",
  .if_gone = FSMM_ERROR_DOUBLE_FREE,
};

static const Purpose to_put_into_box = {
  .verb = "put",
  .object = " into a box",
  .if_held = "use that box, or take it out there with fsmm_box_steal ()",
  .if_foreign = "pass that pool",
  .if_gone = FSMM_ERROR_RELEASED,
};

/* Where an address that is not in this pool belongs, if it is in another one. */
static char *
explain_foreign (const FsmmPool *self, gconstpointer address, const Purpose *purpose)
{
  g_autofree char *other = NULL;
  FsmmPool *owner;

  /* Keeps the other pool alive while it is described. */
  fsmm_page_map_lock ();
  owner = fsmm_pool_find (address);
  if (owner != NULL && owner != self)
    other = fsmm_pool_describe (owner);
  fsmm_page_map_unlock ();

  if (other != NULL)
    return g_strdup_printf ("it lies in a chunk of %s; %s", other, purpose->if_foreign);

  return g_strdup ("it lies in no chunk of this pool; it comes from elsewhere, "
                   "or its chunk has been released by free_all () or trim ()");
}

static char *
explain_interior (const FsmmLook *look)
{
  return g_strdup_printf ("it lies at offset %" G_GSIZE_FORMAT
                          " of the block at %p, which is %s; pass the address that was returned "
                          "when the block was taken",
                          look->offset, look->block, look->is_out ? "live" : "not allocated");
}

static char *
explain (FsmmPool *self, const FsmmLook *look, gconstpointer address, const Purpose *purpose)
{
  switch (look->kind)
    {
    case FSMM_ADDRESS_FREE:
      return g_strdup_printf ("it is free already; look for the code that freed it first%s",
                              self->store.debug & FSMM_DEBUG_HISTORY
                                ? ""
                                : " (FSMM_DEBUG=trace shows where)");
    case FSMM_ADDRESS_UNUSED:
      return g_strdup ("it is a block that was never handed out; look for where the pointer was "
                       "computed");
    case FSMM_ADDRESS_HELD:
      return g_strdup_printf ("it belongs to a handle or a box; %s", purpose->if_held);
    case FSMM_ADDRESS_CLAIMED:
      return g_strdup ("it is being constructed or cleared at this moment");
    case FSMM_ADDRESS_DROPPED:
      return g_strdup ("everything is being dropped by free_all ()");
    case FSMM_ADDRESS_INTERIOR:
      return explain_interior (look);
    case FSMM_ADDRESS_TAIL:
      return g_strdup ("it lies behind the last block of a chunk; look for where the pointer was "
                       "computed");
    case FSMM_ADDRESS_FOREIGN:
      return explain_foreign (self, address, purpose);
    case FSMM_ADDRESS_LIVE:
    default:
      g_assert_not_reached ();
    }
}

static FsmmFault
fault_of_code (gint code)
{
  switch (code)
    {
    case FSMM_ERROR_INVALID_POINTER:
    case FSMM_ERROR_RELEASED:
      return FSMM_FAULT_INVALID_POINTER;
    case FSMM_ERROR_DOUBLE_FREE:
      return FSMM_FAULT_DOUBLE_FREE;
    default:
      return FSMM_FAULT_INVALID_ARGUMENT;
    }
}

/* For each mistake once, whether it is logged or the caller gets the error. */
void
fsmm_pool_note_misuse (FsmmPool *self, gconstpointer address, const GError *misuse)
{
  fsmm_probe_refused (self->store.identity.name, self->store.id, address,
                      fault_of_code (misuse->code));
}

/* Logs @misuse (transfer full) of the pool that @address was found in. */
void
fsmm_pool_report_found (FsmmPool *self, const char *call, gconstpointer address, GError *misuse)
{
  g_autofree char *message = g_strdup_printf ("%s: %s", call, misuse->message);
  FsmmReport report;

  fsmm_report_init (&report, &self->store.identity);
  fsmm_report_log (&report, G_LOG_LEVEL_CRITICAL, fault_of_code (misuse->code), address, message);
  fsmm_report_clear (&report);
  g_error_free (misuse);
}

/* Misuse is never silent: if the caller does not ask for the error, it is logged. @call is the
 * name of the public function. */
static void
raise_misuse (FsmmPool *self,
              const char *call,
              gconstpointer address,
              GError *misuse,
              GError **error)
{
  fsmm_pool_note_misuse (self, address, misuse);
  if (error != NULL)
    g_propagate_error (error, misuse);
  else
    fsmm_pool_report_found (self, call, address, misuse);
}

void
fsmm_pool_report_raw_blocks (FsmmPool *self, const char *call, GError **error)
{
  GError *misuse = NULL;

  /* This is no misuse by the caller, so it is not logged. */
  if (fsmm_pool_is_broken (self))
    {
      fsmm_pool_report_broken (self, error);
      return;
    }

  set_error (self, &misuse, FSMM_ERROR_INVALID_ARGUMENT,
             "its blocks hold the instances of a typed pool, and are taken and freed by that "
             "alone; call the functions of the FsmmTypedPool");
  raise_misuse (self, call, NULL, misuse, error);
}

void
fsmm_pool_report_no_array (FsmmPool *self, const char *call, gsize n_blocks, GError **error)
{
  GError *misuse = NULL;

  set_error (self, &misuse, FSMM_ERROR_INVALID_ARGUMENT,
             "blocks is NULL: it must have %" G_GSIZE_FORMAT " pointers, or room for them",
             n_blocks);
  raise_misuse (self, call, NULL, misuse, error);
}

/* All that is said of @address is what @look found when it was refused. */
static void
set_address_error (FsmmPool *self,
                   const FsmmLook *look,
                   gconstpointer address,
                   const char *argument,
                   const Purpose *purpose,
                   GError **error)
{
  gboolean is_gone = look->kind == FSMM_ADDRESS_FREE || look->kind == FSMM_ADDRESS_UNUSED ||
                     look->kind == FSMM_ADDRESS_CLAIMED || look->kind == FSMM_ADDRESS_DROPPED;
  g_autofree char *why = explain (self, look, address, purpose);
  g_autofree char *history = fsmm_history_describe (&look->history);
  g_autofree char *which = NULL;

  if (look->chunk != NULL)
    which = g_strdup_printf (" (block %" G_GSIZE_FORMAT " of the chunk at %p)", look->index,
                             look->chunk);

  set_error (self, error, is_gone ? purpose->if_gone : FSMM_ERROR_INVALID_POINTER,
             "cannot %s %s%p%s%s: %s%s", purpose->verb, argument, address,
             which != NULL ? which : "", purpose->object, why, history);
}

static void
report_address (FsmmPool *self,
                const char *call,
                const FsmmLook *look,
                gconstpointer address,
                const char *argument,
                const Purpose *purpose,
                GError **error)
{
  GError *misuse = NULL;

  if (fsmm_pool_is_broken (self))
    fsmm_pool_report_broken (self, &misuse);
  else
    set_address_error (self, look, address, argument, purpose, &misuse);

  raise_misuse (self, call, address, misuse, error);
}

void
fsmm_pool_report_free (FsmmPool *self,
                       const char *call,
                       const FsmmLook *look,
                       gconstpointer address,
                       GError **error)
{
  report_address (self, call, look, address, "", &to_free, error);
}

void
fsmm_pool_report_free_many (FsmmPool *self,
                            const char *call,
                            const FsmmLook *look,
                            gconstpointer address,
                            gsize index,
                            GError **error)
{
  g_autofree char *place = g_strdup_printf ("blocks[%" G_GSIZE_FORMAT "], ", index);

  report_address (self, call, look, address, place, &to_free, error);
}

void
fsmm_pool_report_no_instance (FsmmPool *self, GError **error)
{
  set_error (self, error, FSMM_ERROR_INVALID_ARGUMENT,
             "instance is NULL: it must be a %s that lives in this pool",
             self->store.identity.type);
}

/* For an instance that cannot be put into a box. */
void
fsmm_pool_report_take (FsmmPool *self,
                       const char *call,
                       const FsmmLook *look,
                       gconstpointer address,
                       GError **error)
{
  report_address (self, call, look, address, "", &to_put_into_box, error);
}

/* For a box that has an instance, but not of the type @type_name. */
void
fsmm_pool_report_other_type (FsmmPool *self,
                             const char *call,
                             gconstpointer address,
                             const char *type_name)
{
  GError *misuse = NULL;

  set_error (self, &misuse, FSMM_ERROR_INVALID_ARGUMENT, "the box of %p has a %s, and not a %s",
             address, self->store.identity.type, type_name);
  raise_misuse (self, call, address, misuse, NULL);
}

/* For a handle whose block is gone. @what is the verb for the message. */
void
fsmm_pool_report_released (FsmmPool *self, const char *what, gconstpointer address, GError **error)
{
  set_error (self, error, FSMM_ERROR_RELEASED,
             "cannot %s what was at %p: it has been released, or dropped by free_all ()", what,
             address);
}

/* For an instance that was constructed while everything was dropped, or, if @for_ever, that
 * cannot be constructed because the pool is being finalized. */
void
fsmm_pool_report_dropped (FsmmPool *self, gboolean for_ever, GError **error)
{
  set_error (self, error, FSMM_ERROR_RELEASED,
             for_ever ? "nothing can be constructed any more: the pool is being finalized"
                      : "everything was dropped by free_all () while this was being constructed");
}

/* For a call that has only @address to find the pool by. @type_name is the type of what should live
 * there, if the caller knows one. */
void
fsmm_pool_report_no_pool (const char *call, const char *type_name, gconstpointer address)
{
  const FsmmReport report = { NULL, NULL, type_name };
  g_autofree char *message = g_strdup_printf (
    "%s: cannot free %p: it lies in no chunk of any pool; it comes from elsewhere, or its pool is "
    "gone, or its chunk has been released by free_all () or trim ()",
    call, address);

  fsmm_probe_refused (NULL, 0, address, FSMM_FAULT_INVALID_POINTER);
  fsmm_report_log (&report, G_LOG_LEVEL_CRITICAL, FSMM_FAULT_INVALID_POINTER, address, message);
}

/* --- Waiting --- */

static const char *
plural_is (guint n)
{
  return n == 1 ? " waits" : "s wait";
}

/* With the dot of English numbers, whatever the locale. */
static char *
describe_seconds (gint64 microseconds)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  return g_strdup (
      g_ascii_formatd (text, sizeof text, "%g", (double) microseconds / G_USEC_PER_SEC));
}

static void
set_timed_out_error (FsmmPool *self, const FsmmWait *wait, gint64 timeout_us, GError **error)
{
  g_autofree char *seconds = describe_seconds (timeout_us);
  g_autofree char *sites = fsmm_leaks_describe_sites (&self->store);
  g_autofree char *limit =
      fsmm_pool_get_limit (self) == 0
          ? g_strdup ("")
          : g_strdup_printf (" of at most %" G_GUINT64_FORMAT, fsmm_pool_get_limit (self));

  set_error (self, error, FSMM_ERROR_TIMED_OUT,
             "no block came free within %s s: %" G_GSIZE_FORMAT
             " are live%s, and %u other%s; free some, wait longer, or raise max-blocks%s",
             seconds, wait->n_live, limit, wait->n_others, plural_is (wait->n_others), sites);
}

void
fsmm_pool_report_closed (FsmmPool *self, GError **error)
{
  set_error (self, error, FSMM_ERROR_CLOSED,
             "nobody can wait for a block: the property \"flushing\" is set; unset it first");
}

static void
set_cancelled_error (FsmmPool *self, GError **error)
{
  g_autofree char *pool = fsmm_pool_describe (self);

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "%s: waiting for a block was cancelled", pool);
}

/* For a call that has waited in vain. */
void
fsmm_pool_report_wait (FsmmPool *self,
                       const FsmmWait *wait,
                       gint64 timeout_us,
                       GError **error)
{
  if (error == NULL)
    return;

  switch (wait->result)
    {
    case FSMM_ALLOC_TIMED_OUT:
      set_timed_out_error (self, wait, timeout_us, error);
      break;
    case FSMM_ALLOC_CLOSED:
      fsmm_pool_report_closed (self, error);
      break;
    case FSMM_ALLOC_CANCELLED:
      set_cancelled_error (self, error);
      break;
    case FSMM_ALLOC_NO_MEMORY:
    case FSMM_ALLOC_EXHAUSTED:
    case FSMM_ALLOC_OK:
    default:
      fsmm_pool_report_alloc (self, wait->result, 1, error);
    }
}

/* The main loop's own thread should not sleep: nothing is drawn then, and nothing answered. */
void
fsmm_pool_warn_of_wait (FsmmPool *self, const char *call)
{
  FsmmReport report;
  g_autofree char *message = NULL;

  fsmm_report_init (&report, &self->store.identity);
  message = g_strdup_printf (
      "%s: %s is full, and the thread that runs the main loop waits for a block: nothing else happens "
      "there meanwhile; use an asynchronous call, or wait in another thread",
      call, report.description);
  fsmm_report_log (&report, G_LOG_LEVEL_WARNING, FSMM_FAULT_BLOCKED_LOOP, NULL, message);
  fsmm_report_clear (&report);
}
