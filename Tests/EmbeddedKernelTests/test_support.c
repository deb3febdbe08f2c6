#include "CTestSupport/test_support.h"

#include <stdio.h>
#include <stdlib.h>

void test_print_failure(const uint8_t *name, long failures) {
  printf("failed: %s, %ld times\n", (const char *)name, failures);
  // A later test may end the program.
  fflush(stdout);
}

void test_print_place(const uint8_t *file, long line) { printf("%s:%ld\n", (const char *)file, line); }

void test_print_sum(long passed, long failed) { printf("%ld passed, %ld failed\n", passed, failed); }

void test_exit(int status) { exit(status); }
