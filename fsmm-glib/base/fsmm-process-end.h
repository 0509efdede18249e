/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Whether the process has begun to exit: destructors of modules are also called when one is closed.
 *
 * What is given to atexit () is called before the destructors of any module, but only if that was done
 * after main () had begun: the first use of a pool may have been before. So it is done again for each of
 * the first threads: where there is one thread, nobody is disturbed by what is dropped. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

void fsmm_process_watch_end (void);
gboolean fsmm_process_is_ending (void);

G_END_DECLS
