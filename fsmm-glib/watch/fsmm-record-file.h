/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The file of a record, which grows by whole rows, and can be read by its user alone. */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _FsmmRecordFile FsmmRecordFile;

/* Returns: (transfer full) (nullable): @file in @folder, for this process: "%p" in @file becomes its
 * number, and "%%" a percent sign. If @is_beside, or if something else is recorded in that file right
 * now, and there is no such number in @file, it is behind the name of the file. */
FsmmRecordFile *
fsmm_record_file_open (const char *folder, const char *file, gboolean is_beside, GError **error);
void fsmm_record_file_close (FsmmRecordFile *self);

/* All of @rows or, if this fails, nothing. */
gboolean fsmm_record_file_append (FsmmRecordFile *self, const GString *rows, GError **error);

/* In a child of fork (), where no memory is to be freed. */
void fsmm_record_file_close_in_child (FsmmRecordFile *self);

G_END_DECLS
