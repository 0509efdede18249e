/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench-pool-peers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The name that a program is linked with changes with the library's versions, the newest of which is
 * taken; the last one comes with the headers. */
static const char *const mimalloc_libraries[] = {
  "libmimalloc.so.3", "libmimalloc.so.2", "libmimalloc.so", NULL,
};
static const char *const jemalloc_libraries[] = { "libjemalloc.so.2", "libjemalloc.so", NULL };
static const char *const tcmalloc_libraries[] = {
  "libtcmalloc_minimal.so.4", "libtcmalloc_minimal.so", NULL,
};
/* What replaces malloc is a library of its own. */
static const char *const tbbmalloc_libraries[] = {
  "libtbbmalloc_proxy.so.2", "libtbbmalloc_proxy.so", NULL,
};

static const BenchPeerKind kinds[] = {
  { "fsmm", "fsmm", NULL },
  { "inline", "inline", NULL },
  { "malloc", "malloc", NULL },
  { "mimalloc", "malloc", mimalloc_libraries },
  { "jemalloc", "malloc", jemalloc_libraries },
  { "tcmalloc", "malloc", tcmalloc_libraries },
  { "tbbmalloc", "malloc", tbbmalloc_libraries },
  { "g_slice", "slice", NULL },
  { "boost", "boost", NULL },
  { "simple-pool", "simple-pool", NULL },
  /* The same, linked with the worker: measured where it is asked for. */
  { "jemalloc.a", "jemalloc.a", NULL },
  { "tcmalloc.a", "tcmalloc.a", NULL },
  /* What FSMM_DEBUG costs: measured where it is asked for. */
  { "+poison", "fsmm", NULL },
  { "+canary", "fsmm", NULL },
  { "+quarantine", "fsmm", NULL },
  { "+trace", "fsmm", NULL },
  { "+leaks", "fsmm", NULL },
  { "+malloc", "fsmm", NULL },
  { "+wipe", "fsmm", NULL },
  { "+all", "fsmm", NULL },
};

/* Another build of the library, for the worker that calls it. */
static const BenchPeerKind old_kind = { "old", "fsmm", NULL };

static gboolean
is_debug_kind (const BenchPeerKind *kind)
{
  return kind->name[0] == '+';
}

static gboolean
is_for_one_size (const BenchPeerKind *kind)
{
  return strcmp (kind->worker, "inline") == 0;
}

static gboolean
is_measured_by_default (const BenchPeerKind *kind)
{
  return !is_debug_kind (kind) && !is_for_one_size (kind) &&
         !g_str_has_suffix (kind->name, ".a");
}

/* What would make an allocator something else than it is by default. */
static const char *const unwanted_prefixes[] = {
  "LD_PRELOAD=", "GLIBC_TUNABLES=", "MALLOC_", "MIMALLOC_", "TCMALLOC_", "G_SLICE=", "G_DEBUG=",
  "FSMM_",
};

static gboolean
is_unwanted (const char *variable)
{
  for (gsize i = 0; i < G_N_ELEMENTS (unwanted_prefixes); i++)
    if (g_str_has_prefix (variable, unwanted_prefixes[i]))
      return TRUE;

  return FALSE;
}

static char **
make_environment (const BenchPeerKind *kind, const char *library)
{
  g_auto (GStrv) variables = g_get_environ ();
  GPtrArray *environment = g_ptr_array_new ();

  for (char **variable = variables; *variable != NULL; variable++)
    if (!is_unwanted (*variable))
      g_ptr_array_add (environment, g_strdup (*variable));
  /* A block that is refused would be fast: it must be a failure. */
  g_ptr_array_add (environment, g_strdup ("G_DEBUG=fatal-criticals"));
  if (is_debug_kind (kind))
    g_ptr_array_add (environment, g_strdup_printf ("FSMM_DEBUG=%s", kind->name + 1));
  if (library != NULL)
    g_ptr_array_add (environment, g_strdup_printf ("LD_PRELOAD=%s", library));
  g_ptr_array_add (environment, NULL);

  return (char **) g_ptr_array_free (environment, FALSE);
}

/* A pool that is compiled in has one size: there is a worker for each of some. */
static char *
get_worker (const BenchPeerKind *kind, const char *size)
{
  if (is_for_one_size (kind))
    return g_strdup_printf ("%s/bench-worker-%s-%s", BENCH_WORKER_DIR, kind->worker, size);

  return g_strdup_printf ("%s/bench-worker-%s", BENCH_WORKER_DIR, kind->worker);
}

char *
bench_pool_peer_run (const BenchPoolPeer *self,
                     const char *const *tool,
                     const char *const *arguments,
                     GError **error)
{
  g_autofree char *worker = get_worker (self->kind, arguments[1]);
  g_autofree char *output = NULL;
  g_autofree char *complaint = NULL;
  g_autoptr (GPtrArray) command = g_ptr_array_new ();
  int status;

  if (!g_file_test (worker, G_FILE_TEST_IS_EXECUTABLE))
    return g_strdup ("none");

  for (; tool != NULL && *tool != NULL; tool++)
    g_ptr_array_add (command, (char *) *tool);
  g_ptr_array_add (command, worker);
  for (const char *const *argument = arguments; *argument != NULL; argument++)
    g_ptr_array_add (command, (char *) *argument);
  g_ptr_array_add (command, NULL);

  if (!g_spawn_sync (NULL, (char **) command->pdata, self->environment, G_SPAWN_SEARCH_PATH, NULL, NULL,
                     &output, &complaint, &status, error))
    return NULL;

  if (!g_spawn_check_wait_status (status, error))
    {
      g_strstrip (complaint);
      if (*complaint != '\0')
        g_prefix_error (error, "%s: ", strrchr (complaint, '\n') ? strrchr (complaint, '\n') + 1
                                                                 : complaint);
      return NULL;
    }

  return g_strdup (g_strstrip (output));
}

static gboolean
describe (BenchPoolPeer *self)
{
  static const char *const arguments[] = { "describe", "64", "1", "1", "1", "0", "0", NULL };
  g_autoptr (GError) error = NULL;

  g_free (self->description);
  g_free (self->missing);
  self->description = bench_pool_peer_run (self, NULL, arguments, &error);
  self->missing = error != NULL ? g_strdup (error->message) : NULL;

  return error == NULL;
}

/* The loader only warns of a library that it does not find, so what counts is where malloc came
 * from. */
static void
preload (BenchPoolPeer *self)
{
  const char *const *library = self->kind->libraries;

  for (; *library != NULL; library++)
    {
      g_autofree char *name = NULL;
      g_autofree char *stem = g_strndup (*library, strcspn (*library, "."));

      g_strfreev (self->environment);
      self->environment = make_environment (self->kind, *library);
      if (!describe (self))
        return;

      name = g_path_get_basename (self->description);
      if (g_str_has_prefix (name, stem))
        return;
    }

  self->missing = g_strdup_printf ("%s not found", self->kind->libraries[0]);
}

static BenchPoolPeer *
find_peer (const BenchPeerKind *kind)
{
  BenchPoolPeer *self = g_new0 (BenchPoolPeer, 1);
  g_autofree char *worker = get_worker (kind, "64");

  self->kind = kind;
  self->environment = make_environment (kind, NULL);

  if (!g_file_test (worker, G_FILE_TEST_IS_EXECUTABLE))
    self->missing = g_strdup_printf ("bench-worker-%s was not built", kind->worker);
  else if (kind->libraries != NULL)
    preload (self);
  else
    describe (self);

  return self;
}

static void
free_peer (gpointer data)
{
  BenchPoolPeer *self = data;

  g_strfreev (self->environment);
  g_free (self->description);
  g_free (self->missing);
  g_free (self);
}

static const BenchPeerKind *
find_kind (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (kinds[i].name, name) == 0)
      return &kinds[i];

  return NULL;
}

/* Both builds are loaded in front of the program, so that nothing but what is in them differs. */
static gboolean
add_old (GPtrArray *peers, const char *library, GError **error)
{
  BenchPoolPeer *now = g_ptr_array_index (peers, 0);
  BenchPoolPeer *old = g_new0 (BenchPoolPeer, 1);
  g_autofree char *path = realpath (library, NULL);

  g_ptr_array_insert (peers, 1, old);
  old->kind = &old_kind;
  old->environment = make_environment (&old_kind, path);
  if (path != NULL && describe (old) && strcmp (old->description, path) == 0
      && now->missing == NULL)
    {
      g_strfreev (now->environment);
      now->environment = make_environment (now->kind, now->description);
      return TRUE;
    }

  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "“%s” is no build of the library that can be loaded", library);
  return FALSE;
}

GPtrArray *
bench_pool_peers_find (const char *names, const char *old_library, GError **error)
{
  g_autoptr (GPtrArray) peers = g_ptr_array_new_with_free_func (free_peer);
  g_auto (GStrv) list = g_strsplit (names != NULL ? names : "", ",", -1);

  for (char **name = list; *name != NULL; name++)
    if (find_kind (*name) == NULL)
      {
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "There is no peer “%s”",
                     *name);
        return NULL;
      }

  /* Always in the same order, so that tables are alike. */
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if ((names == NULL && is_measured_by_default (&kinds[i])) ||
        g_strv_contains ((const char *const *) list, kinds[i].name))
      g_ptr_array_add (peers, find_peer (&kinds[i]));

  if (old_library != NULL && !g_strv_contains ((const char *const *) list, "fsmm"))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "“fsmm” has to be among the peers that it is compared with");
      return NULL;
    }
  if (old_library != NULL && !add_old (peers, old_library, error))
    return NULL;

  return g_steal_pointer (&peers);
}

void
bench_pool_peer_fail (const BenchPoolPeer *self, const char *workload, const char *reason)
{
  fprintf (stderr, "\n%s: %s, %s: %s\n", g_get_prgname (), self->kind->name, workload, reason);
  exit (1);
}

double
bench_pool_peer_measure (const BenchPoolPeer *self, const char *const *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *output = bench_pool_peer_run (self, NULL, arguments, &error);
  char *end = output;
  double result;

  if (g_strcmp0 (output, "none") == 0)
    return NAN;

  result = output != NULL ? g_ascii_strtod (output, &end) : 0;
  if (error == NULL && (end == output || *end != '\0'))
    g_set_error (&error, G_SPAWN_ERROR, G_SPAWN_ERROR_FAILED, "printed “%s”", output);
  if (error != NULL)
    bench_pool_peer_fail (self, arguments[0], error->message);

  return result;
}
