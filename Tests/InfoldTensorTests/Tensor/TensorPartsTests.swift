import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct TensorPartsTests {
  /// 0, 1, 2 … in row-major order.
  private func counting(_ shape: [Int]) throws -> Tensor {
    try Tensor(shape: shape, (0..<shape.reduce(1, *)).map(Float.init))
  }

  @Test func isFilledInPlace() throws {
    let tensor = try Tensor(shape: [2, 2]) { (elements: inout MutableSpan<Int32>) in
      for index in elements.indices { elements[index] = Int32(index * index) }
    }
    #expect(try tensor.elements(as: Int32.self) == [0, 1, 4, 9])
    let error = #expect(throws: InfoldError.self) {
      _ = try Tensor(shape: [1], of: Float.self) { _ throws(InfoldError) in throw InfoldError(.cancelled, "enough") }
    }
    #expect(error?.code == .cancelled)
  }

  @Test func givesElements() throws {
    let tensor = try counting([2, 3, 4])
    #expect(try tensor.element(at: 1, 2, 3) == 23 as Float)
    #expect(try tensor.element(at: 0, 1, 0) == 4 as Float)
    #expect(try Tensor(scalar: 7 as Int64).element() == 7 as Int64)
    #expect(try errorCode { _ = try tensor.element(at: 0, 3, 0, as: Float.self) } == .invalidArgument)
    #expect(try errorCode { _ = try tensor.element(at: 0, -1, 0, as: Float.self) } == .invalidArgument)
    #expect(try errorCode { _ = try tensor.element(at: 0, 1, as: Float.self) } == .invalidArgument)
    #expect(try errorCode { _ = try tensor.element(at: 0, 1, 0, as: Double.self) } == .invalidArgument)
  }

  @Test(arguments: [
    (axis: 0, range: 1..<3, expected: [4, 5, 6, 7, 8, 9, 10, 11]),
    (axis: 1, range: 1..<2, expected: [2, 3, 6, 7, 10, 11]),
    (axis: -1, range: 0..<1, expected: [0, 2, 4, 6, 8, 10]),
    (axis: 1, range: 2..<2, expected: []),
    (axis: 2, range: 0..<2, expected: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
  ])
  func slices(axis: Int, range: Range<Int>, expected: [Float]) throws {
    let slice = try counting([3, 2, 2]).slice(range, axis: axis)
    var shape = [3, 2, 2]
    shape[axis < 0 ? axis + 3 : axis] = range.count
    #expect(slice.shape == shape)
    #expect(try slice.elements() == expected)
  }

  @Test func refusesSlicesThatAreNotThere() throws {
    let tensor = try counting([3, 2])
    for (range, axis) in [(2..<4, 0), (-1..<1, 0), (4..<4, 0), (0..<1, 2), (0..<1, -3)] {
      #expect(try errorCode { _ = try tensor.slice(range, axis: axis) } == .invalidArgument, "\(range) \(axis)")
    }
    #expect(try errorCode { _ = try Tensor(zeros: [4], of: .int4).slice(0..<2) } == .unsupported)
  }

  @Test func readsASliceWhereItIs() throws {
    let tensor = try counting([3, 2, 2])
    let sum = try tensor.withSpan(ofSlice: 1, as: Float.self) { span in
      var sum: Float = 0
      for index in span.indices { sum += span[index] }
      return sum
    }
    #expect(sum == 4 + 5 + 6 + 7)
  }

  /// Splitting and concatenating gives the original.
  @Test(arguments: 0..<3) func concatenates(axis: Int) throws {
    let whole = try counting([4, 5, 6])
    let parts = try [0..<1, 1..<1, 1..<3, 3..<whole.shape[axis]].map { try whole.slice($0, axis: axis) }
    #expect(try Tensor(concatenating: parts, axis: axis) == whole)
    #expect(try Tensor(concatenating: parts, axis: axis - 3) == whole)
  }

  @Test func refusesWhatDoesNotFitTogether() throws {
    let a = try counting([1, 2])
    #expect(try errorCode { _ = try Tensor(concatenating: []) } == .invalidArgument)
    #expect(try errorCode { _ = try Tensor(concatenating: [a, self.counting([1, 3])]) } == .invalidArgument)
    #expect(try errorCode { _ = try Tensor(concatenating: [a, self.counting([2])]) } == .invalidArgument)
    #expect(
      try errorCode { _ = try Tensor(concatenating: [a, Tensor(zeros: [1, 2], of: .int32)]) } == .invalidArgument)
    #expect(try errorCode { _ = try Tensor(concatenating: [a], axis: 2) } == .invalidArgument)
    let scalar = try Tensor(scalar: 1 as Float)
    #expect(try errorCode { _ = try Tensor(concatenating: [scalar, scalar]) } == .invalidArgument)
  }
}
