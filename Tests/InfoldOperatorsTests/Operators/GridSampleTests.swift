import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct GridSampleTests {
  private func sample(
    _ positions: [Float], mode: String = "linear", padding: String = "zeros", alignsCorners: Bool = false
  ) throws -> [Float]? {
    try evaluate(
      "GridSample", opset: 22,
      attributes: [
        "mode": .text(mode), "padding_mode": .text(padding), "align_corners": .int(alignsCorners ? 1 : 0),
      ],
      [Tensor(shape: [1, 1, 4], [1, 2, 3, 4] as [Float]), Tensor(shape: [1, positions.count, 1], positions)])[0]?
      .elements()
  }

  @Test func interpolatesLinearly() throws {
    #expect(try sample([-0.75, -0.5, 0, 1]) == [1, 1.5, 2.5, 2])
    #expect(try sample([-1, 0, 1], alignsCorners: true) == [1, 2.5, 4])
  }

  @Test func takesTheNearest() throws {
    // The positions are 0.4, 0.5, 1.5 and 2.6.
    #expect(try sample([-0.55, -0.5, 0, 0.55], mode: "nearest") == [1, 1, 3, 4])
  }

  @Test func interpolatesCubically() throws {
    // In the middle, the weights are −3/32, 19/32, 19/32 and −3/32.
    #expect(try sample([0], mode: "cubic") == [2.5])
    #expect(try sample([-0.75, 0.25], mode: "cubic") == [1, 3])
  }

  @Test func looksOutside() throws {
    #expect(try sample([-2, 2], mode: "nearest", padding: "zeros") == [0, 0])
    #expect(try sample([-2, 2], padding: "border") == [1, 4])
    // The positions are −2.5 and 5.5, reflected at −0.5 and 3.5; then −1.5 and 12, reflected at 0 and 3.
    #expect(try sample([-2, 2], padding: "reflection") == [2.5, 2.5])
    #expect(try sample([-2, 7], padding: "reflection", alignsCorners: true) == [2.5, 1])
  }

  @Test(arguments: ["linear", "nearest", "cubic"]) func survivesWhatIsNoPlace(mode: String) throws {
    let positions: [Float] = [.nan, .infinity, -.infinity, .greatestFiniteMagnitude]
    #expect(try sample(positions, mode: mode) == [0, 0, 0, 0])
    #expect(try sample(positions, mode: mode, padding: "border")?.suffix(3) == [4, 1, 4])
    #expect(try sample(positions, mode: mode, padding: "reflection")?.allSatisfy(\.isFinite) == true)
    for padding in ["zeros", "border", "reflection"] {
      let empty = try evaluate(
        "GridSample", opset: 22, attributes: ["padding_mode": .text(padding), "mode": .text(mode)],
        [Tensor(zeros: [1, 1, 0], of: .float32), Tensor(zeros: [1, 2, 1], of: .float32)])
      #expect(try empty[0]?.elements() == [0, 0] as [Float])
    }
  }

  @Test func readsVolumes() throws {
    let x = try Tensor.counting([1, 2, 2, 2, 2])
    let y = try evaluate(
      "GridSample", opset: 20, attributes: ["align_corners": .int(1)],
      [x, Tensor(shape: [1, 1, 1, 2, 3], [1, -1, -1, 0, 0, 0] as [Float])])
    #expect(y[0] == (try Tensor(shape: [1, 2, 1, 1, 2], [1, 3.5, 9, 11.5] as [Float])))
  }

  @Test func refusesWhatDoesNotFit() throws {
    func code(_ x: Shape, _ grid: Shape, opset: Int = 22) throws -> InfoldError.Code? {
      try errorCode {
        _ = try infer("GridSample", opset: opset, [TensorType(.float32, x), TensorType(.float32, grid)])
      }
    }
    #expect(try code([1, 1, 2, 2], [1, 3, 3, 3]) == .invalidModel)
    #expect(try code([1, 1, 2, 2], [2, 3, 3, 2]) == .invalidModel)
    #expect(try code([1, 1, 2, 2], [1, 3, 2]) == .invalidModel)
    #expect(try code([1, 1, 2], [1, 3, 1], opset: 16) == .invalidModel)
    #expect(try code([1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 4]) == .unsupported)
    let mode = try errorCode { _ = try sample([0], mode: "bilinear") }
    #expect(mode == .invalidModel)
    #expect(
      try infer("GridSample", opset: 22, [TensorType(.float16, ["N", "C", 2]), TensorType(.float32, ["N", "K", 1])])
        == [TensorType(.float16, ["N", "C", "K"])])
  }
}
