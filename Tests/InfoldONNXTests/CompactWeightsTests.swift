import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

/// Weights in float16 and bfloat16 take two bytes each from the file to the graph that is run. They are widened only for the computation.
@Suite struct CompactWeightsTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  enum Source: CaseIterable {
    case raw, typed, external
  }

  /// 1.5, −2 and 0.25 in the type.
  private static func bits(_ type: ElementType) -> [UInt16] {
    [1.5, -2, 0.25].map { (number: Float) in
      type == .float16 ? Float16(number).bitPattern : BFloat16(number).bitPattern
    }
  }

  /// y = BatchNormalization(Conv(x, w)) for w [3, 1, 1, 1]; the normalization is y = 2 · (x − 1) + 3 for every channel.
  private func model(_ type: ElementType, _ source: Source) throws -> Model {
    let bits = Self.bits(type), bytes = bits.flatMap { Wire.littleEndian($0) }
    let number = Int(type.rawValue)
    let data: [Wire] =
      switch source {
      case .raw: [.bytes(9, bytes)]
      case .typed: [.packed(5, bits.map(Int.init))]
      case .external: [.message(13, [.text(1, "location"), .text(2, "w.bin")]), .int(14, 1)]
      }
    try folder.write("w.bin", bytes)
    func parameter(_ name: String, _ value: Float) -> Wire {
      let bits = type == .float16 ? Float16(value).bitPattern : BFloat16(value).bitPattern
      return Onnx.initializer(name, type: number, [3], [.packed(5, Array(repeating: Int(bits), count: 3))])
    }
    let path = try folder.write(
      "model.onnx",
      Onnx.model(
        opsets: [("", 15)],
        graph: [
          Onnx.input("x", type: number, [1, 1, 1, 1].map(Onnx.dim)), Onnx.output("y", type: number),
          Onnx.initializer("w", type: number, [3, 1, 1, 1], data), parameter("scale", 2), parameter("bias", 3),
          parameter("mean", 1), parameter("variance", 1), Onnx.node("Conv", ["x", "w"], ["c"]),
          Onnx.node(
            "BatchNormalization", ["c", "scale", "bias", "mean", "variance"], ["y"],
            attributes: [Onnx.attribute("epsilon", type: 1, [.float(2, 0)])]),
        ]))
    return try Model(path: path, operators: .standard)
  }

  @Test(arguments: [ElementType.float16, .bfloat16], Source.allCases)
  func takeTwoBytes(type: ElementType, source: Source) throws {
    let graph = try model(type, source).graph
    let weight = try #require(graph.values.first { $0.name == "w" }?.initializer?.tensor)
    #expect(weight.elementType == type && weight.byteCount == 2 * weight.count)
    #expect(try weight.numbers() == [1.5, -2, 0.25])

    let optimized = try OptimizationPipeline(narrowTypes: .kept).run(on: graph)
    #expect(optimized.nodes.map(\.opType) == ["Conv"])
    let tensors = optimized.values.compactMap { $0.initializer?.tensor }
    #expect(tensors.count == 2)
    for tensor in tensors { #expect(tensor.elementType == type && tensor.byteCount == 2 * tensor.count) }

    let x: Tensor =
      type == .float16
      ? try Tensor(scalar: Float16(4)).reshaped(to: [1, 1, 1, 1])
      : try Tensor(scalar: BFloat16(4)).reshaped(to: [1, 1, 1, 1])
    for graph in [graph, optimized] {
      let y = try ReferenceEvaluator(graph).run([graph.inputs[0]: x])[0]
      #expect(y.elementType == type)
      #expect(try y.numbers() == [13, -15, 3])
    }
  }

  /// If the model itself widens weights, they are computed ahead of time, because they are the same in every run. The narrow weights are
  /// not kept then.
  @Test func areHeldOnceWhereTheModelWidensThem() throws {
    let cast = Onnx.node("Cast", ["w"], ["wide"], attributes: [Onnx.attribute("to", type: 2, [.int(3, 1)])])
    let bits = Self.bits(.float16)
    let graph = try Model(
      bytes: Onnx.model(graph: [
        Onnx.input("x", [Onnx.dim(3)]), Onnx.output("y"), cast, Onnx.node("Mul", ["x", "wide"], ["y"]),
        Onnx.initializer("w", type: 10, [3], [.packed(5, bits.map(Int.init))]),
      ]), operators: .standard
    ).graph
    let optimized = try OptimizationPipeline().run(on: graph)
    #expect(
      optimized.values.compactMap { $0.initializer?.tensor } == [try Tensor(shape: [3], [1.5, -2, 0.25] as [Float])])
  }
}
