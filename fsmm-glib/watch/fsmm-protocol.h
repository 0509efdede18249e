/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How a program that shows its pools is asked for them, through a socket of the Unix family at
 *
 *   $XDG_RUNTIME_DIR/fsmm-monitor/PID, or PID-2, PID-3 and so on if more than one library is in it.
 *
 * Both sides are on one machine: numbers are as it has them, and of the same width everywhere. Whoever
 * asks sends an FsmmAsk, and gets an FsmmAnswer, behind which there are as many bytes as it says of a
 * GVariant. Nothing that can be asked for changes anything. Where the magic number is another one, the
 * other side is of another version, and is not talked to. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define FSMM_PROTOCOL_FOLDER "fsmm-monitor"

/* "FSM", and the number of the version. */
#define FSMM_PROTOCOL_MAGIC 0x46534d01

typedef enum {
  FSMM_ASK_FIGURES = 1, /* of all pools: FSMM_ANSWER_FIGURES */
  FSMM_ASK_MAP = 2,     /* of the chunks of one: FSMM_ANSWER_MAP */
} FsmmAskKind;

typedef struct {
  guint32 magic;
  guint32 kind;
  guint64 id; /* of a pool, for its map */
} FsmmAsk;

typedef struct {
  guint32 magic;
  guint32 n_bytes;
} FsmmAnswer;

/* "version" (s) of the library, "program" (s) for its name, "time" (x) in microseconds of the clock that
 * only goes forward, and "pools" (aa{sv}). The keys of these are the properties of FsmmPoolInfo but for
 * the rate, and in its place "n-taken" (t): how many blocks were ever taken; and "resident-bytes" (t) for
 * pools of blocks. */
#define FSMM_ANSWER_FIGURES G_VARIANT_TYPE_VARDICT

/* As in fsmm_pool_dump (), a line for each chunk; empty if there is no such pool of blocks any more. */
#define FSMM_ANSWER_MAP G_VARIANT_TYPE_STRING

G_END_DECLS
