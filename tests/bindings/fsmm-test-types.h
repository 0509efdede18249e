/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Boxed types for the tests of bindings: some that are plain data, and what looks like it. */

#pragma once

#include <fsmm-glib/fsmm-glib.h>

G_BEGIN_DECLS

typedef enum { FSMM_TEST_KIND_ROUND, FSMM_TEST_KIND_SQUARE } FsmmTestKind;

/* --- Plain data --- */

typedef struct {
  double x;
  double y;
} FsmmTestPoint;

GType fsmm_test_point_get_type (void);

/* Not a boxed type itself. */
typedef struct {
  float width;
  guint8 grey;
} FsmmTestPen;

typedef struct {
  FsmmTestPoint start;
  FsmmTestPoint end;
  FsmmTestPen pen;
} FsmmTestSegment;

GType fsmm_test_segment_get_type (void);

/* The last fields have names of methods. */
typedef struct {
  FsmmTestKind kind;
  gboolean visible;
  gint8 small;
  gunichar letter;
  GType type;
  guint64 large;
  int drop;
  int copy;
} FsmmTestShape;

GType fsmm_test_shape_get_type (void);

/* Python calls what a box has its value as well. */
typedef struct {
  double value;
  int unit;
} FsmmTestReading;

GType fsmm_test_reading_get_type (void);

typedef struct {
  float cells[4];
  int rank;
} FsmmTestMatrix;

GType fsmm_test_matrix_get_type (void);

typedef union {
  int integer;
  double real;
} FsmmTestNumber;

typedef struct {
  int tag;
  FsmmTestNumber number;
} FsmmTestChoice;

GType fsmm_test_choice_get_type (void);

/* --- What is not --- */

typedef struct {
  int length;
  char *text;
} FsmmTestText;

GType fsmm_test_text_get_type (void);

typedef struct {
  int position;
  FsmmTestText text;
} FsmmTestLine;

GType fsmm_test_line_get_type (void);

typedef struct {
  int n_items;
  int items[1];
} FsmmTestTail;

GType fsmm_test_tail_get_type (void);

typedef struct {
  int number;
  void (*changed) (int number);
} FsmmTestListener;

GType fsmm_test_listener_get_type (void);

typedef struct {
  int number;
  /*< private >*/
  int secret;
} FsmmTestSecret;

GType fsmm_test_secret_get_type (void);

typedef struct {
  int ref_count;
  int number;
} FsmmTestCounted;

GType fsmm_test_counted_get_type (void);

/* Introspection takes it for 12 bytes. */
typedef struct {
  guint red : 10;
  guint green : 10;
  guint blue : 10;
} FsmmTestPixel;

GType fsmm_test_pixel_get_type (void);

typedef struct _FsmmTestOpaque FsmmTestOpaque;

GType fsmm_test_opaque_get_type (void);

/* --- What lives in pools from the start --- */

typedef struct {
  char *title;
  guint seconds;
} FsmmTestTrack;

GType fsmm_test_track_get_type (void);
FsmmTestTrack *fsmm_test_track_new (const char *title, guint seconds);

G_END_DECLS
