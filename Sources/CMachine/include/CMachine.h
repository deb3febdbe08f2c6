#ifndef INFOLD_CMACHINE_H
#define INFOLD_CMACHINE_H

#include <stdbool.h>
#include <stdint.h>

// Operations that Swift does not offer: the spin-loop hint, prefetching, the floating-point control
// register, futexes, thread names, and queries of processors and instruction sets.

// Forced inlining, because callers in Swift may be compiled for a different instruction set, and
// then the optimizer does not inline on its own.
#define INFOLD_INLINE static inline __attribute__((always_inline))

/// Hints to the processor that the caller is in a spin loop.
INFOLD_INLINE void infold_spin_hint(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

/// Prefetches the cache line at `address` into the second-level cache. The address need not be
/// valid.
INFOLD_INLINE void infold_prefetch(const void *address) { __builtin_prefetch(address, 0, 2); }

/// Returns the calling thread's floating-point control register: rounding mode, traps, and the
/// treatment of subnormal numbers.
static inline uint64_t infold_arithmetic(void) {
#if defined(__x86_64__)
  uint32_t control;
  __asm__ volatile("stmxcsr %0" : "=m"(control) : : "memory");
  return control;
#elif defined(__aarch64__)
  uint64_t control;
  __asm__ volatile("mrs %0, fpcr" : "=r"(control) : : "memory");
  return control;
#else
  return 0;
#endif
}

/// Sets the control register to a value that `infold_arithmetic` or `infold_standard_arithmetic`
/// returned.
static inline void infold_set_arithmetic(uint64_t control) {
#if defined(__x86_64__)
  uint32_t word = (uint32_t)control;
  __asm__ volatile("ldmxcsr %0" : : "m"(word) : "memory");
#elif defined(__aarch64__)
  __asm__ volatile("msr fpcr, %0" : : "r"(control) : "memory");
#endif
}

/// Returns the control register for rounding to nearest without traps. Subnormal operands and
/// results are either preserved or flushed to zero.
static inline uint64_t infold_standard_arithmetic(bool flushes_subnormals) {
#if defined(__x86_64__)
  return flushes_subnormals ? 0x1f80 | 0x8000 | 0x40 : 0x1f80;
#elif defined(__aarch64__)
  return flushes_subnormals ? (uint64_t)1 << 24 : 0;
#else
  return 0;
#endif
}

/// Sleeps while the word at `address` equals `expected`, until `infold_wake`. Wakeups may be
/// spurious.
void infold_sleep(const void *address, uint32_t expected);

/// Wakes up to `count` threads that sleep on `address`.
void infold_wake(const void *address, int count);

/// Sets the name of the calling thread, at most 15 bytes.
void infold_name_thread(const char *name);

/// Returns the number of processors that the process may run on, or 0 if the system does not report
/// it.
int infold_allowed_processors(void);

/// Returns whether processor and operating system support AVX2 and FMA.
bool infold_has_avx2_fma(void);

/// Returns whether processor and operating system support AVX-512 F, BW, CD, DQ and VL.
bool infold_has_avx512(void);

/// Returns whether the processor executes AVX-512 multiplications at the rate of AVX2, and so has
/// twice the throughput. Some processors split them into halves. The answer is derived from vendor,
/// family and model, so it is always the same.
bool infold_has_full_rate_avx512(void);

/// Returns whether processor and operating system support AVX-512 VNNI as well.
bool infold_has_avx512_vnni(void);

/// Returns whether processor and operating system support AVX-512 BF16 as well.
bool infold_has_avx512_bfloat16(void);

/// Returns whether processor and operating system support AMX with bfloat16 numbers, and AVX-512
/// BF16, and whether the system permits this process to use it. The first call asks for the permission, which
/// holds for all threads of the process.
bool infold_has_amx_bfloat16(void);

/// Returns the same for AMX with 8-bit integers.
bool infold_has_amx_int8(void);

/// Returns whether an arm64 processor has dot-product instructions for bytes (FEAT_DotProd).
bool infold_has_dot_products(void);

#if defined(__ARM_FEATURE_DOTPROD)
#include <arm_neon.h>

/// Subtracts 128 from 16 unsigned bytes, which makes them signed. Written in assembly, because the
/// optimizer would otherwise rewrite the subtraction for each group of four bytes and no longer
/// emit the `sdot` that multiplies by one lane.
INFOLD_INLINE int32x4_t infold_without_sign(int32x4_t bytes) {
  int32x4_t result;
  __asm__("eor %0.16b, %1.16b, %2.16b" : "=w"(result) : "w"(bytes), "w"(vdupq_n_u8(0x80)));
  return result;
}
#endif

#if defined(__F16C__)
#include <immintrin.h>

/// Widens 8 float16 numbers to single precision.
static inline void infold_widen_halves(const uint16_t *source, float *target) {
  _mm256_storeu_ps(target, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)source)));
}

/// Rounds 8 single-precision numbers to float16.
static inline void infold_narrow_floats(const float *source, uint16_t *target) {
  const __m128i halves = _mm256_cvtps_ph(_mm256_loadu_ps(source), _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  _mm_storeu_si128((__m128i *)target, halves);
}
#elif defined(__aarch64__)
#include <arm_neon.h>

/// Widens 8 float16 numbers to single precision.
INFOLD_INLINE void infold_widen_halves(const uint16_t *source, float *target) {
  const float16x8_t halves = vreinterpretq_f16_u16(vld1q_u16(source));
  vst1q_f32(target, vcvt_f32_f16(vget_low_f16(halves)));
  vst1q_f32(target + 4, vcvt_high_f32_f16(halves));
}

/// Rounds 8 single-precision numbers to float16.
INFOLD_INLINE void infold_narrow_floats(const float *source, uint16_t *target) {
  const float16x4_t low = vcvt_f16_f32(vld1q_f32(source));
  vst1q_u16(target, vreinterpretq_u16_f16(vcvt_high_f16_f32(low, vld1q_f32(source + 4))));
}
#endif

#if defined(__AVX512F__)
#include <immintrin.h>

/// Loads the first `count` floats from `source`, 0 to 16, and fills the other lanes with `fill`.
static inline __m512 infold_load_first(const float *source, long count, float fill) {
  return _mm512_mask_loadu_ps(_mm512_set1_ps(fill), (__mmask16)((1u << count) - 1), source);
}

/// Returns the larger element of each lane, or NaN if either is NaN. For NaN and for equal operands
/// such as zeros, the result is `x` if `x` is NaN, and `y` otherwise.
static inline __m512 infold_largest(__m512 x, __m512 y) {
  return _mm512_mask_max_ps(x, _mm512_cmp_ps_mask(x, x, _CMP_ORD_Q), x, y);
}

/// Stores the first `count` elements, at most 15. Does nothing if `count` is not positive. Stores
/// in parts, because masked stores are slow on some processors.
static inline void infold_store_first(float *target, long count, __m512 elements) {
  if (count <= 0) return;
  __m256 part = _mm512_castps512_ps256(elements);
  if (count & 8) {
    _mm256_storeu_ps(target, part);
    part = _mm512_extractf32x8_ps(elements, 1);
    target += 8;
  }
  __m128 quarter = _mm256_castps256_ps128(part);
  if (count & 4) {
    _mm_storeu_ps(target, quarter);
    quarter = _mm256_extractf128_ps(part, 1);
    target += 4;
  }
  if (count & 2) {
    _mm_storel_pi((__m64 *)target, quarter);
    quarter = _mm_movehl_ps(quarter, quarter);
    target += 2;
  }
  if (count & 1) _mm_store_ss(target, quarter);
}

/// Stores the last `count` elements, at most 15, at the positions that they would have if the whole
/// vector were stored at `target`.
static inline void infold_store_last(float *target, long count, __m512 elements) {
  __m512 last = _mm512_maskz_compress_ps((__mmask16)(0xffffu << (16 - count)), elements);
  infold_store_first(target + (16 - count), count, last);
}
#endif

#if defined(__AVX512BF16__)
#include <immintrin.h>

/// Rounds the first `count` floats of `source`, at most 32, to bfloat16, ties to even. Subnormal
/// numbers become zero. Returns false, and stores nothing, if a number is not finite or rounds to
/// infinity.
INFOLD_INLINE bool infold_round_to_bfloat16(const float *source, long count, uint16_t *target) {
  const __mmask32 all = count >= 32 ? 0xffffffffu : (1u << count) - 1;
  const __m512 low = _mm512_maskz_loadu_ps((__mmask16)all, source);
  const __m512 high = _mm512_maskz_loadu_ps((__mmask16)(all >> 16), source + 16);
  const __m512i magnitude = _mm512_set1_epi32(0x7fffffff), least = _mm512_set1_epi32(0x7f7f8000);
  const __mmask16 beyond =
      _mm512_cmpge_epu32_mask(_mm512_and_si512(_mm512_castps_si512(low), magnitude), least) |
      _mm512_cmpge_epu32_mask(_mm512_and_si512(_mm512_castps_si512(high), magnitude), least);
  if (beyond) return false;
  const __m512i rounded = (__m512i)_mm512_cvtne2ps_pbh(high, low);
  if (count >= 32) {
    _mm512_storeu_si512(target, rounded);
  } else {
    _mm512_mask_storeu_epi16(target, all, rounded);
  }
  return true;
}

/// Adds to each sum the products of a pair of bfloat16 numbers with one of 16 pairs of weights.
INFOLD_INLINE __m512 infold_add_pair_products(__m512 sums, uint32_t pair, __m512i weights) {
  return _mm512_dpbf16_ps(sums, (__m512bh)_mm512_set1_epi32((int)pair), (__m512bh)weights);
}
#endif

#if defined(__AMX_TILE__) && defined(__AMX_BF16__) && defined(__AMX_INT8__)
#include <immintrin.h>

// Tile numbers are constants of the instructions, so each has its own functions: tiles 0 to 3 hold
// sums, 4 and 5 the left factors, and 6 and 7 the right factors.

/// Sets the shapes of all tiles from 64 bytes, and all tiles to zero.
INFOLD_INLINE void infold_configure_tiles(const void *shapes) { _tile_loadconfig(shapes); }

/// Releases the tiles of the calling thread.
INFOLD_INLINE void infold_release_tiles(void) { _tile_release(); }

#define INFOLD_SUM_TILE(number)                                                                                      \
  INFOLD_INLINE void infold_zero_tile_##number(void) { _tile_zero(number); }                                         \
  INFOLD_INLINE void infold_store_tile_##number(void *target, long stride) { _tile_stored(number, target, stride); }
INFOLD_SUM_TILE(0)
INFOLD_SUM_TILE(1)
INFOLD_SUM_TILE(2)
INFOLD_SUM_TILE(3)

#define INFOLD_FACTOR_TILE(number) \
  INFOLD_INLINE void infold_load_tile_##number(const void *source, long stride) { _tile_loadd(number, source, stride); }
INFOLD_FACTOR_TILE(4)
INFOLD_FACTOR_TILE(5)
INFOLD_FACTOR_TILE(6)
INFOLD_FACTOR_TILE(7)

INFOLD_INLINE void infold_multiply_tiles_4_6(void) { _tile_dpbf16ps(0, 4, 6); }
INFOLD_INLINE void infold_multiply_tiles_4_7(void) { _tile_dpbf16ps(1, 4, 7); }
INFOLD_INLINE void infold_multiply_tiles_5_6(void) { _tile_dpbf16ps(2, 5, 6); }
INFOLD_INLINE void infold_multiply_tiles_5_7(void) { _tile_dpbf16ps(3, 5, 7); }

INFOLD_INLINE void infold_multiply_byte_tiles_4_6(void) { _tile_dpbusd(0, 4, 6); }
INFOLD_INLINE void infold_multiply_byte_tiles_4_7(void) { _tile_dpbusd(1, 4, 7); }
INFOLD_INLINE void infold_multiply_byte_tiles_5_6(void) { _tile_dpbusd(2, 5, 6); }
INFOLD_INLINE void infold_multiply_byte_tiles_5_7(void) { _tile_dpbusd(3, 5, 7); }
#endif

#endif
