/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A library that hides all of its symbols but these. */

#pragma once

#include <fsmm-glib/fsmm-glib.hpp>

#include <list>

using Numbers = std::list<int, fsmm::allocator<int>>;

[[gnu::visibility ("default")]] Numbers other_library_make_numbers ();
[[gnu::visibility ("default")]] void other_library_throw ();
