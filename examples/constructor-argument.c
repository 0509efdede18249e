/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A constructor with an argument: greeter_new () makes an instance in the pool that it is given,
 * and fills it in. greeter_clear () is called once for each, by whatever it is destroyed. */

#include <fsmm-glib/fsmm-glib.h>
#include <stdio.h>

typedef struct {
  char *name; /* (owned) */
} Greeter;

static void
greeter_copy (const Greeter *source, Greeter *destination)
{
  destination->name = g_strdup (source->name);
}

static void
greeter_clear (Greeter *self)
{
  printf ("goodbye %s\n", self->name);
  g_free (self->name);
}

#define GREETER_TYPE (greeter_get_type ())
GType greeter_get_type (void);
FSMM_DEFINE_BOXED_TYPE (Greeter, greeter, greeter_copy, greeter_clear)

static Greeter *
greeter_new (FsmmTypedPool *pool, const char *name, GError **error)
{
  Greeter *self = fsmm_typed_pool_construct (pool, error);

  if (self == NULL)
    return NULL;

  self->name = g_strdup (name);
  printf ("hello %s\n", name);

  return self;
}

static gboolean
greet (FsmmTypedPool *pool, GError **error)
{
  Greeter *ada = greeter_new (pool, "Ada", error);
  Greeter *grace = ada != NULL ? greeter_new (pool, "Grace", error) : NULL;
  Greeter *mary = grace != NULL ? greeter_new (pool, "Mary", error) : NULL;

  return mary != NULL && fsmm_typed_pool_destroy (pool, grace, error) &&
         fsmm_typed_pool_destroy (pool, ada, error);
}

int
main (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (FsmmTypedPool) pool = fsmm_typed_pool_new (GREETER_TYPE, 0, &error);

  if (pool == NULL || !greet (pool, &error))
    {
      fprintf (stderr, "constructor-argument: %s\n", error->message);
      return 1;
    }

  printf ("dropping the pool, with %zu live\n", fsmm_typed_pool_get_n_allocated (pool));
  g_clear_object (&pool);

  return 0;
}
