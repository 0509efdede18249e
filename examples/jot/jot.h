/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Jot reads JSON. It is a library as there are many: small nodes in large numbers, constructors that
 * cannot fail, and no place to set anything up in. doc/porting-a-library.md moves it to pools. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  JOT_NULL,
  JOT_BOOLEAN,
  JOT_NUMBER,
  JOT_STRING,
  JOT_ARRAY,
  JOT_OBJECT
} JotKind;

#define JOT_N_KINDS (JOT_OBJECT + 1)
#define JOT_ERROR (jot_error_quark ())

typedef enum { JOT_ERROR_SYNTAX, JOT_ERROR_TOO_DEEP } JotError;

typedef struct _JotValue JotValue;
typedef struct _JotEntry JotEntry;

/* A value. What is in an array or object is a chain of entries. */
struct _JotValue {
  JotKind kind;
  union {
    gboolean boolean;
    double number;
    char *string;
    JotEntry *first;
  } of;
};

struct _JotEntry {
  char *name; /* (nullable): of a member of an object */
  JotValue *value;
  JotEntry *next;
};

GQuark jot_error_quark (void);

/* Reads one value from @text, which is UTF-8. To be freed with jot_value_free (). */
JotValue *jot_parse (const char *text, GError **error);
void jot_value_free (JotValue *self);

/* The value of the first member of that name, or NULL. */
const JotValue *jot_value_get (const JotValue *self, const char *name);

/* Adds to @counts how many values there are of each kind, this one included. */
void jot_value_count (const JotValue *self, gsize counts[JOT_N_KINDS]);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (JotValue, jot_value_free)

G_END_DECLS
