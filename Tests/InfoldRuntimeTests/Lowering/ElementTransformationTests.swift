import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Functions of each element have kernels, and give the same bits as the reference evaluation.
@Suite struct ElementTransformationTests {
  private static let integerTypes: [ElementType] = [.int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64]
  private static let shapes = [[7], [1], [], [2, 3, 4], [2, 3, 4, 5], [1, 20, 2, 2], [3, 1_200], [1, 2, 1, 2, 1]]

  private func check(
    _ graph: Graph, _ tensors: [ValueID: Tensor], _ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let expected = try ReferenceEvaluator(graph).run(tensors)
    let inputs = Dictionary(uniqueKeysWithValues: tensors.map { (graph[$0].name, $1) })
    for threads in [1, 3] {
      let session = try Session(graph.model, options: SessionOptions(threads: threads, precision: .exact))
      let results = try session.run(inputs)
      for (id, tensor) in zip(graph.outputs, expected) {
        let result = try #require(results[graph[id].name])
        let isSame =
          tensor.elementType == .float32
          ? try zip(result.elements(as: Float.self), tensor.elements(as: Float.self)).allSatisfy {
            $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN
          } : result == tensor
        #expect(isSame && result.shape == tensor.shape, comment, sourceLocation: sourceLocation)
      }
      let references = try session.layerTimes(inputs, runs: 1).filter { $0.algorithm == "reference" }
      #expect(references.map(\.operation) == [], comment, sourceLocation: sourceLocation)
    }
  }

  /// Elements of every size.
  private func tensor(_ shape: [Int], _ type: ElementType) throws -> Tensor {
    var random = SplitMix64(seed: 8)
    let bits = (0..<shape.reduce(1, *)).map { index -> Int64 in
      let bits = Int64(bitPattern: random.next())
      return index % 5 == 0 ? [0, .min, .max, -1, 1][index / 5 % 5] : index % 3 == 0 ? bits : bits % 100
    }
    return try Tensor(shape: shape, bits).cast(to: type)
  }

  @Test(arguments: ["Abs", "Neg", "Sign", "Relu", "BitwiseNot"], integerTypes)
  func integers(operation: String, type: ElementType) throws {
    let isUnsigned = "\(type)".hasPrefix("u")
    guard !(isUnsigned && ["Neg", "Relu"].contains(operation)) else { return }
    for shape in Self.shapes {
      var network = NetworkBuilder(opset: 18)
      let x = network.input(Shape(shape), "x", of: type)
      try check(network.finished(try network.node(operation, [x])), [x: tensor(shape, type)], "\(shape)")
    }
  }

  @Test(arguments: ["BitwiseAnd", "BitwiseOr", "BitwiseXor", "LEFT", "RIGHT"], integerTypes)
  func bits(operation: String, type: ElementType) throws {
    let isShift = ["LEFT", "RIGHT"].contains(operation)
    for shapes in [[[7], [7]], [[2, 3, 4], [4]], [[1], [5]], [[3, 1], [1, 4]], [[2, 600], []]] {
      var network = NetworkBuilder(opset: isShift ? 28 : 18)
      let a = network.input(Shape(shapes[0]), "a", of: type), b = network.input(Shape(shapes[1]), "b", of: type)
      let y = try network.node(
        isShift ? "BitShift" : operation, [a, b], isShift ? ["direction": .string(Array(operation.utf8))] : [:])
      var random = SplitMix64(seed: 5)
      let counts = try random.tensor(shapes[1], in: -9...70).cast(to: .int64).cast(to: type)
      try check(
        network.finished(y), [a: tensor(shapes[0], type), b: isShift ? counts : tensor(shapes[1], type)], "\(shapes)")
    }
  }

  @Test(arguments: integerTypes + [.float32, .float64], 0..<6) func bounds(type: ElementType, form: Int) throws {
    for shape in Self.shapes {
      var network = NetworkBuilder(opset: 13)
      let x = network.input(Shape(shape), "x", of: type)
      var tensors = [x: try tensor(shape, type)]
      func bound(_ number: Int64, _ shape: [Int]) throws -> ValueID {
        let tensor = try Tensor(shape: shape, [number]).cast(to: type)
        guard form == 1 || form == 3 else { return network.constant(tensor) }
        let id = network.input(Shape(shape), "bound\(number)", of: type)
        tensors[id] = tensor
        return id
      }
      let lower = form == 4 ? nil : try bound(3, form == 3 ? [1] : []),
        upper = form == 5 ? nil : try bound(form == 2 ? 2 : 40, [])
      try check(network.finished(try network.node("Clip", [x, lower, upper])), tensors, "\(shape)")
    }
  }

  private static let special: [Float] = [
    0, -0.0, 1, -1, 0.5, -0.5, .nan, .infinity, -.infinity, 1e30, -1e30, 2, 3.14159274, -1.57079637, 100_000, 0.7,
    .leastNormalMagnitude, .leastNonzeroMagnitude, 12345.678,
  ]

  @Test(arguments: [
    "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Celu", "Cosh", "Shrink", "Sign", "Sinh", "Tan",
    "ThresholdedRelu", "IsNaN", "IsInf",
  ])
  func functions(operation: String) throws {
    for shape in Self.shapes + [[Self.special.count]] {
      for layout in OperandLayout.allCases where operation != "IsNaN" && operation != "IsInf" || layout == .rowMajor {
        var network = NetworkBuilder(opset: 20)
        let x = try network.operand(shape, layout)
        let graph = try network.finished(try network.node(operation, [x]))
        var random = SplitMix64(seed: 6)
        let tensor =
          shape == [Self.special.count]
          ? try Tensor(shape: shape, Self.special) : try random.tensor(shape, in: -3...3)
        try check(graph, [graph.inputs[0]: tensor], "\(shape), \(layout)")
      }
    }
    guard operation == "IsInf" else { return }
    for (negative, positive) in [(0, 1), (1, 0), (0, 0)] as [(Int64, Int64)] {
      var network = NetworkBuilder(opset: 20)
      let x = network.input([.fixed(Self.special.count)])
      let y = try network.node(
        "IsInf", [x], ["detect_negative": .int(negative), "detect_positive": .int(positive)])
      try check(network.finished(y), [x: Tensor(shape: [Self.special.count], Self.special)], "\(negative)")
    }
  }

  @Test func truthValuesAndRemainders() throws {
    for shape in Self.shapes {
      var network = NetworkBuilder(opset: 28)
      let x = network.input(Shape(shape), "x", of: .bool)
      let bits = (0..<shape.reduce(1, *)).map { $0 % 3 == 0 }
      try check(network.finished(try network.node("Not", [x])), [x: Tensor(shape: shape, bits)], "\(shape)")
    }
    for truncates in [0, 1] as [Int64] {
      var network = NetworkBuilder(opset: 28)
      let count = Self.special.count
      let a = network.input([.fixed(count), 1], "a"), b = network.input([.fixed(count)], "b")
      let y = try network.node("Mod", [a, b], ["fmod": .int(truncates)])
      try check(
        network.finished(y),
        [a: Tensor(shape: [count, 1], Self.special), b: Tensor(shape: [count], Self.special)], "\(truncates)")
    }
  }
}
