#ifndef INFOLD_CMACHINE_H
#define INFOLD_CMACHINE_H

#include <stdbool.h>
#include <stdint.h>

// What Swift has no word for: the processor's hint in a spin loop, prefetching, futexes, and which instructions there are.

/// Tells the processor that the caller waits in a loop.
static inline void infold_spin_hint(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

/// Asks for the line of memory at `address` to be brought into the second-level cache. The address may be any.
static inline void infold_prefetch(const void *address) { __builtin_prefetch(address, 0, 2); }

/// Sleeps while the word at `address` is `expected`, until `infold_wake`. May return without a reason.
void infold_sleep(const void *address, uint32_t expected);

/// Wakes up to `count` threads that sleep at `address`.
void infold_wake(const void *address, int count);

/// Whether the processor and the system have AVX2 and FMA.
bool infold_has_avx2_fma(void);

#endif
