import InfoldTensor
import InfoldValidation
import Testing

@Suite struct NaturalImageTests {
  private func image(_ shape: [Int], seed: UInt64 = 1, type: ElementType = .float32) throws -> Tensor {
    var generator = SplitMix64(seed: seed)
    return try Tensor(naturalImage: shape, of: type, using: &generator)
  }

  @Test func hasMeanZeroAndDeviationOneHalf() throws {
    let pixels: [Float] = try image([2, 3, 64, 64]).elements()
    let mean = pixels.reduce(0, +) / Float(pixels.count)
    let variance = pixels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(pixels.count)
    #expect(mean.magnitude < 0.01)
    #expect((variance.squareRoot() - 0.5).magnitude < 0.03)
    #expect(pixels.allSatisfy { $0.magnitude <= 2 })
  }

  /// Neighboring pixels correlate, distant pixels less so, and the channels correlate.
  @Test func isSmoothAndHasCorrelatedChannels() throws {
    let pixels: [Float] = try image([1, 3, 128, 128]).elements()
    func correlation(_ shift: Int, count: Int = 127 * 128) -> Float {
      let products = (0..<count).map { (index: Int) -> Float in pixels[index] * pixels[index + shift] }
      let sum: Float = products.reduce(0, +)
      return sum / Float(count) / 0.25
    }
    #expect(correlation(1) > 0.7)
    #expect(correlation(1) > correlation(32))
    #expect(correlation(128 * 128, count: 128 * 128) > 0.7)
  }

  @Test func isTheSameForASeed() throws {
    #expect(try image([1, 3, 16, 16]) == image([1, 3, 16, 16]))
    #expect(try image([1, 3, 16, 16]) != image([1, 3, 16, 16], seed: 2))
  }

  @Test(arguments: [[1, 16, 16, 3], [3, 1, 1], [1, 3, 0, 4], [5], [], [1, 2, 1, 7]]) func takesAnyShape(shape: [Int])
    throws
  {
    let tensor = try image(shape)
    #expect(tensor.shape == shape)
    #expect(try tensor.elements(as: Float.self).allSatisfy(\.isFinite))
  }

  @Test func takesOtherTypes() throws {
    #expect(try image([1, 3, 8, 8], type: .float16).elementType == .float16)
    #expect(try image([1, 3, 8, 8], type: .uint8).elementType == .uint8)
  }
}
