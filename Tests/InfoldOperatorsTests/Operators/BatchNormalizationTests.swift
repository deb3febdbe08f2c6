import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct BatchNormalizationTests {
  /// scale, B, mean, var of two channels: with an epsilon of 0.25 they are 2·(x − 1) + 1 and 2·(x − 2) − 1.
  private func parameters(shape: [Int] = [2]) throws -> [Tensor] {
    try [[2, 4], [1, -1], [1, 2], [0.75, 3.75]].map { try Tensor(shape: shape, $0 as [Float]) }
  }

  private func normalize(
    _ inputs: [Tensor], opset: Int, _ attributes: AttributeList = [:], outputs: Int = 1
  ) throws -> [Tensor?] {
    var attributes = attributes
    if attributes["epsilon"] == nil { attributes["epsilon"] = .float(0.25) }
    return try evaluate("BatchNormalization", opset: opset, attributes: attributes, inputs, outputs: outputs)
  }

  private func expect(_ tensor: Tensor?, _ shape: [Int], _ expected: [Double], tolerance: Double = 1e-12) throws {
    let tensor = try #require(tensor)
    #expect(tensor.shape == shape)
    for (a, b) in zip(try tensor.elements(as: Double.self), expected) { #expect(abs(a - b) <= tolerance) }
  }

  // MARK: Inference

  @Test(
    arguments: [1, 6, 7, 9, 14, 15],
    [
      ([2, 2], [-1, -3, 3, 1]), ([1, 2, 2], [-1, 1, -1, 1]), ([1, 2, 1, 2], [-1, 1, -1, 1]),
      ([1, 2, 2, 1, 1], [-1, 1, -1, 1]), ([2, 2, 1, 1, 1, 1], [-1, -3, 3, 1]),
    ] as [(shape: [Int], y: [Float])])
  func normalizesPerFeatureMap(opset: Int, x: (shape: [Int], y: [Float])) throws {
    guard opset > 1 || x.shape.count == 4 else { return }
    let y = try normalize([.counting(x.shape)] + parameters(), opset: opset)
    #expect(try y == [Tensor(shape: x.shape, x.y)])
  }

  @Test(arguments: [9, 14, 15]) func takesALineAsOneChannelSinceOpset9(opset: Int) throws {
    let parameters = try [2, 1, 1, 0.75].map { try Tensor(shape: [1], [$0 as Float]) }
    #expect(try normalize([.counting([3])] + parameters, opset: opset) == [Tensor(shape: [3], [-1, 1, 3] as [Float])])
    let training: AttributeList =
      opset < 14 ? ["epsilon": .float(1)] : ["epsilon": .float(1), "training_mode": .int(1)]
    let y = try normalize(
      [Tensor(shape: [4], [1, 1, -1, -1] as [Double])] + parameters.map { try $0.widened() }, opset: opset, training,
      outputs: 2)
    try expect(y[0], [4], [1, 1, -1, -1].map { $0 / 2.0.squareRoot() * 2 + 1 })
    try expect(y[1], [1], [0.9], tolerance: 1e-7)
  }

  @Test(arguments: [1, 6, 7]) func normalizesPerActivation(opset: Int) throws {
    let spatial: AttributeList = ["spatial": .int(0)]
    let y = try normalize([.counting([2, 1, 1, 2])] + parameters(shape: [1, 1, 2]), opset: opset, spatial)
    #expect(try y == [Tensor(shape: [2, 1, 1, 2], [-1, -3, 3, 1] as [Float])])
    guard opset > 1 else { return }
    #expect(
      try normalize([.counting([2, 2])] + parameters(), opset: opset, spatial)
        == [Tensor(shape: [2, 2], [-1, -3, 3, 1] as [Float])])
  }

  @Test(arguments: [1, 6]) func isInferenceWithOneOutputWhateverIsTestSays(opset: Int) throws {
    let inputs = [try Tensor.counting([1, 2, 1, 2])] + (try parameters())
    let expected = try Tensor(shape: [1, 2, 1, 2], [-1, 1, -1, 1] as [Float])
    #expect(try normalize(inputs, opset: opset, ["is_test": .int(0), "momentum": .float(0.5)]) == [expected])
    #expect(try normalize(inputs, opset: opset, ["is_test": .int(1), "spatial": .int(1)]) == [expected])
    #expect(try normalize(inputs, opset: 1, ["consumed_inputs": .ints([0, 0, 0, 1, 1])]) == [expected])
  }

  @Test(arguments: [1, 6, 7, 9, 14, 15]) func hasTheStandardsDefaults(opset: Int) throws {
    var graph = Graph()
    let ids = (0..<5).map { graph.addInput("\($0)", TensorType(.float32, nil)) }
    let node = try Node(
      opType: "BatchNormalization", opsetVersion: opset, inputs: ids, outputs: [graph.add(Value(name: "y"))])
    let typed = try #require(node.typed as? BatchNormalization)
    #expect(typed.epsilon == 1e-5 && typed.momentum == 0.9 && typed.isSpatial && !typed.isTraining)
  }

  // MARK: Training

  /// Two channels with the values 0 1 4 5 (mean 2.5, variance 4.25) and 2 3 8 11 (mean 6, variance 13.5).
  private func batch(_ shape: [Int]) throws -> [Tensor] {
    [try Tensor(shape: shape, [0, 1, 2, 3, 4, 5, 8, 11] as [Double])]
      + (try [[1, 2], [3, -1], [10, 20], [2, 4]].map { try Tensor(shape: [2], $0 as [Double]) })
  }

  @Test(arguments: [1, 6, 7, 9, 14, 15], [[2, 2, 1, 2], [2, 2, 2], [2, 2, 1, 1, 2]])
  func trainsPerFeatureMap(opset: Int, shape: [Int]) throws {
    guard opset > 1 || shape.count == 4 else { return }
    var attributes: AttributeList = ["epsilon": .float(2), "momentum": .float(0.75)]
    if opset >= 14 { attributes["training_mode"] = .int(1) }
    let y = try normalize(try batch(shape), opset: opset, attributes, outputs: opset < 14 ? 5 : 3)
    let first = [0.0, 1, 4, 5].map { ($0 - 2.5) / 2.5 + 3 }
    let second = [2.0, 3, 8, 11].map { ($0 - 6) / 15.5.squareRoot() * 2 - 1 }
    try expect(y[0], shape, Array(first[..<2] + second[..<2]) + Array(first[2...] + second[2...]))
    try expect(y[1], [2], [10 * 0.75 + 2.5 * 0.25, 20 * 0.75 + 6 * 0.25])
    try expect(y[2], [2], [2 * 0.75 + 4.25 * 0.25, 4 * 0.75 + 13.5 * 0.25])
    guard opset < 14 else { return }
    try expect(y[3], [2], [2.5, 6])
    try expect(y[4], [2], [4.25, 13.5])
  }

  @Test(arguments: [1, 6, 7]) func trainsPerActivation(opset: Int) throws {
    let x = try Tensor(shape: [2, 1, 1, 2], [0, 10, 4, 16] as [Double])
    let inputs =
      [x] + (try [[1, 2], [3, -1], [0, 0], [1, 1]].map { try Tensor(shape: [1, 1, 2], $0 as [Double]) })
    let y = try normalize(
      inputs, opset: opset, ["spatial": .int(0), "epsilon": .float(0), "momentum": .float(0)], outputs: 5)
    try expect(y[0], [2, 1, 1, 2], [2, -3, 4, 1])
    for index in [1, 3] { try expect(y[index], [1, 1, 2], [2, 13]) }
    for index in [2, 4] { try expect(y[index], [1, 1, 2], [4, 9]) }
  }

  @Test(arguments: [2, 3, 4]) func leavesTrailingStatisticsOut(count: Int) throws {
    let y = try normalize(try batch([2, 2, 1, 2]), opset: 9, outputs: count)
    #expect(y.compactMap { $0 }.count == count)
    try expect(y[1], [2], [10 * 0.9 + 0.25, 20 * 0.9 + 0.6], tolerance: 1e-6)
  }

  @Test func isInferenceWhenTheOtherOutputsAreLeftOut() throws {
    let inputs = [try Tensor.counting([1, 2, 1, 2])] + (try parameters())
    for opset in [9, 15] {
      var graph = Graph()
      let ids = inputs.indices.map { graph.addInput("\($0)", TensorType(.float32, nil)) }
      let y = graph.add(Value(name: "y"))
      let node = try Node(
        opType: "BatchNormalization", opsetVersion: opset, attributes: ["epsilon": .float(0.25)], inputs: ids,
        outputs: [y, nil, nil])
      #expect((node.typed as? BatchNormalization)?.isTraining == false)
      #expect(try node.evaluate(inputs)[0] == Tensor(shape: [1, 2, 1, 2], [-1, 1, -1, 1] as [Float]))
    }
  }

  @Test func givesNaNForABatchOfNothing() throws {
    let inputs = [try Tensor(zeros: [0, 2, 3], of: .float32)] + (try parameters())
    let y = try normalize(inputs, opset: 15, ["training_mode": .int(1)], outputs: 3)
    #expect(y[0]?.shape == [0, 2, 3])
    #expect(try y[1]?.elements(as: Float.self).allSatisfy(\.isNaN) == true)
    #expect(try normalize(inputs, opset: 15)[0]?.shape == [0, 2, 3])
  }

  // MARK: Types

  @Test func mixesTypesSinceOpset14() throws {
    let x = try Tensor(shape: [1, 2, 1], [1, 2] as [Float16])
    func inputs(_ affine: Tensor, _ statistics: Tensor) -> [Tensor] { [x, affine, affine, statistics, statistics] }
    let half = try Tensor(shape: [2], [1, 1] as [Float16]), single = try Tensor(shape: [2], [1, 1] as [Float])
    let double = try Tensor(shape: [2], [1, 1] as [Double])
    for (opset, affine, statistics) in [(14, half, single), (14, half, double), (15, single, double)] {
      let y = try normalize(
        inputs(affine, statistics), opset: opset, ["training_mode": .int(1), "momentum": .float(0.5)], outputs: 3)
      #expect(y.map { $0?.elementType } == [.float16, statistics.elementType, statistics.elementType])
      #expect(try y[1]?.widened().elements(as: Double.self) == [1, 1.5])
    }
    #expect(try errorCode { _ = try normalize(inputs(half, single), opset: 9) } == .invalidModel)
    #expect(try errorCode { _ = try normalize(inputs(single, half), opset: 14) } == .invalidModel)
    #expect(try errorCode { _ = try normalize([x, half, single, half, half], opset: 15) } == .invalidModel)
    #expect(try errorCode { _ = try normalize([x, half, half, single, half], opset: 15) } == .invalidModel)
  }

  @Test func refusesIntegers() throws {
    let parameters = try [[2, 4], [1, -1], [1, 2], [1, 4]].map { try Tensor(shape: [2], $0 as [Int32]) }
    #expect(
      try errorCode { _ = try normalize([Tensor(zeros: [1, 2], of: .int32)] + parameters, opset: 15) } == .unsupported)
  }

  // MARK: Refusals

  @Test(
    arguments: [
      (1, ["is_test": .int(1)], 5), (6, ["is_test": .int(1)], 2), (14, [:], 3), (15, ["training_mode": .int(0)], 2),
      (7, ["is_test": .int(1)], 1), (9, ["spatial": .int(1)], 1), (9, ["training_mode": .int(1)], 1),
      (6, ["consumed_inputs": .ints([])], 1), (15, ["training_mode": .int(1)], 4),
    ] as [(Int, AttributeList, Int)])
  func refusesFormsThatItsVersionDoesNotHave(opset: Int, attributes: AttributeList, outputs: Int) throws {
    #expect(
      try errorCode { _ = try normalize(try batch([2, 2, 1, 2]), opset: opset, attributes, outputs: outputs) }
        == .invalidModel)
  }

  @Test(arguments: [(1, [2, 2]), (1, [1, 2, 1, 1, 1]), (6, [2]), (7, [2]), (9, []), (15, [1, 3, 2]), (9, [2, 1])])
  func refusesInputsThatDoNotFit(opset: Int, shape: [Int]) throws {
    #expect(
      try errorCode { _ = try normalize([.counting(shape)] + parameters(), opset: opset) } == .invalidModel)
  }

  @Test(arguments: 1...4) func refusesAParameterThatDoesNotFit(index: Int) throws {
    var inputs = [try Tensor.counting([1, 2, 1, 2])] + (try parameters())
    inputs[index] = try .counting([3])
    #expect(try errorCode { _ = try normalize(inputs, opset: 15) } == .invalidModel)
    inputs[index] = try .counting([2, 1])
    #expect(try errorCode { _ = try normalize(inputs, opset: 15) } == .invalidModel)
  }

  @Test(arguments: [1, 6, 7]) func refusesParametersPerFeatureMapWithoutSpatial(opset: Int) throws {
    let error = #expect(throws: InfoldError.self) {
      try normalize([.counting([1, 2, 1, 2])] + parameters(), opset: opset, ["spatial": .int(0)])
    }
    #expect(error?.code == .invalidModel)
    #expect(error?.reason.contains("scale has the shape [2] with spatial = 0") == true)
    #expect(error?.hint?.contains("spatial = 1") == true)
    #expect(
      try errorCode { _ = try normalize([.counting([1, 2, 1, 2])] + parameters(shape: [2, 1]), opset: opset) }
        == .invalidModel)
  }

  // MARK: Shape rule

  @Test func completesShapesFromOneAnother() throws {
    func shapes(_ x: Shape?, _ parameters: [Shape?], spatial: Int64 = 1) throws -> [Shape?] {
      try infer(
        "BatchNormalization", opset: 7, attributes: ["spatial": .int(spatial)],
        ([x] + parameters).map { TensorType(.float32, $0) }, outputs: 5
      ).map(\.shape)
    }
    #expect(
      try shapes(["N", .unknown, "H", 4], [[3], nil, nil, nil]) == [["N", 3, "H", 4]] + Array(repeating: [3], count: 4))
    #expect(try shapes(nil, [nil, nil, nil, ["C"]]) == [nil] + Array(repeating: ["C"], count: 4))
    #expect(try shapes(nil, [nil, nil, nil, nil], spatial: 0) == Array(repeating: nil, count: 5))
    #expect(
      try shapes(["N", .unknown, "H"], [nil, [3, .unknown], nil, [.unknown, 5]], spatial: 0)
        == [["N", 3, 5]] + Array(repeating: [3, 5], count: 4))
  }
}
