import InfoldSystem
import InfoldTensor
import Testing

@Suite struct TensorTests {
  @Test func startsAtZero() throws {
    let tensor = try Tensor(zeros: [2, 3], of: .int16)
    #expect(try tensor.elements(as: Int16.self) == [0, 0, 0, 0, 0, 0])
    #expect(tensor.byteCount == 12)
  }

  @Test func copiesAreIndependent() throws {
    let original = try Tensor(shape: [2], [1, 2] as [Float])
    var copy = original
    try copy.withMutableSpan(as: Float.self) { $0[0] = 9 }
    #expect(try original.elements(as: Float.self) == [1, 2])
    #expect(try copy.elements(as: Float.self) == [9, 2])
  }

  @Test func comparesBits() throws {
    #expect(try Tensor(shape: [1], [Float.nan]) == Tensor(shape: [1], [Float.nan]))
    #expect(try Tensor(shape: [1], [0 as Float]) != Tensor(shape: [1], [-0.0 as Float]))
    #expect(try Tensor(shape: [1, 2], [1, 2] as [Float]) != Tensor(shape: [2], [1, 2] as [Float]))
  }

  @Test func reshapesWithoutACopy() throws {
    let tensor = try Tensor(shape: [2, 3], [1, 2, 3, 4, 5, 6] as [Int64])
    #expect(try tensor.reshaped(to: [3, 2]).elements(as: Int64.self) == [1, 2, 3, 4, 5, 6])
    #expect(throws: InfoldError.self) { try tensor.reshaped(to: [4]) }
  }

  @Test func packsElementsNarrowerThanAByte() throws {
    #expect(try Tensor(zeros: [3], of: .int4).byteCount == 2)
    #expect(try Tensor(zeros: [5], of: .uint2).byteCount == 2)
    #expect(try Tensor(zeros: [0], of: .int4).byteCount == 0)
  }

  @Test func refusesWhatCannotBe() throws {
    #expect(throws: InfoldError.self) { try Tensor(shape: [3], [1, 2] as [Float]) }
    #expect(throws: InfoldError.self) { try Tensor(zeros: [-1], of: .float32) }
    #expect(throws: InfoldError.self) { try Tensor(zeros: [1], of: .string) }
    #expect(throws: InfoldError.self) { try Tensor(zeros: [1 << 40, 1 << 40], of: .uint8) }
    #expect(throws: InfoldError.self) { try Tensor(zeros: [1 << 60], of: .float64) }
    #expect(throws: InfoldError.self) { try Tensor(zeros: [.max], of: .uint8) }
    #expect(throws: InfoldError.self) { try Tensor(shape: [1], [1 as Float]).elements(as: Double.self) }
    #expect(try Tensor(zeros: [1 << 40, 0], of: .float64).count == 0)
  }

  @Test(
    arguments: [
      (1.0, 0x3F80), (-2.0, 0xC000), (1.00390625, 0x3F80), (1.01171875, 0x3F82), (3.4e38, 0x7F80), (0, 0),
    ] as [(Float, UInt16)])
  func roundsToBFloat16(_ value: Float, _ bits: UInt16) {
    #expect(BFloat16(value).bitPattern == bits)
  }

  @Test func keepsBFloat16NaN() {
    #expect(Float(BFloat16(Float.nan)).isNaN)
    #expect(Float(BFloat16(Float(bitPattern: 0x7F80_0001))).isNaN)
  }
}
