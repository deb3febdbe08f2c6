#ifndef INFOLD_TEST_SUPPORT_H
#define INFOLD_TEST_SUPPORT_H

#include <stdint.h>

// What the program needs of the C library, whose headers a compiler for no system does not read.

void test_print_failure(const uint8_t *name, long failures);
void test_print_place(const uint8_t *file, long line);
void test_print_sum(long passed, long failed);
void test_exit(int status) __attribute__((noreturn));

double acos(double), acosh(double), asin(double), asinh(double), atan(double), atanh(double);
double sqrt(double), sin(double), cos(double), tan(double), sinh(double), cosh(double), tanh(double);
double exp(double), expm1(double), log(double), log1p(double), log2(double), pow(double, double);
double erf(double), erfc(double), fabs(double), round(double), floor(double), ceil(double), fmod(double, double);
float exp2f(float), log2f(float), powf(float, float), expf(float), logf(float), roundf(float), fmodf(float, float);
double ldexp(double, int), fma(double, double, double);
double cbrt(double), hypot(double, double), exp2(double), nextafter(double, double);
float nextafterf(float, float);
#endif
