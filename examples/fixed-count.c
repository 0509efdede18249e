/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A pool can have a limit. This one has room for four tickets: the fifth is refused with an
 * error, and as soon as one comes back, there is one to have again. */

#include <fsmm-glib/fsmm-glib.h>
#include <stdio.h>

#define N_TICKETS 4

typedef struct {
  int number;
} Ticket;

static int
fail (const GError *error)
{
  fprintf (stderr, "fixed-count: %s\n", error->message);

  return 1;
}

static Ticket *
take_ticket (FsmmPool *pool, int number, GError **error)
{
  Ticket *ticket = fsmm_pool_alloc (pool, error);

  if (ticket == NULL)
    return NULL;

  ticket->number = number;
  printf ("ticket %d: taken, %zu of %zu\n", number, fsmm_pool_get_n_allocated (pool),
          fsmm_pool_get_max_blocks (pool));

  return ticket;
}

int
main (void)
{
  Ticket *tickets[N_TICKETS];
  g_autoptr (GError) error = NULL;
  g_autoptr (FsmmPool) pool = NULL;

  pool = fsmm_pool_new_full ("tickets", sizeof (Ticket), 0, 0, N_TICKETS, &error);
  if (pool == NULL)
    return fail (error);

  for (int i = 0; i < N_TICKETS; i++)
    {
      tickets[i] = take_ticket (pool, i + 1, &error);
      if (tickets[i] == NULL)
        return fail (error);
    }

  if (take_ticket (pool, 5, &error) != NULL ||
      !g_error_matches (error, FSMM_ERROR, FSMM_ERROR_EXHAUSTED))
    return 1;
  printf ("ticket 5: %s\n", error->message);
  g_clear_error (&error);

  if (!fsmm_pool_free (pool, tickets[1], &error))
    return fail (error);
  printf ("ticket 2: given back\n");

  tickets[1] = take_ticket (pool, 5, &error);

  return tickets[1] != NULL ? 0 : fail (error);
}
