/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "fsmm-inline-layout.h"
#include "fsmm-static-pool.h"

#include <string.h>

/* ThreadSanitizer does not know why none of this is a race. */
#if !defined(FSMM_HAS_INLINE_POOLS) || defined(__SANITIZE_THREAD__)
#define _FSMM_INLINE_CALLS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define _FSMM_INLINE_CALLS 1
#endif
#endif

G_BEGIN_DECLS

#ifdef _FSMM_INLINE_CALLS

static inline gpointer
_fsmm_inline_take (const FsmmStaticPool *self, gsize block_size, gsize n_zeroed)
{
  (void) self;
  (void) block_size;
  (void) n_zeroed;
  return NULL;
}

static inline gboolean
_fsmm_inline_free (gconstpointer key, gpointer block, gsize block_size)
{
  (void) key;
  (void) block;
  (void) block_size;
  return FALSE;
}

#else

/* What follows is compiled into programs. A thread that takes or frees a block says that it is
 * busy, and then looks whether it may: another one that wants it to stop takes the key away, lets
 * all threads pass through a barrier, and waits until this one is not busy. In between it changes
 * only what is its own: the word of blocks that it can hand out, the states of blocks in its
 * regions, and its counts. Whatever else there is to do, it calls the library for. */

/* Where the address of a thread's own data is known since the library was loaded. */
FSMM_AVAILABLE_IN_1_2
__thread FsmmThreadFront fsmm_thread_front_1 __attribute__ ((tls_model ("initial-exec")));

/* Says that the calling thread is busy, and returns what it has of all pools. */
static inline FsmmThreadFront *
_fsmm_inline_enter (void)
{
  FsmmThreadFront *thread = &fsmm_thread_front_1;

  __atomic_store_n (&thread->busy, 1, __ATOMIC_RELAXED);
  __atomic_signal_fence (__ATOMIC_SEQ_CST);
  return thread;
}

static inline void
_fsmm_inline_leave (FsmmThreadFront *thread)
{
  __atomic_store_n (&thread->busy, 0, __ATOMIC_RELEASE);
}

/* Of what follows, nothing is looked at before the key. On x86, a processor does not do so by
 * itself, and compares the key where it is. */
#ifdef __x86_64__
#define _FSMM_INLINE_GET_KEY(front) ((front)->key)
#define _FSMM_INLINE_HAS_KEY() __atomic_signal_fence (__ATOMIC_SEQ_CST)
#else
#define _FSMM_INLINE_GET_KEY(front) __atomic_load_n (&(front)->key, __ATOMIC_ACQUIRE)
#define _FSMM_INLINE_HAS_KEY()
#endif

/* Hands out the lowest of the blocks of a word. What another thread finds live is zeroed. */
static inline gpointer
_fsmm_inline_pop (FsmmFront *front, guint64 bits, gsize block_size, gsize n_zeroed)
{
  gsize i = _FSMM_INLINE_CAST (gsize, __builtin_ctzll (bits));
  gpointer block = _FSMM_INLINE_POINTER (gpointer, front->word_base + i * block_size);

  __atomic_store_n (&front->bits, bits & (bits - 1), __ATOMIC_RELAXED);
  if (n_zeroed > 0)
    memset (block, 0, n_zeroed);
  __atomic_store_n (&front->word_cells[i], FSMM_INLINE_LIVE, __ATOMIC_RELEASE);
  if (G_LIKELY (front->below_max > 0))
    front->below_max -= 1;
  else
    front->max_live += 1;

  if (block == NULL)
    __builtin_unreachable ();
  return block;
}

/* Takes a block of the pool, or returns NULL. */
static inline gpointer
_fsmm_inline_take (const FsmmStaticPool *self, gsize block_size, gsize n_zeroed)
{
  FsmmThreadFront *thread = _fsmm_inline_enter ();
  FsmmFront *front = thread->places[__atomic_load_n (&self->place, __ATOMIC_RELAXED)];

  if (G_LIKELY (_FSMM_INLINE_GET_KEY (front) != FSMM_INLINE_NO_KEY))
    {
      guint64 bits;

      _FSMM_INLINE_HAS_KEY ();
      bits = front->bits;
      if (G_LIKELY (bits != 0))
        {
          gpointer block = _fsmm_inline_pop (front, bits, block_size, n_zeroed);

          _fsmm_inline_leave (thread);
          return block;
        }
    }

  _fsmm_inline_leave (thread);
  return NULL;
}

/* Where the calling thread would know the region that has a block at @address. */
static inline const FsmmKnownRegion *
_fsmm_inline_get_region (const FsmmThreadFront *thread, gconstpointer address)
{
  guintptr place = _FSMM_INLINE_POINTER (guintptr, address) >>
                   (FSMM_INLINE_REGION_SHIFT - FSMM_INLINE_PLACE_SHIFT);
  guintptr first = _FSMM_INLINE_POINTER (guintptr, thread->known);

  return _FSMM_INLINE_POINTER (const FsmmKnownRegion *, first + (place & thread->known_mask));
}

/* Frees a block in a region of the calling thread. Returns FALSE, and changes nothing, if it is
 * anything else. */
static inline gboolean
_fsmm_inline_free (gconstpointer key, gpointer block, gsize block_size)
{
  FsmmThreadFront *thread = _fsmm_inline_enter ();
  const FsmmKnownRegion *known = _fsmm_inline_get_region (thread, block);
  FsmmFront *front = known->front;

  if (G_LIKELY (_FSMM_INLINE_GET_KEY (front) == key))
    {
      gsize distance;

      _FSMM_INLINE_HAS_KEY ();
      distance = _FSMM_INLINE_POINTER (guintptr, block) - known->base;
      if (G_LIKELY (distance < known->n_bytes && distance % block_size == 0 &&
                    known->cells[distance / block_size] == FSMM_INLINE_LIVE))
        {
          known->cells[distance / block_size] = FSMM_INLINE_FREE;
          front->below_max += 1;
          _fsmm_inline_leave (thread);
          return TRUE;
        }
    }

  _fsmm_inline_leave (thread);
  return FALSE;
}

#endif

/**
 * FSMM_DEFINE_POOL_INLINE:
 * @TypeName: the name of a type, in CamelCase
 * @type_name: the same name in lower case, with words separated by underscores
 *
 * Defines a pool for a type as [func@Fsmm.DEFINE_POOL] does, and compiles into your program what
 * takes and frees an instance in most cases.
 *
 * The functions are the same, and so are all checks and promises. An instance is taken and freed
 * without a call while the thread has blocks of the pool at hand and frees them itself: that takes
 * a quarter less time in the mean of what was measured, and half of it at best. In any other case,
 * with `FSMM_DEBUG`, and under tools that watch memory, the library is called. Each place in your code
 * that takes an instance grows by some 150 bytes, and each that frees one by some 100: use this for
 * types that are taken and freed all the time, such as the nodes of a parser, in few places.
 *
 * What is compiled in is a part of the library's ABI: `FSMM_INLINE_LAYOUT` numbers it. With a
 * library that has another one, your program works as if it used [func@Fsmm.DEFINE_POOL]: compile
 * it again to have the gain back. At most 63 pools of a process can be compiled in, in all of its
 * modules together. The pools above that number work in that way as well, and so do all pools on
 * systems other than Linux with glibc on x86-64 or 64-bit ARM.
 *
 * ```c
 * typedef struct _Token {
 *   struct _Token *next;
 *   guint kind;
 *   gsize start, end;
 * } Token;
 *
 * FSMM_DEFINE_POOL_INLINE (Token, token)
 *
 * static void
 * token_list_free (Token *first)
 * {
 *   while (first != NULL)
 *     {
 *       Token *next = first->next;
 *
 *       token_pool_free (first);
 *       first = next;
 *     }
 * }
 * ```
 *
 * Since: 1.2
 */
#define FSMM_DEFINE_POOL_INLINE(TypeName, type_name)                                               \
  _FSMM_DEFINE_STATIC_POOL (TypeName, type_name##_called_pool, FSMM_INLINE_LAYOUT)                 \
                                                                                                   \
  G_GNUC_UNUSED static inline FsmmPool *type_name##_pool_get (void)                                \
  {                                                                                                \
    return type_name##_called_pool_get ();                                                         \
  }                                                                                                \
                                                                                                   \
  G_GNUC_UNUSED static inline TypeName *type_name##_pool_new (void)                                \
  {                                                                                                \
    gpointer type_name##_block =                                                                   \
        _fsmm_inline_take (&type_name##_called_pool_static, _FSMM_BLOCK_SIZE (TypeName), 0);       \
    return G_LIKELY (type_name##_block != NULL) ? _FSMM_INSTANCE (TypeName, type_name##_block)     \
                                                : type_name##_called_pool_new ();                  \
  }                                                                                                \
                                                                                                   \
  /* What is large is filled where that keeps no other thread waiting. */                          \
  G_GNUC_UNUSED static inline TypeName *type_name##_pool_new0 (void)                               \
  {                                                                                                \
    gpointer type_name##_block =                                                                   \
        sizeof (TypeName) <= FSMM_INLINE_MOST_ZEROED                                               \
            ? _fsmm_inline_take (&type_name##_called_pool_static, _FSMM_BLOCK_SIZE (TypeName),     \
                                 sizeof (TypeName))                                                \
            : NULL;                                                                                \
    return G_LIKELY (type_name##_block != NULL) ? _FSMM_INSTANCE (TypeName, type_name##_block)     \
                                                : type_name##_called_pool_new0 ();                 \
  }                                                                                                \
                                                                                                   \
  G_GNUC_UNUSED static inline void type_name##_pool_free (TypeName *type_name##_instance)          \
  {                                                                                                \
    if (G_UNLIKELY (                                                                               \
            !_fsmm_inline_free (g_atomic_pointer_get (&type_name##_called_pool_static.pool),       \
                                type_name##_instance, _FSMM_BLOCK_SIZE (TypeName))))               \
      type_name##_called_pool_free (type_name##_instance);                                         \
  }

G_END_DECLS
