import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Shapes that the model computes.
@Suite struct ComputedShapeTests {
  /// Returns the inferred shape of the result of `body` for x: float32 ["N", 3, "H", "W"].
  private func shape(
    of shape: Shape = ["N", 3, "H", "W"], opset: Int = 13, _ body: (inout NetworkBuilder, ValueID) throws -> ValueID
  ) throws -> Shape? {
    var network = NetworkBuilder(opset: opset)
    let output = try body(&network, network.input(shape))
    return try network.finished(output)[output].type?.shape
  }

  /// Element `index` of the shape of `x`, as a list of one element.
  private func size(_ index: Int64, of x: ValueID, _ network: inout NetworkBuilder) throws -> ValueID {
    let shape = try network.node("Shape", [x])
    let scalar = try network.node("Gather", [shape, network.constant(try Tensor(scalar: index))])
    return try network.node("Unsqueeze", [scalar, network.constant(try .list(0))])
  }

  @Test func reshapeKeepsSymbols() throws {
    let result = try shape { network, x in
      let parts = [
        try size(0, of: x, &network), network.constant(try .list(-1)), try size(3, of: x, &network),
      ]
      return try network.node("Reshape", [x, try network.node("Concat", parts, ["axis": .int(0)])])
    }
    #expect(result == ["N", .unknown, "W"])
  }

  @Test func theOpenDimensionIsWhatSymbolsLeave() throws {
    let result = try shape { network, x in
      let parts = [
        try size(0, of: x, &network), try size(2, of: x, &network), try size(3, of: x, &network),
        network.constant(try .list(-1)),
      ]
      return try network.node("Reshape", [x, try network.node("Concat", parts, ["axis": .int(0)])])
    }
    #expect(result == ["N", "H", "W", 3])
  }

  /// Slices of a shape, through int32 and back, squeezed and unsqueezed, permuted and split.
  @Test func elementsAreMoved() throws {
    let result = try shape { network, x in
      let shape = try network.node("Cast", [try network.node("Shape", [x])], ["to": .int(6)])
      let backwards = try network.node(
        "Slice",
        [
          shape, network.constant(try .list(-1)), network.constant(try .list(-5)), network.constant(try .list(0)),
          network.constant(try .list(-1)),
        ])
      let matrix = try network.node("Reshape", [backwards, network.constant(try .list(2, 2))])
      let transposed = try network.node("Transpose", [matrix])
      let flat = try network.node(
        "Squeeze",
        [
          try network.node("Reshape", [transposed, network.constant(try .list(1, 4))]), network.constant(try .list(0)),
        ])
      let identity = try network.node("Identity", [try network.node("Cast", [flat], ["to": .int(7)])])
      return try network.node("ConstantOfShape", [identity])
    }
    #expect(result == ["W", 3, "H", "N"])
  }

  @Test func splitGivesItsParts() throws {
    var network = NetworkBuilder()
    let x = network.input(["N", 3, "H", "W"])
    let split = try network.node("Split", [try network.node("Shape", [x])], ["axis": .int(0)], outputs: 2)
    let second = network.graph.nodes.last!.outputs[1]!
    let filled = [
      try network.node("ConstantOfShape", [split]), try network.node("ConstantOfShape", [second]),
    ]
    let graph = try network.finished(filled[0], filled[1])
    #expect(filled.map { graph[$0].type?.shape } == [["N", 3], ["H", "W"]])
  }

  @Test(
    arguments: [
      ("Add", 0, "N"), ("Sub", 0, "N"), ("Mul", 1, "N"), ("Div", 1, "N"), ("Mul", 0, 0), ("Add", 2, .unknown),
      ("Mul", 2, .unknown), ("Div", 2, .unknown), ("Max", 3, .unknown),
    ] as [(String, Int64, Dimension)])
  func arithmeticKeepsWhatStaysTrue(opType: String, number: Int64, expected: Dimension) throws {
    let result = try shape { network, x in
      let computed = try network.node(
        opType, [try size(0, of: x, &network), network.constant(try .list(number))])
      return try network.node("ConstantOfShape", [computed])
    }
    #expect(result == [expected])
  }

  @Test(arguments: [("Add", 6), ("Sub", 0), ("Mul", 9), ("Div", 1), ("Min", 3), ("Max", 3)] as [(String, Int)])
  func arithmeticOnFixedSizes(opType: String, expected: Int) throws {
    let result = try shape { network, x in
      let computed = try network.node(opType, [try size(1, of: x, &network), try size(1, of: x, &network)])
      return try network.node("ConstantOfShape", [computed])
    }
    #expect(result == [.fixed(expected)])
  }

  /// The nodes that exporters write for `expand(-1, …)`, where −1 means the input's own size.
  @Test func choosingBetweenShapes() throws {
    let result = try shape(of: ["N", 1]) { network, x in
      let wanted = try network.node(
        "Concat", [try size(0, of: x, &network), network.constant(try .list(5))], ["axis": .int(0)])
      let ones = try network.node(
        "ConstantOfShape", [network.constant(try .list(2))],
        [
          "value": .tensor(try .list(1))
        ])
      let negative = try network.node("Mul", [ones, network.constant(try Tensor(scalar: Int64(-1)))])
      let isOpen = try network.node("Equal", [wanted, negative])
      return try network.node("Expand", [x, try network.node("Where", [isOpen, ones, wanted])])
    }
    #expect(result == ["N", 5])
  }

  @Test func sizesAndRanges() throws {
    #expect(
      try shape(of: ["N"]) { network, x in
        let size = try network.node("Size", [x])
        return try network.node(
          "Range",
          [network.constant(try Tensor(scalar: Int64(0))), size, network.constant(try Tensor(scalar: Int64(1)))])
      } == ["N"])
  }

  @Test func slicePadTileAndResizeUseThem() throws {
    let zero = try Tensor.list(0)
    #expect(
      try shape { network, x in
        try network.node(
          "Slice",
          [x, network.constant(zero), try size(2, of: x, &network), network.constant(try .list(2))])
      } == ["N", 3, "H", "W"])
    #expect(
      try shape { network, x in
        try network.node(
          "Slice",
          [x, network.constant(zero), try size(2, of: x, &network), network.constant(try .list(3))])
      } == ["N", 3, "H", .unknown])
    #expect(
      try shape { network, x in
        let pads = try network.node(
          "Concat",
          [
            network.constant(try .list(0, 1, 0, 0, 0, 1, 0)), try size(2, of: x, &network),
          ], ["axis": .int(0)])
        return try network.node("Pad", [x, pads])
      } == ["N", 5, "H", .unknown])
    #expect(
      try shape(of: [1, 3, "H"]) { network, x in
        let repeats = try network.node(
          "Concat", [try size(2, of: x, &network), network.constant(try .list(2, 1))], ["axis": .int(0)])
        return try network.node("Tile", [x, repeats])
      } == ["H", 6, "H"])
    #expect(
      try shape { network, x in
        let sizes = try network.node(
          "Concat",
          [
            try network.node(
              "Slice", [try network.node("Shape", [x]), network.constant(zero), network.constant(try .list(2))]),
            network.constant(try .list(20, 30)),
          ], ["axis": .int(0)])
        return try network.node("Resize", [x, nil, nil, sizes])
      } == ["N", 3, 20, 30])
  }

  /// An integer that does not fit into int32 is not propagated through a cast, because the cast keeps only its low bits.
  @Test func castsThatCutAreEvaluated() throws {
    let result = try shape { network, x in
      let large = network.constant(try .list(0x1_0000_0002))
      return try network.node(
        "ConstantOfShape",
        [try network.node("Cast", [try network.node("Cast", [large], ["to": .int(6)])], ["to": .int(7)])])
    }
    #expect(result == [2])
  }

  /// A shape with more dimensions than a tensor may have is refused. A tensor that is too large to be computed ahead of time keeps its
  /// shape.
  @Test func largeTensorsAreLeftAlone() throws {
    let error = #expect(throws: InfoldError.self) {
      try shape { network, x in
        let large = network.constant(try Tensor(zeros: [65], of: .int64))
        let list = try network.node("Concat", [try network.node("Shape", [x]), large], ["axis": .int(0)])
        return try network.node("ConstantOfShape", [list])
      }
    }
    #expect(error?.code == .limitExceeded)
    #expect(
      try shape { network, _ in
        try network.node("ConstantOfShape", [network.constant(try .list(1 << 40, 1 << 20))])
      } == [.fixed(1 << 40), .fixed(1 << 20)])
  }

  @Test func aDefaultThatMayBeOverriddenIsNotLookedAt() throws {
    let result = try shape { network, x in
      try network.node("Reshape", [x, network.overridable(try .list(-1, 3), "shape")])
    }
    #expect(result == [.unknown, .unknown])
  }

  @Test func bindingAnInputMakesComputedShapesFixed() throws {
    var network = NetworkBuilder()
    let x = network.input(["N", 3, .unknown, "W"])
    let sizes = try network.node(
      "Concat",
      [
        try size(0, of: x, &network), network.constant(try .list(-1)), try size(3, of: x, &network),
      ], ["axis": .int(0)])
    let graph = try network.finished(try network.node("Reshape", [x, sizes]))
    let bound = try graph.binding(inputs: [x: TensorType(.float32, [2, 3, 5, 7])])
    #expect(bound[bound.outputs[0]].type?.shape == [2, 15, 7])
    #expect(bound[x].type?.shape == [2, 3, 5, 7])
    for wrong in [TensorType(.float32, [2, 4, 5, 7]), TensorType(.float32, [2]), TensorType(.float64, [2, 3, 5, 7])] {
      #expect(try errorCode { _ = try graph.binding(inputs: [x: wrong]) } == .invalidArgument)
    }
  }

  @Test func anErrorNamesTheSymbolAndBothSizes() throws {
    var network = NetworkBuilder()
    let x = network.input(["N", 4])
    let y = try network.node("Concat", [x, x], ["axis": .int(0)])
    var graph = try network.finished(y)
    graph[y].type = TensorType(.float32, ["N", 4])
    let advised = try graph.binding(["N": 3])
    #expect(advised[y].type?.shape == [6, 4])
    graph.declaredShapes = .binding
    let error = #expect(throws: InfoldError.self) { try graph.binding(["N": 3]) }
    #expect(error?.description.contains("the dimension N would be 6, but it is bound to 3") == true)
    var pair = NetworkBuilder()
    let a = pair.input(["N"], "a"), b = pair.input(["N"], "b")
    var sum = try pair.finished(try pair.node("Add", [a, b]))
    sum.declaredShapes = .binding
    let types = [a: TensorType(.float32, [2]), b: TensorType(.float32, [3])]
    #expect(try errorCode { _ = try sum.binding(inputs: types) } == .invalidArgument)
  }
}
