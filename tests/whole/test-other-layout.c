/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A program that was compiled with another layout of what is compiled in than the library has, or
 * has it from a library that was compiled where this cannot be used. */

#include <fsmm-glib/fsmm-glib.h>
#include <string.h>

typedef struct {
  double x, y;
} Spot;

FSMM_DEFINE_POOL_INLINE (Spot, spot)

#ifndef _FSMM_INLINE_CALLS

static void
assert_finds_nothing (void)
{
  const FsmmThreadFront *thread = &fsmm_thread_front_1;

  for (gsize i = 0; i < FSMM_INLINE_N_PLACES; i++)
    g_assert_true (thread->places[i]->key == FSMM_INLINE_NO_KEY);
  for (gsize i = 0; i <= thread->known_mask / sizeof (FsmmKnownRegion); i++)
    g_assert_true (thread->known[i].front->key == FSMM_INLINE_NO_KEY);
}

#else
#define assert_finds_nothing() (void) 0
#endif

static void
test_calls (void)
{
  Spot *spots[1000];

  for (guint round = 0; round < 3; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (spots); i++)
        {
          spots[i] = spot_pool_new0 ();
          g_assert_cmpfloat (spots[i]->x, ==, 0);
          spots[i]->x = i;
        }
      g_assert_cmpuint (fsmm_pool_get_n_allocated (spot_pool_get ()), ==, G_N_ELEMENTS (spots));
      assert_finds_nothing ();
      for (guint i = 0; i < G_N_ELEMENTS (spots); i++)
        {
          g_assert_cmpfloat (spots[i]->x, ==, i);
          spot_pool_free (spots[i]);
        }
      g_assert_cmpuint (fsmm_pool_get_n_allocated (spot_pool_get ()), ==, 0);
    }
}

static guint n_refused;

static GLogWriterOutput
count_refused (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, "MESSAGE") == 0 && strstr (fields[i].value, "it is free already"))
      {
        n_refused++;
        return G_LOG_WRITER_HANDLED;
      }

  return g_log_writer_default (level, fields, n_fields, user_data);
}

static void
test_refused (void)
{
  Spot *spot = spot_pool_new ();

  spot_pool_free (spot);
  g_log_set_always_fatal (G_LOG_FATAL_MASK);
  spot_pool_free (spot);
  g_assert_cmpuint (n_refused, ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (count_refused, NULL, NULL);

  g_test_add_func ("/other-layout/calls", test_calls);
  g_test_add_func ("/other-layout/refused", test_refused);

  return g_test_run ();
}
