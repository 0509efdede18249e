/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a pool that is compiled in does, in a program of C as well as of C++: see test-compilers.py.
 * Prints the first thing that is wrong. */

#include <fsmm-glib/fsmm-glib.h>

#include <stdio.h>
#include <string.h>

#define CHECK(condition) check ((condition), #condition, __LINE__)

typedef struct {
  guint32 words[6];
} Node;

FSMM_DEFINE_POOL_INLINE (Node, node)

static int is_wrong;
static int n_reports;

static void
check (gboolean is_true, const char *condition, int line)
{
  if (is_true || is_wrong)
    return;

  is_wrong = 1;
  printf ("line %d: %s\n", line, condition);
}

static gsize
count (void)
{
  return fsmm_pool_get_n_allocated (node_pool_get ());
}

static void
take_and_free (void)
{
  Node *nodes[200];

  for (unsigned i = 0; i < 200; i++)
    {
      nodes[i] = i % 2 == 0 ? node_pool_new () : node_pool_new0 ();
      CHECK (i % 2 == 0 || nodes[i]->words[5] == 0);
      memset (nodes[i], 0xff, sizeof (Node));
      CHECK (count () == i + 1);
    }
  for (unsigned i = 0; i < 200; i++)
    {
      node_pool_free (nodes[(i * 7) % 200]);
      CHECK (count () == 199 - i);
    }
}

/* Returns something else each time, as far as a compiler knows. */
static Node *
hide (Node *node)
{
  Node *volatile hidden = node;

  return hidden;
}

static GLogWriterOutput
note_report (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  (void) level;
  (void) data;
  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, "MESSAGE") == 0)
      CHECK (strstr ((const char *) fields[i].value, "\"Node\"") != NULL);
  n_reports++;

  return G_LOG_WRITER_HANDLED;
}

static void
free_wrongly (void)
{
  Node *node = node_pool_new ();

  g_log_set_writer_func (note_report, NULL, NULL);
  node_pool_free (hide ((Node *) (void *) &node->words[2]));
  CHECK (n_reports == 1);
  node_pool_free (hide (node));
  CHECK (n_reports == 1);
  node_pool_free (hide (node));
  CHECK (n_reports == 2);
  node_pool_free (NULL);
  CHECK (n_reports == 2 && count () == 0);
}

/* The other thread has no blocks at hand, and frees those of this one. */
static gpointer
free_from_afar (gpointer data)
{
  Node **nodes = (Node **) data;

  for (unsigned i = 0; i < 10; i++)
    node_pool_free (nodes[i]);
  node_pool_free (node_pool_new ());

  return NULL;
}

static void
hand_over (void)
{
  Node *nodes[10];

  for (unsigned i = 0; i < 10; i++)
    nodes[i] = node_pool_new ();
  g_thread_join (g_thread_new ("other", free_from_afar, nodes));
  CHECK (count () == 0);
}

int
main (void)
{
  take_and_free ();
  free_wrongly ();
  hand_over ();
  fsmm_pool_free_all (node_pool_get ());
  take_and_free ();

  return is_wrong;
}
