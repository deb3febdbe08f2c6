import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct EinsumTests {
  private func einsum(_ equation: String, _ operands: Tensor...) throws -> Tensor? {
    try evaluate("Einsum", opset: 28, attributes: ["equation": .text(equation)], operands)[0]
  }

  @Test func sumsTransposesAndTakesDiagonals() throws {
    let x = try Tensor.counting([2, 2])
    #expect(try einsum("ij->ji", x) == Tensor(shape: [2, 2], [0, 2, 1, 3] as [Float]))
    #expect(try einsum("ba", x) == Tensor(shape: [2, 2], [0, 2, 1, 3] as [Float]))
    #expect(try einsum("ij->i", x) == Tensor(shape: [2], [1, 5] as [Float]))
    #expect(try einsum("ii->i", x) == Tensor(shape: [2], [0, 3] as [Float]))
    #expect(try einsum("ii", x) == Tensor(scalar: Float(3)))
    #expect(try einsum("...->", Tensor(scalar: 2.5)) == Tensor(scalar: 2.5))
  }

  @Test func multipliesSeveralOperands() throws {
    let x = try Tensor(shape: [2], [2, 3] as [Int32])
    #expect(try einsum("i,j,i->j", x, x, x) == Tensor(shape: [2], [26, 39] as [Int32]))
    #expect(try einsum("a,a,a", x, x, x) == Tensor(scalar: 35 as Int32))
    #expect(
      try einsum("i,i", Tensor(shape: [1], [Int8.max]), Tensor(shape: [1], [2 as Int8])) == Tensor(scalar: -2 as Int8))
  }

  @Test func broadcastsWhatTheEllipsisStandsFor() throws {
    let a = try Tensor.counting([2, 1, 1, 2]), b = try Tensor.counting([3, 2, 1])
    let y = try einsum("...ij,...jk->...ik", a, b)
    #expect(y == (try Tensor(shape: [2, 3, 1, 1], [1, 3, 5, 3, 13, 23] as [Float])))
    #expect(try einsum("...ij,...jk", a, b)?.shape == [2, 3, 1, 1])
  }

  @Test func repeatsSizesOfOne() throws {
    let one = try Tensor(shape: [1, 1], [2 as Float]), x = try Tensor(shape: [3], [1, 2, 3] as [Float])
    #expect(try einsum("ij,i,j->", one, x, x) == Tensor(scalar: Float(72)))
    #expect(try einsum("ij,i->ij", one, x) == Tensor(shape: [3, 1], [2, 4, 6] as [Float]))
    #expect(try einsum("ij,j->j", one, x) == Tensor(shape: [3], [2, 4, 6] as [Float]))
    #expect(try einsum("ii->i", Tensor(shape: [1, 2], [3, 4] as [Float])) == Tensor(shape: [2], [3, 4] as [Float]))
  }

  @Test func sumsNothingToZero() throws {
    #expect(try einsum("i->", Tensor(zeros: [0], of: .float32)) == Tensor(scalar: Float(0)))
    #expect(try einsum("ij->j", Tensor(zeros: [0, 2], of: .float32)) == Tensor(zeros: [2], of: .float32))
  }

  @Test(arguments: ["ij->k", "ij->ii", "i", "i1->i", "ij->i->j", "......->", "i..j->i", "ij,j->i", "...j->j", "ijé->i"])
  func refusesEquationsThatAreNone(equation: String) throws {
    let code = try errorCode { _ = try einsum(equation, Tensor.counting([2, 2])) }
    #expect(code == .invalidModel)
  }

  @Test func refusesSizesThatDiffer() throws {
    let code = try errorCode { _ = try einsum("i,i", Tensor.counting([2]), Tensor.counting([3])) }
    #expect(code == .invalidModel)
    #expect(try errorCode { _ = try infer("Einsum", opset: 28, [TensorType(.float32, [2])]) } == .invalidModel)
  }

  @Test func keepsSymbols() throws {
    let types = [TensorType(.float32, ["N", 3, "K"]), TensorType(.float32, ["K", "M"])]
    #expect(
      try infer("Einsum", opset: 28, attributes: ["equation": .text("bik,km->bmi")], types)
        == [TensorType(.float32, ["N", "M", 3])])
  }
}
