/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "objects/fsmm-object-leaks.h"

#include "engine/heap/fsmm-exit.h"
#include "objects/fsmm-object-pool-private.h"
#include "objects/fsmm-object-registry.h"

/* Objects that are lent: where they were borrowed, and which of them are when the program exits. */

#define MAX_LOAN_SITES 5

typedef struct {
  const FsmmStack *stack; /* (nullable) */
  guint n_objects;
} LoanSite;

typedef struct {
  guint n_objects;
  gint64 lent_at; /* the oldest */
  GArray *sites;  /* (element-type LoanSite) */
} Loans;

static void
loans_clear (Loans *self)
{
  g_clear_pointer (&self->sites, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Loans, loans_clear)

static void
add_loan (Loans *self, const FsmmPooled *pooled)
{
  const LoanSite site = { pooled->borrowed, 1 };

  if (self->n_objects == 0 || pooled->changed_at < self->lent_at)
    self->lent_at = pooled->changed_at;
  self->n_objects++;

  for (guint i = 0; i < self->sites->len; i++)
    if (g_array_index (self->sites, LoanSite, i).stack == site.stack)
      {
        g_array_index (self->sites, LoanSite, i).n_objects++;
        return;
      }
  g_array_append_val (self->sites, site);
}

static gint
compare_loan_sites (gconstpointer a, gconstpointer b)
{
  guint one = ((const LoanSite *) a)->n_objects;
  guint other = ((const LoanSite *) b)->n_objects;

  return one == other ? 0 : one > other ? -1 : 1;
}

static Loans
find_loans (FsmmObjectStore *store)
{
  Loans self = { 0, 0, g_array_new (FALSE, FALSE, sizeof (LoanSite)) };

  fsmm_lock (&store->lock);
  for (GList *l = store->lent.head; l != NULL; l = l->next)
    if (!((FsmmPooled *) l->data)->is_inherited)
      add_loan (&self, l->data);
  fsmm_unlock (&store->lock);
  g_array_sort (self.sites, compare_loan_sites);

  return self;
}

static void
append_loan_sites (GString *text, const Loans *loans)
{
  for (guint i = 0; i < MIN (loans->sites->len, MAX_LOAN_SITES); i++)
    {
      const LoanSite *site = &g_array_index (loans->sites, LoanSite, i);

      if (site->stack != NULL)
        g_string_append_printf (text, "\n  %u object%s borrowed by:\n%s", site->n_objects,
                                site->n_objects == 1 ? "" : "s", fsmm_stack_describe (site->stack));
    }
  if (loans->sites->len > MAX_LOAN_SITES)
    g_string_append_printf (text, "\n  and others at %u more places",
                            loans->sites->len - MAX_LOAN_SITES);
}

/* Returns: (transfer full): where most of what is lent was borrowed, in lines that each begin with a line
 * break. Empty if that was not remembered. */
char *
fsmm_object_store_describe_sites (FsmmObjectStore *self)
{
  GString *text = g_string_new (NULL);

  if (self->debug & FSMM_DEBUG_HISTORY)
    {
      g_auto (Loans) loans = find_loans (self);

      append_loan_sites (text, &loans);
    }

  return g_string_free (text, FALSE);
}

/* --- At the end of the program --- */

static void
report_loans (FsmmObjectStore *store)
{
  g_auto (Loans) loans = find_loans (store);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *pool = fsmm_object_store_describe (store);
  gint64 tenths = (g_get_monotonic_time () - loans.lent_at) * 10 / G_USEC_PER_SEC;

  if (loans.n_objects == 0)
    return;

  g_string_append_printf (
      text, "%s: %u object%s lent when the program exited, the oldest for %" G_GINT64_FORMAT ".%d s",
      pool, loans.n_objects, loans.n_objects == 1 ? "" : "s", tenths / 10, (int) (tenths % 10));
  append_loan_sites (text, &loans);

  fsmm_object_store_log (store, G_LOG_LEVEL_MESSAGE, FSMM_FAULT_LEAK, NULL, NULL, text->str);
}

static void
report_at_exit (void)
{
  g_autoptr (GPtrArray) pools = fsmm_object_registry_list ();

  for (guint i = 0; i < pools->len; i++)
    {
      FsmmObjectStore *store = pools->pdata[i];

      if (store->debug & FSMM_DEBUG_LEAKS)
        report_loans (store);
    }
}

/* Called for every pool that is asked about. */
void
fsmm_object_leaks_watch (void)
{
  fsmm_exit_add_report (report_at_exit);
}
