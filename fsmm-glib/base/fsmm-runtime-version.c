/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "fsmm-runtime-version.h"

/**
 * fsmm_check_version:
 * @required_major: the major version needed
 * @required_minor: the minor version needed
 * @required_micro: the micro version needed
 *
 * Checks that the library a program runs with is compatible with the given version.
 *
 * A library of another major version is not; one of the same major version that is as new or newer
 * is. Pass [const@Fsmm.MAJOR_VERSION], [const@Fsmm.MINOR_VERSION] and [const@Fsmm.MICRO_VERSION] to
 * check for the version that the program was compiled against.
 *
 * This function can be called from any thread.
 *
 * Returns: (transfer none) (nullable): %NULL if the library is compatible, otherwise a sentence
 *   that explains why it is not
 *
 * Since: 1.0
 */
const char *
fsmm_check_version (guint required_major, guint required_minor, guint required_micro)
{
  if (required_major > FSMM_MAJOR_VERSION)
    return "fsmm-glib is too old: its major version is lower than the one required";
  if (required_major < FSMM_MAJOR_VERSION)
    return "fsmm-glib is too new: its major version is higher than the one required";
  if (required_minor > FSMM_MINOR_VERSION)
    return "fsmm-glib is too old: its minor version is lower than the one required";
  if (required_minor == FSMM_MINOR_VERSION && required_micro > FSMM_MICRO_VERSION)
    return "fsmm-glib is too old: its micro version is lower than the one required";

  return NULL;
}

/**
 * fsmm_get_major_version:
 *
 * Gets the major version of the library a program runs with: 1 in 1.2.3.
 *
 * This function can be called from any thread.
 *
 * Returns: the major version
 *
 * Since: 1.0
 */
guint
fsmm_get_major_version (void)
{
  return FSMM_MAJOR_VERSION;
}

/**
 * fsmm_get_minor_version:
 *
 * Gets the minor version of the library a program runs with: 2 in 1.2.3.
 *
 * This function can be called from any thread.
 *
 * Returns: the minor version
 *
 * Since: 1.0
 */
guint
fsmm_get_minor_version (void)
{
  return FSMM_MINOR_VERSION;
}

/**
 * fsmm_get_micro_version:
 *
 * Gets the micro version of the library a program runs with: 3 in 1.2.3.
 *
 * This function can be called from any thread.
 *
 * Returns: the micro version
 *
 * Since: 1.0
 */
guint
fsmm_get_micro_version (void)
{
  return FSMM_MICRO_VERSION;
}
