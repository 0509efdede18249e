/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The system refuses the k-th request for memory, for every k, of every call that there is: the
 * call fails as a whole with the right words, or can do without; nothing is lost; and it works when
 * it is made again.
 *
 * Each time the call is the first that a new thread makes, on new pools. Where the system really
 * has no more is in test-system-limits.c. */

#include "no-memory-calls.h"

#include "fsmm-glib/base/fsmm-system.h"

#include <string.h>

typedef struct {
  const Call *call;
  guint nth;
  gboolean refused;  /* the call was */
  gboolean happened; /* there was an nth request */
} Trial;

static void
assert_says_no_memory (const GError *error)
{
  g_assert_error (error, FSMM_ERROR, FSMM_ERROR_NO_MEMORY);
  g_assert_nonnull (strstr (error->message, "the system has no memory for "));
  g_assert_nonnull (strstr (error->message, " bytes are held in chunks now"));
}

/* The call alone is made in the thread: its first one. */
static gpointer
try_call (gpointer data)
{
  gpointer *pair = data;
  Trial *trial = pair[0];
  World *w = pair[1];
  const Call *call = trial->call;
  g_autoptr (GError) error = NULL;
  gsize n_live = world_n_live (w);
  gsize n_chunks = world_n_chunks (w);

  fsmm_system_fail_nth (trial->nth);
  trial->refused = !call->make (w, &error);
  trial->happened = fsmm_system_fail_none ();

  world_assert_sound (w);
  if (trial->refused)
    {
      g_assert_true (trial->happened);
      assert_says_no_memory (error);
      g_assert_cmpuint (world_n_live (w), ==, n_live);
      g_assert_cmpuint (world_n_chunks (w), ==, n_chunks);
      for (guint i = 0; i < MANY && call->prepare == NULL; i++)
        g_assert_null (w->blocks[i]);
      g_assert_true (call->make (w, NULL));
    }
  else
    g_assert_no_error (error);

  if (call->undo != NULL)
    call->undo (w);

  return NULL;
}

static void
run_trial (Trial *trial)
{
  const Call *call = trial->call;
  World w;
  gpointer pair[] = { trial, &w };

  world_init (&w);
  if (call->prepare != NULL)
    call->prepare (&w);
  /* What other pools have left would do. */
  fsmm_trim_all ();

  g_thread_join (g_thread_new ("try", try_call, pair));

  if (call->clean != NULL)
    call->clean (&w);
  world_clear (&w);
}

static void
test_call (gconstpointer call)
{
  Trial trial = { .call = call, .happened = TRUE };
  guint n_refused = 0;

  while (trial.happened)
    {
      trial.nth++;
      run_trial (&trial);
      n_refused += trial.refused;
    }

  g_test_message ("%u requests, %u of them with an error where they are refused", trial.nth - 1,
                  n_refused);
  if (trial.call->n_refused == 0)
    g_assert_cmpuint (n_refused, ==, 0);
  g_assert_cmpuint (n_refused, >=, trial.call->n_refused);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < N_CALLS; i++)
    {
      g_autofree char *path = g_strconcat ("/no-memory/", no_memory_calls[i].name, NULL);

      g_test_add_data_func (path, &no_memory_calls[i], test_call);
    }

  return g_test_run ();
}
