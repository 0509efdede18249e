/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Sixty-four cells at a time, as a word with a bit for each.
 *
 * Where the processor has an instruction for it, that takes some ten of them; elsewhere it is done
 * with arithmetic on as many cells as fit in a register. Other threads may write to the cells
 * meanwhile, but not to those that are idle: each cell is as it was at some moment. */

#pragma once

#include "base/fsmm-tsan.h"
#include "engine/chunk/fsmm-block-state.h"

/* ThreadSanitizer knows no such instructions, and has to see that the cells are read atomically. */
#if defined(FSMM_PORTABLE_CELLS) || defined(FSMM_THREAD_SANITIZER)
#elif defined(__SSE2__)
#define FSMM_CELLS_SSE2 1
#include <emmintrin.h>
#elif defined(__aarch64__) && defined(__ARM_NEON) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define FSMM_CELLS_NEON 1
#include <arm_neon.h>
#endif

G_BEGIN_DECLS

#define FSMM_WORD_CELLS 64

/* As many cells as fit in a register. */
typedef gsize __attribute__ ((may_alias)) FsmmCellsPart;
#define FSMM_PART_CELLS sizeof (FsmmCellsPart)
#define FSMM_EACH_CELL(byte) ((gsize) G_GUINT64_CONSTANT (0x0101010101010101) * (byte))

#if defined(FSMM_CELLS_SSE2)

/* A bit for each of 64 cells that is idle. @cells starts at a multiple of a pointer's size: those of
 * a small chunk come from malloc (), which may promise no more. */
static inline guint64
fsmm_cells_find_idle (const FsmmState *cells)
{
  const __m128i *parts = (const __m128i *) (gconstpointer) cells;
  guint64 a = (guint32) _mm_movemask_epi8 (_mm_loadu_si128 (parts));
  guint64 b = (guint32) _mm_movemask_epi8 (_mm_loadu_si128 (parts + 1));
  guint64 c = (guint32) _mm_movemask_epi8 (_mm_loadu_si128 (parts + 2));
  guint64 d = (guint32) _mm_movemask_epi8 (_mm_loadu_si128 (parts + 3));

  return a | b << 16 | c << 32 | d << 48;
}

#elif defined(FSMM_CELLS_NEON)

/* As above. Each cell becomes its bit or 0, and neighbours are added up three times. */
static inline guint64
fsmm_cells_find_idle (const FsmmState *cells)
{
  static const guint8 bit_of[16] = { 1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128 };
  const uint8x16_t bits = vld1q_u8 (bit_of);
  uint8x16_t part[4];

  for (int i = 0; i < 4; i++)
    part[i] = vandq_u8 (vcltzq_s8 (vreinterpretq_s8_u8 (vld1q_u8 (cells + 16 * i))), bits);
  part[0] = vpaddq_u8 (vpaddq_u8 (part[0], part[1]), vpaddq_u8 (part[2], part[3]));

  return vgetq_lane_u64 (vreinterpretq_u64_u8 (vpaddq_u8 (part[0], part[0])), 0);
}

#else

/* As above. Each cell becomes its bit or 0, and the product with 1 in each byte adds them up in its
 * top byte. */
static inline guint64
fsmm_cells_find_idle (const FsmmState *cells)
{
  const FsmmCellsPart *parts = (const FsmmCellsPart *) (gconstpointer) cells;
  const gsize bit_of = (gsize) G_GUINT64_CONSTANT (0x8040201008040201);
  guint64 idle = 0;

  for (gsize i = 0; i < FSMM_WORD_CELLS / sizeof (gsize); i++)
    {
      gsize part = GSIZE_FROM_LE (__atomic_load_n (&parts[i], __ATOMIC_RELAXED));
      gsize bits = (part >> 7 & FSMM_EACH_CELL (1)) * 0xff & bit_of;

      idle |= (guint64) (bits * FSMM_EACH_CELL (1) >> (8 * (sizeof (gsize) - 1)))
              << (i * sizeof (gsize));
    }

  return idle;
}

#endif

static inline gboolean
fsmm_cells_are_part (const FsmmState *cells, gsize n)
{
  return n >= FSMM_PART_CELLS && (guintptr) cells % FSMM_PART_CELLS == 0;
}

/* Sets the cells of neighbours. */
static inline void
fsmm_cells_set (FsmmState *cells, gsize n, FsmmState state)
{
  while (n > 0)
    if (fsmm_cells_are_part (cells, n))
      {
        __atomic_store_n ((FsmmCellsPart *) (gpointer) cells, FSMM_EACH_CELL (state),
                          __ATOMIC_RELAXED);
        cells += FSMM_PART_CELLS;
        n -= FSMM_PART_CELLS;
      }
    else
      {
        fsmm_state_set (cells++, state);
        n--;
      }
}

/* Whether those of a part are all in that state. */
static inline gboolean
fsmm_cells_part_is (const FsmmState *cells, FsmmState state)
{
  return __atomic_load_n ((const FsmmCellsPart *) (gconstpointer) cells, __ATOMIC_RELAXED) ==
         FSMM_EACH_CELL (state);
}

/* How many bits are set. A processor that can count them is not promised. */
static inline guint
fsmm_word_count (guint64 word)
{
  word -= word >> 1 & G_GUINT64_CONSTANT (0x5555555555555555);
  word = (word & G_GUINT64_CONSTANT (0x3333333333333333)) +
         (word >> 2 & G_GUINT64_CONSTANT (0x3333333333333333));
  word = (word + (word >> 4)) & G_GUINT64_CONSTANT (0x0f0f0f0f0f0f0f0f);

  return (guint) (word * G_GUINT64_CONSTANT (0x0101010101010101) >> 56);
}

/* The lowest @n of the bits. */
static inline guint64
fsmm_word_lowest (guint64 word, gsize n)
{
  guint64 rest = word;

  while (n-- > 0 && rest != 0)
    rest &= rest - 1;

  return word & ~rest;
}

G_END_DECLS
