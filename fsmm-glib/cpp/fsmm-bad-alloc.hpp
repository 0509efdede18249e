/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "fsmm-error.h"
#include "fsmm-version-macros.h"

#include <cstdlib>
#include <memory>
#include <new>

namespace fsmm
{

/**
 * fsmm::bad_alloc:
 *
 * What is thrown where a block, an instance or a pool cannot be had. Containers know it by its
 * base, `std::bad_alloc`. It has the message and the code of the error.
 *
 * Copies share the error, and copying does not throw.
 *
 * Since: 1.2
 */
class [[gnu::visibility ("default")]] bad_alloc : public std::bad_alloc
{
public:
  /* Takes the error, which must be of FSMM_ERROR. */
  explicit bad_alloc (GError *error) : error_ (error, g_error_free)
  {
  }

  const char *what () const noexcept override
  {
    return error_->message;
  }

  FsmmError code () const noexcept
  {
    return static_cast<FsmmError> (error_->code);
  }

private:
  std::shared_ptr<const GError> error_;
};

namespace detail
{

/* Takes the error. There is none where a call was not given a pool, which GLib has told already. */
[[noreturn]] inline void
fail (GError *error)
{
  if (error == nullptr)
    error = g_error_new_literal (FSMM_ERROR, FSMM_ERROR_INVALID_ARGUMENT,
                                 "no pool was passed; look for where it could not be made");
#ifdef __cpp_exceptions
  throw bad_alloc (error);
#else
  g_log ("Fsmm", G_LOG_LEVEL_ERROR, "%s", error->message);
  std::abort ();
#endif
}

}

}
