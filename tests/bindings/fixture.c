/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fixture.h"

struct _FsmmFixtureOpaque {
  int number;
};

/* A type whose instances are copied as bytes: where they own something, no test makes one. */
#define DEFINE_TYPE(TypeName, type_name)                                                           \
  static gpointer type_name##_copy (gpointer self)                                                 \
  {                                                                                                \
    return g_memdup2 (self, sizeof (TypeName));                                                    \
  }                                                                                                \
                                                                                                   \
  G_DEFINE_BOXED_TYPE (TypeName, type_name, type_name##_copy, g_free)

DEFINE_TYPE (FsmmFixturePair, fsmm_fixture_pair)
DEFINE_TYPE (FsmmFixtureNest, fsmm_fixture_nest)
DEFINE_TYPE (FsmmFixtureOwner, fsmm_fixture_owner)
DEFINE_TYPE (FsmmFixtureOwners, fsmm_fixture_owners)
DEFINE_TYPE (FsmmFixtureHandler, fsmm_fixture_handler)
DEFINE_TYPE (FsmmFixtureVariant, fsmm_fixture_variant)
DEFINE_TYPE (FsmmFixtureSecret, fsmm_fixture_secret)
DEFINE_TYPE (FsmmFixtureOpaque, fsmm_fixture_opaque)

static gpointer
counted_ref (gpointer self)
{
  ((FsmmFixtureCounted *) self)->ref_count++;

  return self;
}

static void
counted_unref (gpointer self)
{
  if (--((FsmmFixtureCounted *) self)->ref_count == 0)
    g_free (self);
}

G_DEFINE_BOXED_TYPE (FsmmFixtureCounted, fsmm_fixture_counted, counted_ref, counted_unref)

/**
 * fsmm_fixture_pair_multiply:
 * @self: a pair
 *
 * Returns: the product
 */
double
fsmm_fixture_pair_multiply (const FsmmFixturePair *self)
{
  return self->amount * self->count;
}
