/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* For C++17 and newer: owners of what the library hands out, C++ objects in blocks, and an
 * allocator for containers. It is all in headers. A page of the manual, doc/cpp.md, shows how to
 * use it.
 *
 * Functions that fail throw fsmm::bad_alloc. In a program that is compiled without exceptions they
 * end it with the message, as g_new () does. What gives something back is noexcept. */

#pragma once

#if !defined(__cplusplus) ||                                                                       \
    (__cplusplus < 201703L && !(defined(_MSVC_LANG) && _MSVC_LANG >= 201703L))
#error "<fsmm-glib/fsmm-glib.hpp> needs C++17 or newer."
#endif

#include "fsmm-glib.h"

#define FSMM_GLIB_INSIDE
#include "fsmm-allocator.hpp"
#include "fsmm-bad-alloc.hpp"
#include "fsmm-object.hpp"
#include "fsmm-ref.hpp"
#undef FSMM_GLIB_INSIDE
