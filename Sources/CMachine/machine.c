#define _GNU_SOURCE
#include "CMachine.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif
#include <sys/syscall.h>
#include <unistd.h>

void infold_sleep(const void *address, uint32_t expected) {
  syscall(SYS_futex, address, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

void infold_wake(const void *address, int count) {
  syscall(SYS_futex, address, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

void infold_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

int infold_allowed_processors(void) {
  cpu_set_t set;
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
}

bool infold_has_avx2_fma(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return false;
#endif
}

bool infold_has_avx512_vnni(void) {
#if defined(__x86_64__)
  return infold_has_avx512() && __builtin_cpu_supports("avx512vnni");
#else
  return false;
#endif
}

bool infold_has_avx512_bfloat16(void) {
#if defined(__x86_64__)
  return infold_has_avx512() && __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

bool infold_has_avx512(void) {
#if defined(__x86_64__)
  return infold_has_avx2_fma() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

#if defined(__x86_64__)
/// Asks the system for the permission to use the tiles of AMX. Returns whether it was granted.
static bool ask_for_tiles(void) {
  // ARCH_REQ_XCOMP_PERM for the state component XTILEDATA (Linux, Documentation/arch/x86/xstate.rst).
  return syscall(SYS_arch_prctl, 0x1023, 18) == 0;
}

/// Returns whether AMX, with products of the numbers that a bit of CPUID's leaf 7 stands for, can be
/// used, together with AVX-512 BF16, for which the same kernels are compiled.
static bool has_tile_products(unsigned bit) {
  unsigned eax, ebx, ecx, edx;
  if (!infold_has_avx512_bfloat16() || !__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) return false;
  // AMX-TILE, and the products.
  if (!(edx & 1u << 24) || !(edx & 1u << bit)) return false;
  // The system saves the tiles and their configuration.
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & 3u << 17) == 3u << 17 && ask_for_tiles();
}
#endif

bool infold_has_amx_bfloat16(void) {
#if defined(__x86_64__)
  return has_tile_products(22);
#else
  return false;
#endif
}

bool infold_has_amx_int8(void) {
#if defined(__x86_64__)
  return has_tile_products(25);
#else
  return false;
#endif
}

bool infold_has_dot_products(void) {
#if defined(__aarch64__)
  return getauxval(AT_HWCAP) & HWCAP_ASIMDDP;
#else
  return false;
#endif
}

bool infold_has_full_rate_avx512(void) {
#if defined(__x86_64__)
  unsigned eax, maker, ecx, edx, features;
  if (!infold_has_avx512() || !__get_cpuid(0, &eax, &maker, &ecx, &edx)) return false;
  if (!__get_cpuid(1, &eax, &features, &ecx, &edx)) return false;
  unsigned family = (eax >> 8 & 0xf) + (eax >> 20 & 0xff), model = (eax >> 4 & 0xf) | (eax >> 12 & 0xf0);
  // AMD has full-rate AVX-512 since Zen 5.
  if (maker == signature_AMD_ebx) return family >= 0x1a;
  if (maker != signature_INTEL_ebx || family != 6) return false;
  // Skylake, Cascade Lake and Ice Lake servers. Among later processors, those with half-precision
  // arithmetic (AVX512-FP16) are servers.
  if (model == 0x55 || model == 0x6a || model == 0x6c) return true;
  return __get_cpuid_count(7, 0, &eax, &features, &ecx, &edx) && edx & 1u << 23;
#else
  return false;
#endif
}
