import CTestSupport
import InfoldKernelsNEON

typealias KernelsUnderTest = NEONKernels

#if INFOLD_DOTPROD
  import InfoldKernelsDotProduct
  typealias ByteKernelsUnderTest = DotProductByteKernels
#else
  typealias ByteKernelsUnderTest = NEONByteKernels
#endif

/// The complete kernel set that sessions combine with a set that only multiplies.
func companion(_ kernels: KernelsUnderTest.Type) -> KernelsUnderTest.Type { kernels }

/// Runs the kernel tests where Swift Testing is not available: in Embedded Swift, under emulation.
@main
struct Program {
  static func main() {
    runAllSuites()
    test_print_sum(TestCase.passed, TestCase.failed)
    test_exit(TestCase.failed == 0 && TestCase.passed > 0 ? 0 : 1)
  }
}
