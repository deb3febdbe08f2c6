import CTestSupport

// The single-precision functions that the tests use. In other builds, Swift's overlay of the C library provides them under the same names.

func exp2(_ x: Float) -> Float { exp2f(x) }
func log2(_ x: Float) -> Float { log2f(x) }
