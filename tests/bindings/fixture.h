/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* Boxed types for the tests of bindings: what a library has that knows nothing of pools. */

typedef enum {
  FSMM_FIXTURE_COLOR_RED,
  FSMM_FIXTURE_COLOR_GREEN,
} FsmmFixtureColor;

/* Plain data, with padding. */
typedef struct {
  double amount;
  int count;
} FsmmFixturePair;

/* Plain data in plain data. */
typedef struct {
  guint8 first;
  FsmmFixturePair pair;
  guint16 numbers[3];
  FsmmFixtureColor color;
} FsmmFixtureNest;

/* Owns a string. */
typedef struct {
  int count;
  char *name;
} FsmmFixtureOwner;

/* Owns a string deep inside. */
typedef struct {
  FsmmFixtureOwner owners[2];
} FsmmFixtureOwners;

/* Has a function. */
typedef struct {
  int count;
  void (*handler) (int number);
} FsmmFixtureHandler;

/* A copy of it is itself. */
typedef struct {
  int ref_count;
  int value;
} FsmmFixtureCounted;

typedef union {
  int number;
  char *text;
} FsmmFixtureEither;

/* Its fields are unknown. */
typedef struct {
  FsmmFixtureEither either;
} FsmmFixtureVariant;

typedef struct {
  int shown;
  /*< private >*/
  int hidden;
} FsmmFixtureSecret;

typedef struct _FsmmFixtureOpaque FsmmFixtureOpaque;

GType fsmm_fixture_pair_get_type (void);
GType fsmm_fixture_nest_get_type (void);
GType fsmm_fixture_owner_get_type (void);
GType fsmm_fixture_owners_get_type (void);
GType fsmm_fixture_handler_get_type (void);
GType fsmm_fixture_counted_get_type (void);
GType fsmm_fixture_variant_get_type (void);
GType fsmm_fixture_secret_get_type (void);
GType fsmm_fixture_opaque_get_type (void);

double fsmm_fixture_pair_multiply (const FsmmFixturePair *self);

G_END_DECLS
