/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What is answered to whoever asks for pools. */

#pragma once

#include "watch/fsmm-protocol.h"

G_BEGIN_DECLS

/* Returns: (transfer full) (nullable): the bytes of a GVariant; NULL: that is no question of this
 * version */
GBytes *fsmm_answer_to (const FsmmAsk *ask);

G_END_DECLS
