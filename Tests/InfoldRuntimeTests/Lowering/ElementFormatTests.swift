import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Operators that move elements have kernels for all types in planned memory, and give the same bits as the reference evaluation.
@Suite struct ElementFormatTests {
  static let types: [ElementType] = [
    .float32, .uint8, .int8, .bool, .int16, .uint16, .int32, .uint32, .int64, .uint64, .float64, .float16, .bfloat16,
  ]

  /// Where the operands of the tested node come from.
  private enum Origin: CaseIterable {
    /// From the caller, who also gets the results.
    case caller
    /// From a Concat, with the results read by another node.
    case kernels
  }

  /// Runs one node on operands of the shapes `shapes`.
  private func expect(
    _ opType: String, _ type: ElementType, _ shapes: [[Int]], opset: Int = 14, _ attributes: AttributeList = [:],
    _ others: [Tensor?] = [], outputs: Int = 1, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for origin in Origin.allCases {
      var network = NetworkBuilder(opset: opset)
      var random = SplitMix64(seed: 5)
      var tensors: [ValueID: Tensor] = [:]
      var operands: [ValueID?] = []
      for (index, shape) in shapes.enumerated() {
        var x = network.input(Shape(shape), "x\(index)", of: type)
        tensors[x] = try Tensor(random: shape, of: type, using: &random)
        if origin == .kernels {
          let pair = try network.node("Concat", [x, x], ["axis": .int(0)])
          let range = try [0, shape[0]].map { network.constant(try .list(Int64($0))) }
          x = try network.node("Slice", [pair] + range)
        }
        operands.append(x)
      }
      operands += others.map { $0.map { network.constant($0) } }
      var results = try network.nodes(opType, operands, attributes, outputs: outputs)
      if origin == .kernels {
        results = try results.map { try network.node("Concat", [$0, $0], ["axis": .int(-1)]) }
      }
      let graph = try network.finished(results)
      let expected = try ReferenceEvaluator(graph).run(tensors)
      let inputs = Dictionary(uniqueKeysWithValues: tensors.map { (graph[$0].name, $1) })
      for threads in [1, 3] {
        let session = try Session(
          Model(graph: graph, opsetImports: [Model.OpsetImport(version: opset)]),
          options: SessionOptions(threads: threads))
        let given = try session.run(inputs)
        for (id, tensor) in zip(graph.outputs, expected) {
          #expect(given[graph[id].name] == tensor, "\(opType) of \(type) \(shapes)", sourceLocation: sourceLocation)
        }
        let references = try session.layerTimes(inputs, runs: 1).filter { $0.algorithm == "reference" }
        #expect(
          references.map(\.operation) == [], "\(opType) of \(type) \(shapes)", sourceLocation: sourceLocation)
      }
    }
  }

  @Test(arguments: types) func transpositions(type: ElementType) throws {
    for permutation in [[0, 2, 1, 3], [0, 2, 3, 1], [0, 3, 1, 2], [3, 2, 1, 0], [2, 0, 3, 1], [0, 1, 2, 3]] {
      try expect("Transpose", type, [[2, 5, 18, 3]], ["perm": .ints(permutation.map { Int64($0) })])
    }
    try expect("Transpose", type, [[70, 33]])
    try expect("Transpose", type, [[2, 3, 4, 2, 3]], ["perm": .ints([2, 0, 3, 1, 4])])
  }

  @Test(arguments: types) func parts(type: ElementType) throws {
    for axis in 0..<4 {
      let axes = try Tensor.list(Int64(axis))
      try expect("Slice", type, [[3, 4, 5, 6]], [:], [try .list(1), try .list(3), axes])
      try expect("Slice", type, [[3, 4, 5, 6]], [:], [try .list(-1), try .list(-100), axes, try .list(-2)])
      let axisAttribute: AttributeList = ["axis": .int(Int64(axis))]
      try expect("Gather", type, [[3, 4, 5, 6]], axisAttribute, [try .list(-1, 0, 0, 2)])
      try expect("Gather", type, [[3, 4, 5, 6]], axisAttribute, [try Tensor(scalar: Int64(1))])
      try expect("Split", type, [[3, 4, 5, 6]], opset: 13, axisAttribute, [try .list(1, Int64(axis + 2))], outputs: 2)
    }
  }

  @Test(arguments: types) func concatenations(type: ElementType) throws {
    for axis in 0..<4 {
      var other = [3, 4, 5, 6]
      other[axis] = 2
      try expect("Concat", type, [[3, 4, 5, 6], other], ["axis": .int(Int64(axis))])
    }
    try expect("Concat", type, [[7], [5], [1]], ["axis": .int(0)])
    try expect("Concat", type, [[2, 3, 4], [2, 1, 4]], ["axis": .int(1)])
  }

  @Test(arguments: types) func pads(type: ElementType) throws {
    let pads = try Tensor.list(0, 1, 0, 2, 0, 2, 1, 0)
    for mode in ["constant", "reflect", "edge"] {
      try expect("Pad", type, [[3, 4, 5, 6]], ["mode": .string(Array(mode.utf8))], [pads])
    }
    let fill = try Tensor(shape: [], [Int64(1)]).cast(to: type)
    try expect("Pad", type, [[3, 4, 5, 6]], [:], [pads, fill])
  }

  @Test(arguments: types) func shapes(type: ElementType) throws {
    try expect("Reshape", type, [[3, 4, 5]], [:], [try .list(5, -1)])
    try expect("Flatten", type, [[3, 4, 5]])
    try expect("Squeeze", type, [[3, 1, 5]], [:], [try .list(1)])
    try expect("Unsqueeze", type, [[3, 5]], [:], [try .list(0, 2)])
    try expect("Expand", type, [[3, 1, 4]], [:], [try .list(2, 3, 5, 4)])
    try expect("Tile", type, [[3, 4]], [:], [try .list(2, 3)])
    try expect("DepthToSpace", type, [[2, 8, 3, 5]], ["blocksize": .int(2)])
    try expect("SpaceToDepth", type, [[2, 3, 4, 6]], ["blocksize": .int(2)])
  }

  /// Channel shuffles are recognized for all types.
  @Test(arguments: types, [2, 3, 4]) func shuffles(type: ElementType, groups: Int) throws {
    var network = NetworkBuilder(opset: 14)
    var random = SplitMix64(seed: 9)
    let x = network.input([2, 24, 3, 5], of: type)
    func reshaped(_ value: ValueID, _ sizes: [Int64]) throws -> ValueID {
      try network.node("Reshape", [value, network.constant(try Tensor(shape: [sizes.count], sizes))])
    }
    let split = try reshaped(x, [2, Int64(groups), Int64(24 / groups), 3, 5])
    let turned = try network.node("Transpose", [split], ["perm": .ints([0, 2, 1, 3, 4])])
    let graph = try network.finished(try reshaped(turned, [2, 24, 3, 5]))
    let tensor = try Tensor(random: [2, 24, 3, 5], of: type, using: &random)
    let session = try Session(graph.model, options: SessionOptions(threads: 2))
    #expect(
      try session.run(["x": tensor])[graph[graph.outputs[0]].name]
        == ReferenceEvaluator(graph).run([graph.inputs[0]: tensor])[0])
    let algorithms = try session.layerTimes(["x": tensor], runs: 1).map(\.algorithm)
    #expect(algorithms.contains("shuffle") && !algorithms.contains("reference"), "\(algorithms)")
  }

  /// Integers that kernels move, between nodes that only have a reference evaluation.
  @Test func amongReferenceEvaluations() throws {
    var network = NetworkBuilder(opset: 14)
    let x = network.input([3, 4], of: .int64)
    let shrunk = try network.node("Shrink", [x])
    let turned = try network.node("Transpose", [shrunk])
    let both = try network.node("Concat", [turned, turned], ["axis": .int(1)])
    let graph = try network.finished(try network.node("Shrink", [both]), turned)
    let tensor = try Tensor(shape: [3, 4], (0..<12).map { Int64($0) << 33 - 7 })
    let session = try Session(graph.model)
    let expected = try ReferenceEvaluator(graph).run([x: tensor])
    let results = try session.run(["x": tensor])
    #expect(graph.outputs.map { results[graph[$0].name] } == expected)
    #expect(
      try session.layerTimes(["x": tensor], runs: 1).map(\.algorithm)
        == ["reference", "transpose", "copy", "reference"])
  }

  /// A kernel converts bytes to floats.
  @Test(arguments: [ElementType.uint8, .int8]) func casts(type: ElementType) throws {
    let numbers = (0..<256).map { Int64(type == .int8 ? $0 - 128 : $0) }
    let tensor = try Tensor(shape: [1, 4, 8, 8], numbers).cast(to: type)
    var network = NetworkBuilder(opset: 13)
    let x = network.input([1, 4, 8, 8], of: type)
    let graph = try network.finished(try network.node("Cast", [x], ["to": .int(1)]))
    let session = try Session(graph.model)
    #expect(try session.run(["x": tensor])[graph[graph.outputs[0]].name]?.numbers() == numbers.map(Double.init))
    #expect(try session.layerTimes(["x": tensor], runs: 1).map(\.algorithm).contains("cast"))
  }
}
