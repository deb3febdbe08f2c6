#!/usr/bin/env bash
# Checks that runs into the caller's tensors allocate no memory after the first runs, with one and
# with two threads, and for batches.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/swift-environment.sh
folder=.build/allocations
mkdir -p "$folder"
cat >"$folder/count.c" <<'C'
// Counts what is asked of the allocator, and hands it on.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>

static atomic_long count;
long infold_allocations(void) { return count; }

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) { count++; return __libc_malloc(size); }
void *calloc(size_t number, size_t size) { count++; return __libc_calloc(number, size); }
void *realloc(void *old, size_t size) { count++; return __libc_realloc(old, size); }
void *memalign(size_t alignment, size_t size) { count++; return __libc_memalign(alignment, size); }
void *aligned_alloc(size_t alignment, size_t size) { count++; return __libc_memalign(alignment, size); }
int posix_memalign(void **place, size_t alignment, size_t size) {
  count++;
  *place = __libc_memalign(alignment, size);
  return *place ? 0 : 12;
}
void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  static void *(*next)(void *, size_t, int, int, int, off_t);
  if (!next) next = (void *(*)(void *, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, "mmap");
  count++;
  return next(address, length, protection, flags, file, offset);
}
C
clang -O2 -shared -fPIC -o "$folder/libcount.so" "$folder/count.c" -ldl
options=(-c release --package-path Tests/Allocations --scratch-path .build --disable-build-manifest-caching)
swift build "${options[@]}" --product Allocations
program=$(swift build "${options[@]}" --show-bin-path)/Allocations
LD_PRELOAD=$PWD/$folder/libcount.so "$program" Models/efficientnet-lite0.onnx
