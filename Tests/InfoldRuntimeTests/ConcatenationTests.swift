import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Concatenations of channels, whose parts are written in place if possible.
@Suite struct ConcatenationTests {
  /// A network with an input [batch, 5, side, side].
  private struct Blocks {
    var network = NetworkBuilder(opset: 17)
    let x: ValueID
    let batch: Int
    let side: Int

    init(batch: Int = 1, side: Int = 4) {
      self.batch = batch
      self.side = side
      x = network.input([.fixed(batch), 5, .fixed(side), .fixed(side)])
    }

    mutating func convolution(_ x: ValueID, _ channels: Int, _ outputs: Int) throws -> ValueID {
      try network.node("Conv", [x, try network.weights([outputs, channels, 1, 1], in: -0.4...0.4)])
    }

    mutating func concat(_ parts: ValueID..., axis: Int64 = 1) throws -> ValueID {
      try network.node("Concat", parts, ["axis": .int(axis)])
    }

    mutating func check(_ outputs: ValueID..., sourceLocation: SourceLocation = #_sourceLocation) throws {
      try expectAgreement(
        try network.finished(outputs), nil, Expectation(referenceSteps: 0), "batch \(batch), side \(side)",
        sourceLocation: sourceLocation)
    }
  }

  private static let shapes = [(1, 4), (3, 4), (1, 1), (3, 1), (2, 2)]

  /// Every layer reads the results of all layers before it.
  @Test(arguments: shapes) func dense(batch: Int, side: Int) throws {
    var blocks = Blocks(batch: batch, side: side)
    var value = try blocks.convolution(blocks.x, 5, 7)
    var channels = 7
    for _ in 0..<4 {
      let layer = try blocks.convolution(try blocks.network.node("Relu", [value]), channels, 3)
      value = try blocks.concat(value, layer)
      channels += 3
    }
    try blocks.check(value, try blocks.convolution(value, channels, 2))
  }

  @Test(arguments: shapes) func aPartThatIsAnOutput(batch: Int, side: Int) throws {
    var blocks = Blocks(batch: batch, side: side)
    let a = try blocks.convolution(blocks.x, 5, 3), b = try blocks.convolution(blocks.x, 5, 4)
    let whole = try blocks.concat(a, b)
    try blocks.check(a, try blocks.convolution(whole, 7, 2), b)
  }

  @Test(arguments: shapes) func aPartThatOthersRead(batch: Int, side: Int) throws {
    var blocks = Blocks(batch: batch, side: side)
    let a = try blocks.convolution(blocks.x, 5, 3), b = try blocks.convolution(blocks.x, 5, 4)
    let relu = try blocks.network.node("Relu", [a]), pool = try blocks.network.node("GlobalAveragePool", [b])
    let flat = try blocks.network.node("Flatten", [a])
    let whole = try blocks.concat(relu, a, b)
    let gated = try blocks.network.node("Mul", [b, pool])
    try blocks.check(try blocks.convolution(whole, 10, 2), flat, gated, try blocks.network.node("Sigmoid", [whole]))
  }

  @Test(arguments: shapes) func theSameValueTwice(batch: Int, side: Int) throws {
    var blocks = Blocks(batch: batch, side: side)
    let a = try blocks.convolution(blocks.x, 5, 3), b = try blocks.convolution(blocks.x, 5, 2)
    let whole = try blocks.concat(a, b, a)
    try blocks.check(try blocks.convolution(whole, 8, 2), try blocks.concat(whole, whole))
  }

  @Test(arguments: shapes) func aValueInTwoConcatenations(batch: Int, side: Int) throws {
    var blocks = Blocks(batch: batch, side: side)
    let a = try blocks.convolution(blocks.x, 5, 3), b = try blocks.convolution(blocks.x, 5, 2)
    let first = try blocks.concat(a, b), second = try blocks.concat(b, a)
    try blocks.check(try blocks.concat(first, second, blocks.x), try blocks.convolution(second, 5, 2))
  }

  /// All parts already have a row-major copy when they are concatenated, because another node needed it.
  @Test(arguments: shapes) func partsThatLieInBothLayouts(batch: Int, side: Int) throws {
    var blocks = Blocks(batch: batch, side: side)
    let a = try blocks.convolution(blocks.x, 5, 3)
    let rows = try blocks.network.node("Softmax", [a], ["axis": .int(3)])
    let whole = try blocks.concat(a, blocks.x)
    try blocks.check(try blocks.convolution(whole, 8, 2), rows)
  }

  @Test func inputsAndConstantsAsParts() throws {
    var blocks = Blocks(batch: 2, side: 3)
    let constant = try blocks.network.weights([2, 4, 3, 3])
    let a = try blocks.convolution(blocks.x, 5, 3)
    let whole = try blocks.concat(constant, a, blocks.x)
    try blocks.check(try blocks.convolution(whole, 12, 2), whole, try blocks.concat(constant, blocks.x))
  }

  /// A part without elements is ignored.
  @Test func aPartWithoutElements() throws {
    var blocks = Blocks()
    let empty = blocks.network.constant(try Tensor(zeros: [1, 0, 4, 4], of: .float32))
    let a = try blocks.convolution(blocks.x, 5, 3), b = try blocks.convolution(blocks.x, 5, 2)
    let whole = try blocks.concat(a, empty, b)
    try blocks.check(try blocks.convolution(whole, 5, 2), whole)
  }

  /// The size of a part is known when it is computed; that of the other one is known only at run time.
  @Test func aPartOfUnknownSize() throws {
    var blocks = Blocks()
    let a = try blocks.convolution(blocks.x, 5, 3)
    let boxes = blocks.network.input([1, 6, 4], "boxes"), scores = blocks.network.input([1, 1, 6], "scores")
    let count = blocks.network.constant(try Tensor(scalar: Int64(2)))
    let chosen = try blocks.network.node("NonMaxSuppression", [boxes, scores, count])
    let column = try blocks.network.node(
      "Gather", [chosen, blocks.network.constant(try Tensor(scalar: Int64(2)))], ["axis": .int(1)])
    let channels = try blocks.network.node(
      "Gather", [try blocks.convolution(blocks.x, 5, 6), column], ["axis": .int(1)])
    let whole = try blocks.concat(a, channels)
    let graph = try blocks.network.finished(whole, try blocks.network.node("Relu", [a]))
    var inputs = try graph.randomInputs()
    inputs["boxes"] = try Tensor(
      shape: [1, 6, 4], (0..<6).flatMap { [Float($0), 0, Float($0) + 0.9, 1] })
    try expectAgreement(graph, inputs, Expectation(referenceSteps: nil))
  }

  /// A row-wise operand takes four loops if the result is a slice.
  @Test(arguments: [[1, 1, 4, 1], [3, 1, 4, 1], [3, 1, 1, 4], [3, 1, 1, 1], [1, 3, 1, 4]])
  func aPartWithABroadcastOperand(shape: [Int]) throws {
    var blocks = Blocks(batch: 3)
    let a = try blocks.convolution(blocks.x, 5, 3)
    let sum = try blocks.network.node("Add", [a, try blocks.network.weights(shape)])
    let whole = try blocks.concat(sum, try blocks.convolution(blocks.x, 5, 2))
    let graph = try blocks.network.finished(try blocks.convolution(whole, 5, 2))
    try expectAgreement(graph, nil, Expectation(referenceSteps: nil))
  }

  @Test(arguments: shapes) func shapesAndTransposesOfParts(batch: Int, side: Int) throws {
    var blocks = Blocks(batch: batch, side: side)
    let a = try blocks.convolution(blocks.x, 5, 3), b = try blocks.convolution(blocks.x, 5, 2)
    let list = blocks.network.constant(
      try Tensor(shape: [4], [Int64(batch), 2, 1, Int64(side * side)]))
    let long = try blocks.network.node("Reshape", [b, list])
    let last = try blocks.network.node("Transpose", [a], ["perm": .ints([0, 2, 3, 1])])
    let whole = try blocks.concat(a, b)
    let relu = try blocks.network.node("Relu", [last])
    let first = try blocks.network.node("Transpose", [relu], ["perm": .ints([0, 3, 1, 2])])
    try blocks.check(
      long, last, relu, try blocks.concat(whole, first), try blocks.network.node("Flatten", [whole]),
      try blocks.network.node("Tanh", [long]))
  }

  @Test(arguments: [0, 1, 2, 3, -1] as [Int64]) func otherAxes(axis: Int64) throws {
    var blocks = Blocks(batch: 2, side: 3)
    let a = try blocks.convolution(blocks.x, 5, 3), b = try blocks.convolution(blocks.x, 5, 3)
    let whole = try blocks.concat(a, b, a, axis: axis)
    try blocks.check(whole, try blocks.network.node("Relu", [whole]))
  }

  @Test func threeDimensions() throws {
    var network = NetworkBuilder()
    let x = network.input([2, 3, 7])
    let a = try network.node("Conv", [x, try network.weights([4, 3, 1])])
    let b = try network.node("Conv", [x, try network.weights([9, 3, 3])], ["pads": .ints([1, 1])])
    let whole = try network.node("Concat", [a, b, x], ["axis": .int(1)])
    try expectAgreement(
      try network.finished(whole, try network.node("Conv", [whole, try network.weights([2, 16, 1])])))
  }

  /// Nested concatenations, more of them than the stack has room for.
  @Test func manyInsideEachOther() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 4, 4])
    var y = try network.node("Conv", [x, try network.weights([2, 3, 1, 1])])
    for _ in 0..<30_000 { y = try network.node("Concat", [y], ["axis": .int(1)]) }
    let graph = try network.finished(y)
    let session = try Session(graph.model, options: SessionOptions(threads: 1))
    let results = try session.run(try graph.randomInputs())
    #expect(results.values.first?.shape == [1, 2, 4, 4])
  }

  /// A value in many nested concatenations is placed where the outermost ones need it.
  @Test func deepPlaces() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 2, 2])
    var y = try network.node("Relu", [x])
    for index in 0..<150 {
      let other = try network.node(index % 2 == 0 ? "Neg" : "Abs", [x])
      y = try network.node("Concat", index % 3 == 0 ? [y, other] : [other, y], ["axis": .int(1)])
    }
    try expectAgreement(try network.finished(y), nil, Expectation(referenceSteps: nil))
  }
}
