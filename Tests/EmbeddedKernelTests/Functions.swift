import CTestSupport

// The functions of single precision that tests use, which Swift's overlay of the C library has by the same names.

func exp2(_ x: Float) -> Float { exp2f(x) }
func log2(_ x: Float) -> Float { log2f(x) }
