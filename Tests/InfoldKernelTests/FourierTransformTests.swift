import Glibc
import InfoldKernelInterface
import Testing

@Suite struct FourierTransformTests {
  private func root(_ k: Int, _ n: Int) -> (Double, Double) {
    (cos(2 * .pi * Double(k % n) / Double(n)), -sin(2 * .pi * Double(k % n) / Double(n)))
  }

  private func table(_ n: Int, _ count: Int) -> [Double] {
    (0..<count).flatMap { k in [root(k, n).0, root(k, n).1] }
  }

  /// Contiguous and interleaved signals, with gaps. The elements between results remain unchanged.
  @Test(arguments: kernelSets.indices) func transforms(set: Int) {
    for length in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 20, 21, 22, 23, 30, 36, 46, 64, 100] {
      for (parts, isInverse) in [(1, false), (1, true), (2, false), (2, true)] {
        let (outer, inner, given) = (3, 3, max(1, length - 1)), signals = outer * inner
        let takesPairs = parts == 1 && length.isMultiple(of: 2), complexLength = takesPairs ? length / 2 : length
        let source = FourierArguments.Numbers(
          parts: parts, count: given, stride: inner * parts + 1, innerStride: parts,
          outerStride: given * (inner * parts + 1))
        let target = FourierArguments.Numbers(
          parts: 2, count: length, stride: 2 * inner, innerStride: 2, outerStride: 2 * inner * length)
        let x = Buffer(random: outer * source.outerStride, seed: UInt64(length))
        let window = Buffer(random: length, seed: 3), y = Buffer(2 * signals * length)
        let roots = table(complexLength, complexLength), pairRoots = table(length, length / 2 + 1)
        let byteCount = FourierArguments.scratch(length: complexLength)
        let scratch = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 64)
        defer { scratch.deallocate() }
        roots.withUnsafeBufferPointer { roots in
          pairRoots.withUnsafeBufferPointer { pairRoots in
            let arguments = FourierArguments(
              input: x.input, source: source, window: window.input, output: y.base, target: target, inner: inner,
              length: length, isInverse: isInverse, isMirrored: false,
              transform: FourierArguments.Transform(length: complexLength, roots: roots.baseAddress!),
              pairRoots: takesPairs ? pairRoots.baseAddress! : nil, scratch: scratch)
            #expect(
              isIndependentOfRange(units: signals, output: y) {
                kernelSets[set].fourierTransforms(arguments, signals: $0)
              })
          }
        }
        for signal in 0..<signals {
          let start = signal / inner * source.outerStride + signal % inner * source.innerStride
          for k in 0..<length {
            var sum = (0.0, 0.0)
            for j in 0..<given {
              let place = start + j * source.stride, weight = Double(window.base[j])
              let a = Double(x.base[place]) * weight, b = parts == 2 ? Double(x.base[place + 1]) * weight : 0
              var w = root(j * k, length)
              if isInverse { w.1 = -w.1 }
              sum = (sum.0 + a * w.0 - b * w.1, sum.1 + a * w.1 + b * w.0)
            }
            let scale = isInverse ? 1 / Double(length) : 1
            let place = signal / inner * target.outerStride + signal % inner * target.innerStride + k * target.stride
            let error = max(
              abs(Double(y.base[place]) - sum.0 * scale), abs(Double(y.base[place + 1]) - sum.1 * scale))
            #expect(error <= 1e-7 * max(1, sqrt(Double(length))), "\(length), \(parts), \(isInverse)")
          }
        }
      }
    }
  }

  @Test func factorsAreThoseOfTheLength() {
    for length in 1...500 {
      var (rest, largest) = (length, 1)
      while rest > 1 {
        let factor = FourierArguments.Transform.factor(of: rest)
        #expect(factor > 1 && rest % factor == 0)
        rest /= factor
        largest = max(largest, factor)
      }
      #expect(FourierArguments.Transform.largestFactor(of: length) == largest)
    }
  }
}
