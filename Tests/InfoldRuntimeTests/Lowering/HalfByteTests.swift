import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// 4-bit weights that are dequantized.
@Suite struct HalfByteTests {
  private func packed(_ shape: [Int], _ type: ElementType) throws -> Tensor {
    let count = shape.reduce(1, *)
    if type == .int4 {
      return try Tensor(shape: shape, (0..<count).map { Int8($0 * 5 % 16 - 8) }).inHalfBytes(as: type)
    }
    return try Tensor(shape: shape, (0..<count).map { UInt8($0 * 5 % 16) }).inHalfBytes(as: type)
  }

  @Test(arguments: [ElementType.int4, .uint4]) func halvesOfBytes(type: ElementType) throws {
    for count in [0, 1, 2, 3, 8, 17] {
      let numbers = try packed([count], type)
      #expect(numbers.byteCount == (count + 1) / 2)
      let offset = type == .int4 ? 8 : 0
      #expect(try numbers.numbers() == (0..<count).map { Double($0 * 5 % 16 - offset) })
      #expect(try numbers.cast(to: .float32).cast(to: type) == numbers)
      #expect(try numbers.cast(to: .int64).cast(to: type) == numbers)
    }
    let range = type == .int4 ? [-8.0, 7, 0, -1, 2] : [0, 15, 0, 0, 2]
    let given = try Tensor(shape: [5], [-1e9, 1e9, .nan, -1.5, 2.5] as [Float])
    #expect(try given.cast(to: type).numbers() == range)
  }

  /// Weights with a scale per column, per block, and for all, in a network that runs with kernels.
  @Test(arguments: [ElementType.int4, .uint4], [0, 1, 2]) func weights(type: ElementType, form: Int) throws {
    let (inner, columns) = (12, 7)
    var network = NetworkBuilder(opset: 21)
    let x = network.input([3, 12])
    let parameters = [[], [columns], [inner / 4, columns]][form]
    let scale = network.constant(try network.random.tensor(parameters, in: 0.1...0.3))
    let zeroPoint = network.constant(try packed(parameters, type))
    let attributes: AttributeList = [[:], ["axis": .int(1)], ["axis": .int(0), "block_size": .int(4)]][form]
    let weights = try network.node(
      "DequantizeLinear", [network.constant(packed([inner, columns], type)), scale, zeroPoint], attributes)
    try expectKernels(network.finished(network.node("MatMul", [x, weights])), opset: 21)
  }

  /// More weights than a session computes ahead of time for other purposes.
  @Test func largeWeights() throws {
    var network = NetworkBuilder(opset: 21)
    let x = network.input([1, 1024])
    let scale = network.constant(try Tensor(scalar: Float(0.1)))
    let weights = try network.node("DequantizeLinear", [network.constant(packed([1024, 1024], .int4)), scale])
    try expectKernels(network.finished(network.node("MatMul", [x, weights])), opset: 21, tolerance: 1e-5)
  }

  @Test func othersRefuseThemByName() throws {
    let type = TensorType(.int4, [2, 4])
    for (opType, count) in [("Add", 2), ("Transpose", 1), ("MatMul", 2), ("Relu", 1), ("Reshape", 2)] {
      do {
        _ = try infer(opType, opset: 21, Array(repeating: type, count: count))
        Issue.record("\(opType) takes int4")
      } catch let error as InfoldError {
        #expect(error.description.contains("int4"), "\(error)")
      }
    }
  }

  // MARK: Numbers that are quantized at run time

  /// DynamicQuantizeLinear and the nodes that dequantize its results, with kernels, bit for bit.
  @Test(
    arguments: [
      [1.5, -0.25, 0.75, 3], [0, 0, 0], [1, 2, 3], [-5, -1], [.nan, 1, -1, .nan], [0x1p-133, -0x1p-136], [7],
      [3e38, -3e38, 1], [.nan],
    ] as [[Float]])
  func dynamicRanges(numbers: [Float]) throws {
    var network = NetworkBuilder(opset: 13)
    let x = network.input(Shape([numbers.count]))
    let parts = try network.nodes("DynamicQuantizeLinear", [x], outputs: 3)
    let y = try network.node("DequantizeLinear", parts)
    let graph = try network.finished(parts + [y])
    let tensor = try Tensor(shape: [numbers.count], numbers)
    let expected = try ReferenceEvaluator(graph).run([x: tensor])
    for threads in [1, 2] {
      let model = Model(graph: graph, opsetImports: [Model.OpsetImport(version: 13)])
      let session = try Session(model, options: SessionOptions(threads: threads, subnormals: .kept))
      var results: [Tensor] = []
      try session.run([tensor], into: &results)
      for (result, wanted) in zip(results, expected) {
        #expect(try zip(result.numbers(), wanted.numbers()).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })
      }
      let steps = try session.plannedSteps(for: ["x": [numbers.count]])
      #expect(!steps.contains { $0.algorithm == "reference" })
    }
  }
}
