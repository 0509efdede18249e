/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(FSMM_GLIB_INSIDE) && !defined(FSMM_GLIB_COMPILATION)
#error "Only <fsmm-glib/fsmm-glib.h> can be included directly."
#endif

#include <glib.h>

#include "fsmm-version.h"

#ifndef _FSMM_EXTERN
#if defined(__GNUC__) || defined(__clang__)
#define _FSMM_EXTERN __attribute__ ((visibility ("default"))) extern
#else
#define _FSMM_EXTERN extern
#endif
#endif

/**
 * FSMM_AVAILABLE_IN_1_0:
 *
 * Marks a symbol as exported and available since version 1.0.
 *
 * Since: 1.0
 */
#define FSMM_AVAILABLE_IN_1_0 _FSMM_EXTERN

/**
 * FSMM_AVAILABLE_IN_1_2:
 *
 * Marks a symbol as exported and available since version 1.2.
 *
 * Since: 1.2
 */
#define FSMM_AVAILABLE_IN_1_2 _FSMM_EXTERN

/**
 * FSMM_CHECK_VERSION:
 * @major: the major version to check for
 * @minor: the minor version to check for
 * @micro: the micro version to check for
 *
 * Checks the version of the headers a program is compiled against.
 *
 * Use [func@Fsmm.check_version] for the version of the library it runs with.
 *
 * Returns: %TRUE if the headers are of the given version or newer
 *
 * Since: 1.0
 */
#define FSMM_CHECK_VERSION(major, minor, micro)                                                    \
  (FSMM_MAJOR_VERSION > (major) ||                                                                 \
   (FSMM_MAJOR_VERSION == (major) && FSMM_MINOR_VERSION > (minor)) ||                              \
   (FSMM_MAJOR_VERSION == (major) && FSMM_MINOR_VERSION == (minor) &&                              \
    FSMM_MICRO_VERSION >= (micro)))
