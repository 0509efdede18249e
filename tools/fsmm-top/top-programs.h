/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The programs of the user that show their pools. */

#pragma once

#include "top-client.h"
#include "top-report.h"

G_BEGIN_DECLS

typedef struct {
  char *label; /* the number of the process, with another one where it has more than one library */
  TopClient *client;
  TopReport *report; /* (nullable): what it has said first */
  GError *error;     /* (nullable): why it has not */
} TopProgram;

/* Returns: (transfer full): where they are looked for */
char *top_programs_get_folder (void);

/* Returns: (transfer full) (element-type TopProgram): all that listen, whether they answer or not. Those
 * that have ended are not among them. Waits for their answers. */
GPtrArray *top_programs_find (void);

/* Leaves those that are meant by @wanted, a number of a process, or the name of a program or script. */
void top_programs_keep (GPtrArray *programs, const char *wanted);

/* Returns: (transfer full): the command by which it was started, or "" where the system does not tell */
char *top_program_get_command (const TopProgram *self);
/* Returns: the name that it has for itself, or "?" if it does not answer */
const char *top_program_get_name (const TopProgram *self);
/* Returns: (transfer full): what there is to see, in a word */
char *top_program_count_pools (const TopProgram *self);

/* Returns: (transfer full) (nullable): what it says now. Waits for that. */
TopReport *top_program_look (TopProgram *self, GError **error);

G_END_DECLS
