/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The model that typed pools are compared with. Each instance has a number of its own, in its
 * memory and in a table: so init, copy and clear, which are the model's own, know what they are
 * called for, and whether they should be. They call back into the library, as the input says. */

#pragma once

#include "fuzz.h"

G_BEGIN_DECLS

/* What all types here have in their blocks. */
typedef struct _FuzzThing FuzzThing;

struct _FuzzThing
{
  guint64 id;
  guint64 check;          /* ~id */
  FuzzThing *children[2]; /* (owned) (nullable) */
};

typedef enum
{
  FUZZ_TREE,  /* copy and clear */
  FUZZ_MAKER, /* init, copy, clear and to_string */
  FUZZ_PLAIN, /* bytes */
  FUZZ_N_KINDS,
} FuzzKind;

#define FUZZ_N_TYPED 6 /* the first are the default pools, one of each kind */
#define FUZZ_N_BOXES 10
#define FUZZ_MAX_INSTANCES 2000
#define FUZZ_MAX_TREE_DEPTH 40

typedef struct _FuzzBox FuzzBox;

typedef struct
{
  FsmmTypedPool *pool; /* NULL: there is none in this place */
  gpointer weak;       /* NULL: it has been disposed of */
  FuzzKind kind;
  gboolean is_owned;
  gboolean is_disposed; /* nothing is made any more */
  guint n_boxes;
  guint n_refs;         /* that operations have taken meanwhile */
  guint n_calls;        /* in which user functions may run */
  guint n_drops;        /* under way */
  guint n_boxed_copies; /* under way: to drop them ends the program */
  guint epoch;
  gsize max_blocks; /* G_MAXSIZE: no limit */
  guint n_live;     /* those that are being made or cleared included */
  guint peak;
  gboolean peak_is_known;
  guint threads;
} FuzzTyped;

/* What is about to be made. */
typedef struct
{
  FuzzTyped *pool;
  FuzzBox *box; /* (nullable): that is being set */
  guint64 id;   /* (out): of what was made; 0: no function ran */
} FuzzMaking;

typedef enum
{
  FUZZ_DEAD,
  FUZZ_MAKING,
  FUZZ_LIVE,
  FUZZ_CLEARING,
} FuzzState;

typedef struct
{
  FuzzState state;
  FuzzThing *address;
  FuzzTyped *pool;
  FuzzBox *box;         /* (nullable): that owns it */
  guint64 parent;       /* 0: none */
  guint n_pins;         /* copies of it that are under way */
  gboolean is_dropped;  /* with all others of its pool */
  gboolean must_end;    /* its clear function is to be called */
  guint drop;           /* which: the epoch that it began */
  gboolean is_detached; /* it is over: the block is not the pool's any more */
  gboolean is_shown;    /* by foreach */
  FuzzMaking *then;     /* (nullable): what is made in its place when it is cleared */
} FuzzInstance;

struct _FuzzBox
{
  FsmmBox *box; /* NULL: there is none in this place */
  FuzzTyped *pool;
  guint64 id;
  guint n_refs;
  guint epoch; /* of the pool */
  gboolean is_released;
  guint n_sets;  /* under way */
  guint n_drops; /* under way */
};

extern FuzzTyped fuzz_typed[FUZZ_N_TYPED];
extern FuzzBox fuzz_boxes[FUZZ_N_BOXES];
extern FuzzInstance fuzz_instances[FUZZ_MAX_INSTANCES]; /* by number; none has 0 */
extern guint64 fuzz_n_instances;

/* --- Types: fuzz-typed-types.c --- */

GType fuzz_kind_get_type (FuzzKind kind);
gboolean fuzz_kind_has_clear (FuzzKind kind);
gboolean fuzz_kind_has_init (FuzzKind kind);

extern FuzzMaking *fuzz_making; /* what the next init or copy is for */

/* --- The model: fuzz-typed-model.c --- */

FuzzTyped *fuzz_typed_choose (void);
FuzzInstance *fuzz_instance_choose (const FuzzTyped *pool);
guint64 fuzz_instance_add (FuzzTyped *pool, FuzzThing *address, FuzzState state);
FuzzInstance *fuzz_instance_of (const FuzzThing *thing);
FuzzInstance *fuzz_instance_find (gconstpointer address);
void fuzz_instance_die (FuzzInstance *self);
void fuzz_instance_pin (const FuzzThing *thing, gint n);
const FuzzInstance *fuzz_instance_root (const FuzzInstance *self);
gboolean fuzz_instance_has_room (void);
gboolean fuzz_instance_is_pinned (const FuzzInstance *self);
gboolean fuzz_typed_is_pinned (const FuzzTyped *pool);
gboolean fuzz_typed_any_drops (void);
guint fuzz_typed_note_drop (FuzzTyped *pool);
void fuzz_typed_note_thread (FuzzTyped *pool);

/* A call in which user functions may run, and the pool may be disposed of. */
void fuzz_typed_enter (FuzzTyped *pool);
void fuzz_typed_leave (FuzzTyped *pool);
void fuzz_typed_ref (FuzzTyped *pool);
void fuzz_typed_unref (FuzzTyped *pool);
void fuzz_typed_drop_reference (FuzzTyped *pool);
void fuzz_typed_end_if_unused (FuzzTyped *pool);
gboolean fuzz_typed_is_in_use (const FuzzTyped *pool);

/* --- Comparing: fuzz-typed-check.c --- */

void fuzz_typed_check_all (gboolean deeply);

/* --- Operations --- */

void fuzz_typed_meddle (void);

/* fuzz-typed-instances.c */
typedef FuzzThing *(*FuzzMakeFunc) (FuzzTyped *pool, gconstpointer source, GError **error);
guint64
fuzz_typed_make_by (FuzzTyped *pool, const FuzzThing *source, const char *call, FuzzMakeFunc make);
FuzzThing *fuzz_typed_copy (FuzzTyped *pool, const FuzzThing *source);
void fuzz_typed_destroy_at (FuzzTyped *pool, gpointer address, guint how);
void fuzz_typed_construct (void);
void fuzz_typed_construct_copy (void);
void fuzz_typed_destroy (void);
void fuzz_typed_boxed_copy (void);

/* fuzz-typed-trees.c */
void fuzz_typed_attach (void);
void fuzz_typed_detach (void);

/* fuzz-typed-boxes.c */
FuzzBox *fuzz_box_choose (void);
gboolean fuzz_box_may_end (const FuzzBox *self);
void fuzz_box_alloc (void);
void fuzz_box_alloc_value (void);
void fuzz_box_ref (void);
void fuzz_box_unref (void);
void fuzz_box_steal (void);
void fuzz_box_drop (void);
void fuzz_box_look (void);
void fuzz_box_end_all (void);

static inline gboolean
fuzz_box_is_live (const FuzzBox *self)
{
  return !self->is_released && self->epoch == self->pool->epoch;
}

static inline FuzzInstance *
fuzz_box_get_instance (const FuzzBox *self)
{
  return &fuzz_instances[self->id];
}

/* fuzz-typed-box-values.c */
void fuzz_box_set_value (void);

/* fuzz-typed-whole.c */
void fuzz_typed_new (void);
void fuzz_typed_unref_owned (void);
void fuzz_typed_free_all (void);
void fuzz_typed_foreach (void);
void fuzz_typed_trim (void);
void fuzz_typed_misuse_raw_pool (void);
void fuzz_typed_start_all (void);
void fuzz_typed_end_made (void);
void fuzz_typed_end_default (void);

G_END_DECLS
