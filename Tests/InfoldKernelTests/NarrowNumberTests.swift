import InfoldKernelInterface
import InfoldTensor
import Testing

/// Conversions between 16-bit types and single precision.
@Suite struct NarrowNumberTests {
  /// Every 16-bit pattern.
  private static let halves = Array(UInt16.min...UInt16.max)

  /// Floats of every exponent and sign: those that float16 and bfloat16 can represent, those halfway between two of them, and the neighbors
  /// of these.
  private static let floats: [Float] = halves.flatMap { bits in
    let wide = Float(widening: Float16(bitPattern: bits)).bitPattern
    return [0, 1, 0x0FFF, 0x1000, 0x1001, 0x1FFF].map { Float(bitPattern: wide &+ $0) }
      + [0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF].map { Float(bitPattern: UInt32(bits) << 16 | $0) }
  }

  private static func widened(_ bits: UInt16, _ format: NarrowFormat) -> Float {
    format == .float16 ? Float(widening: Float16(bitPattern: bits)) : Float(BFloat16(bitPattern: bits))
  }

  private static func narrowed(_ number: Float, _ format: NarrowFormat) -> UInt16 {
    format == .float16 ? Float16(narrowing: number).bitPattern : BFloat16(number).bitPattern
  }

  @Test(arguments: lanewiseKernelSets.indices, [NarrowFormat.float16, .bfloat16])
  func widensEveryNumber(set: Int, format: NarrowFormat) {
    let output = Buffer(Self.halves.count)
    lanewiseKernelSets[set].widen(Self.halves, of: format, to: output.base, count: Self.halves.count)
    let wrong = Self.halves.filter {
      output.base[Int($0)].bitPattern != Self.widened($0, format).bitPattern
    }
    #expect(wrong == [] && output.isIntact)
  }

  @Test(arguments: lanewiseKernelSets.indices, [NarrowFormat.float16, .bfloat16])
  func narrowsNumbersOfEveryKind(set: Int, format: NarrowFormat) {
    let floats = Self.floats
    var output = [UInt16](repeating: 0x5A5A, count: floats.count + 1)
    lanewiseKernelSets[set].narrow(floats, to: &output, of: format, count: floats.count)
    let wrong = floats.indices.filter { output[$0] != Self.narrowed(floats[$0], format) }
    #expect(wrong.map { floats[$0].bitPattern } == [])
    #expect(output.last == 0x5A5A)
  }

  /// The result for a number does not depend on how many are converted, and nothing else is written.
  @Test(arguments: lanewiseKernelSets.indices, [NarrowFormat.float16, .bfloat16])
  func isTheSameInEveryPlace(set: Int, format: NarrowFormat) {
    let kernels = lanewiseKernelSets[set]
    var random = SplitMix64(seed: 4)
    for count in 0...40 {
      let halves = (0..<count).map { _ in UInt16(truncatingIfNeeded: random.next()) }
      let output = Buffer(count)
      #expect(
        isIndependentOfRange(units: count, output: output) { range in
          halves.withUnsafeBufferPointer { halves in
            guard let base = halves.baseAddress, !range.isEmpty else { return }
            kernels.widen(
              base + range.lowerBound, of: format, to: output.base + range.lowerBound, count: range.count)
          }
        })
      #expect((0..<count).allSatisfy { output.base[$0].bitPattern == Self.widened(halves[$0], format).bitPattern })
      let floats = (0..<count).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: random.next())) }
      for part in 0...count {
        var narrow = [UInt16](repeating: 0x5A5A, count: count + 2)
        narrow.withUnsafeMutableBufferPointer { narrow in
          let target = narrow.baseAddress! + 1
          floats.withUnsafeBufferPointer { floats in
            guard let base = floats.baseAddress else { return }
            kernels.narrow(base, to: target, of: format, count: part)
            kernels.narrow(base + part, to: target + part, of: format, count: count - part)
          }
        }
        #expect(narrow.first == 0x5A5A && narrow.last == 0x5A5A)
        #expect(narrow.dropFirst().dropLast().elementsEqual(floats.map { Self.narrowed($0, format) }))
      }
    }
  }
}
