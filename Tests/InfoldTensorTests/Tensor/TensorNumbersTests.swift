import InfoldSystem
import InfoldTensor
import Testing

@Suite struct TensorNumbersTests {
  @Test func readsNumbers() throws {
    #expect(try Tensor(shape: [2], [true, false]).numbers() == [1, 0])
    #expect(try Tensor(shape: [2], [UInt64.max, 1]).numbers() == [0x1p64, 1])
    #expect(try Tensor(shape: [1], [BFloat16(1.5)]).numbers() == [1.5])
    #expect(try Tensor(shape: [2], [-3, 7] as [Int8]).numbers() == [-3, 7])
    #expect(throws: InfoldError.self) { try Tensor(zeros: [1], of: .complex64).numbers() }
  }
}
