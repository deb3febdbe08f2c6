import CTestSupport
import InfoldKernelsNEON

typealias KernelsUnderTest = NEONKernels

#if INFOLD_DOTPROD
  import InfoldKernelsDotProduct
  typealias ByteKernelsUnderTest = DotProductByteKernels
#else
  typealias ByteKernelsUnderTest = NEONByteKernels
#endif

/// The set of all kernels that sessions use beside one of those that multiply.
func companion(_ kernels: KernelsUnderTest.Type) -> KernelsUnderTest.Type { kernels }

/// Runs the tests of the kernels where Swift Testing does not: in Embedded Swift, under emulation.
@main
struct Program {
  static func main() {
    runAllSuites()
    test_print_sum(TestCase.passed, TestCase.failed)
    test_exit(TestCase.failed == 0 && TestCase.passed > 0 ? 0 : 1)
  }
}
