import InfoldGraph
import InfoldOperators
import InfoldQuantization
import InfoldTensor
import TestSupport
import Testing

/// The nodes that replace those of old opsets compute the same.
@Suite struct OpsetRaiseTests {
  private typealias Build = (inout NetworkBuilder, ValueID) throws -> ValueID

  private func model(opset: Int, _ shape: Shape, _ build: Build) throws -> Model {
    var network = NetworkBuilder(opset: opset)
    let x = network.input(shape)
    let graph = try network.finished(build(&network, x))
    return Model(graph: graph, irVersion: 4, opsetImports: [Model.OpsetImport(version: opset)])
  }

  private func expectSame(
    opset: Int, _ sizes: [Int], shape: Shape? = nil, operators: [String], _ build: Build
  ) throws {
    let model = try model(opset: opset, shape ?? Shape(sizes), build)
    let raised = try OpsetRaise.raised(model)
    #expect(raised.opsetVersion() == 13 && raised.irVersion == 7)
    #expect(raised.graph.nodes.map(\.opType) == operators)
    #expect(raised.graph.nodes.allSatisfy { $0.opsetVersion == 13 && $0.typed != nil })
    var random = SplitMix64(seed: 9)
    let input = try random.tensor(sizes, in: -3...3)
    let before = try ReferenceEvaluator(model.graph).run([model.graph.inputs[0]: input])
    let after = try ReferenceEvaluator(raised.graph).run([raised.graph.inputs[0]: input])
    #expect(before == after)
  }

  /// By default, the sum is over axis 1 and all later axes, or over the only axis of a vector.
  @Test(arguments: ["Softmax", "LogSoftmax", "Hardmax"]) func defaultAxes(opType: String) throws {
    try expectSame(opset: 11, [5], operators: [opType]) { try $0.node(opType, [$1]) }
    try expectSame(opset: 11, [2, 5], operators: [opType]) { try $0.node(opType, [$1]) }
  }

  @Test func boundsOfClipBecomeInputs() throws {
    for (opset, bounds) in [
      (9, ["min": .float(-1), "max": .float(2)]), (7, ["max": .float(0)]), (10, [:]),
    ] as [(Int, AttributeList)] {
      try expectSame(opset: opset, [2, 3], operators: ["Clip"]) { try $0.node("Clip", [$1], bounds) }
    }
  }

  @Test func listsBecomeInputs() throws {
    try expectSame(opset: 9, [1, 3, 1], operators: ["Squeeze", "Unsqueeze"]) {
      try $0.node("Unsqueeze", [$0.node("Squeeze", [$1], ["axes": .ints([2])])], ["axes": .ints([0, 2])])
    }
    try expectSame(opset: 11, [1, 3, 1], operators: ["Squeeze", "ReduceSum"]) {
      try $0.node("ReduceSum", [$0.node("Squeeze", [$1])], ["axes": .ints([-1]), "keepdims": .int(0)])
    }
    try expectSame(opset: 9, [2, 5], operators: ["Slice"]) {
      try $0.node("Slice", [$1], ["starts": .ints([1]), "ends": .ints([4]), "axes": .ints([1])])
    }
    try expectSame(opset: 9, [2, 5], operators: ["Pad"]) {
      try $0.node("Pad", [$1], ["pads": .ints([0, 1, 2, 0]), "value": .float(3)])
    }
    try expectSame(opset: 11, [2, 5], operators: ["Split"]) {
      try $0.nodes("Split", [$1], ["split": .ints([2, 3]), "axis": .int(1)], outputs: 2)[1]
    }
    try expectSame(opset: 9, [2, 5], operators: ["TopK"]) { try $0.nodes("TopK", [$1], ["k": .int(2)], outputs: 2)[0] }
  }

  @Test func softmaxOverSeveralAxesBecomesThatOfAMatrix() throws {
    for name in ["Softmax", "LogSoftmax", "Hardmax"] {
      try expectSame(opset: 9, [3, 4], operators: [name]) { try $0.node(name, [$1]) }
      try expectSame(opset: 9, [2, 4, 1, 1], operators: [name]) { try $0.node(name, [$1]) }
      try expectSame(opset: 11, [2, 3, 4], operators: [name]) { try $0.node(name, [$1], ["axis": .int(-1)]) }
      try expectSame(opset: 9, [2, 3, 4], shape: ["N", 3, "W"], operators: ["Shape", "Flatten", name, "Reshape"]) {
        try $0.node(name, [$1])
      }
    }
  }

  @Test func enlargingBecomesResize() throws {
    for mode in ["nearest", "linear"] {
      try expectSame(opset: 8, [1, 1, 3, 3], operators: ["Resize"]) {
        try $0.node(
          "Upsample", [$1], ["mode": .string(Array(mode.utf8)), "scales": .floats([1, 1, 2, 2.5])])
      }
      for (opset, name) in [(9, "Upsample"), (10, "Resize")] {
        try expectSame(opset: opset, [1, 1, 3, 3], operators: ["Resize"]) {
          let scales = $0.constant(try Tensor(shape: [4], [1, 1, 1.5, 3] as [Float]))
          return try $0.node(name, [$1, scales], ["mode": .string(Array(mode.utf8))])
        }
      }
    }
  }

  @Test func dropoutHandsOn() throws {
    try expectSame(opset: 9, [2, 3], operators: ["Identity"]) {
      try $0.node("Dropout", [$1], ["ratio": .float(0.3)])
    }
  }

  @Test func statisticsKeepTheirForm() throws {
    try expectSame(opset: 8, [1, 2, 3], operators: ["BatchNormalization", "Relu"]) {
      try $0.node("Relu", [$0.normalization($1, channels: 2, ["spatial": .int(1)])])
    }
  }

  @Test func refusesByName() throws {
    let refused: [(Int, [Int], Build)] = [
      (9, [2, 3], { try $0.nodes("Dropout", [$1], outputs: 2)[1] }),
      (
        10, [1, 1, 4, 4],
        {
          let scales = $0.constant(try Tensor(shape: [4], [1, 1, 0.5, 0.5] as [Float]))
          return try $0.node("Resize", [$1, scales])
        }
      ),
      (
        9, [1, 1, 4, 4],
        {
          let weights = try $0.weights([1, 1, 3, 3])
          return try $0.node("ConvTranspose", [$1, weights], ["auto_pad": .string(Array("SAME_UPPER".utf8))])
        }
      ),
      (6, [2], { try $0.node("Relu", [$1]) }),
    ]
    for (opset, sizes, build) in refused {
      let model = try model(opset: opset, Shape(sizes), build)
      #expect(try errorCode { _ = try OpsetRaise.raised(model) } == .unsupported)
    }
  }

  @Test func laterOpsetsStay() throws {
    let model = try model(opset: 17, [2]) { try $0.node("Relu", [$1]) }
    let raised = try OpsetRaise.raised(model)
    #expect(raised.opsetVersion() == 17 && raised.irVersion == 4)
  }
}
