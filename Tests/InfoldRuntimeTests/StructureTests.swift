import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Values that share memory, and values with several consumers.
@Suite struct StructureTests {
  private static let shapes = [[1, 5, 4, 3], [3, 5, 4, 3], [2, 16, 1, 1], [1, 1, 4, 4], [2, 6, 7]]

  private func convolution(_ network: inout NetworkBuilder, _ x: ValueID, _ shape: [Int]) throws -> ValueID {
    let ones = Array(repeating: 1, count: shape.count - 2)
    return try network.node("Conv", [x, try network.weights([shape[1], shape[1]] + ones, in: -0.4...0.4)])
  }

  /// Every element-wise step could overwrite its input, and must not.
  @Test(arguments: shapes) func inputsThatAreReadLater(shape: [Int]) throws {
    var network = NetworkBuilder()
    let x = network.input(Shape(shape))
    let a = try convolution(&network, x, shape)
    let abs = try network.node("Abs", [a]), negative = try network.node("Neg", [a])
    let sum = try network.node("Sub", [abs, negative])
    let square = try network.node("Mul", [sum, sum])
    try expectAgreement(
      try network.finished(try network.node("Add", [square, a]), try network.node("Tanh", [abs]), sum))
  }

  @Test(arguments: shapes) func inputsOfTheGraph(shape: [Int]) throws {
    var network = NetworkBuilder()
    let x = network.input(Shape(shape)), c = try network.weights(shape)
    let outputs = [
      try network.node("Abs", [x]), try network.node("Mul", [x, c]), try network.node("Exp", [x]),
      try network.node("Add", [c, x]), try network.node("Neg", [x]),
    ]
    let graph = try network.finished(outputs)
    let inputs = try graph.randomInputs()
    let session = try Session(graph.model)
    let before = try inputs.mapValues { try $0.elements(as: Float.self) }
    _ = try session.run(inputs)
    #expect(try inputs.mapValues { try $0.elements(as: Float.self) } == before)
    try expectAgreement(graph, inputs)
  }

  @Test(arguments: shapes) func outputsThatAreReadLater(shape: [Int]) throws {
    var network = NetworkBuilder()
    let x = network.input(Shape(shape))
    let a = try convolution(&network, x, shape)
    let b = try network.node("Abs", [a]), c = try network.node("Neg", [b]), d = try convolution(&network, c, shape)
    try expectAgreement(try network.finished(d, b, a, c))
  }

  /// The same memory under other names: a later element-wise step must not overwrite it.
  @Test(arguments: shapes) func otherNamesOfOneValue(shape: [Int]) throws {
    var network = NetworkBuilder()
    let x = network.input(Shape(shape))
    let a = try convolution(&network, x, shape)
    let flat = try network.node("Flatten", [a])
    let last = try network.node(
      "Transpose", [a], ["perm": .ints([0] + (2..<shape.count).map(Int64.init) + [1])])
    let (b, c, d) = (
      try network.node("Abs", [flat]), try network.node("Neg", [last]), try network.node("Sigmoid", [a])
    )
    try expectAgreement(try network.finished(b, c, d, flat))
  }

  @Test func anOutputTwice() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 4, 4])
    let y = try convolution(&network, x, [1, 3, 4, 4]), z = try network.node("Relu", [y])
    try expectAgreement(try network.finished(y, y, z, y, z))
  }

  @Test func outputsThatAreInputsOrConstants() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 2, 2]), c = try network.weights([4])
    let same = try network.node("Identity", [x])
    let shaped = try network.node("Reshape", [x, network.constant(try .list(3, 4))])
    let graph = try network.finished(x, c, same, shaped, try network.node("Relu", [x]), x)
    try expectAgreement(graph)
    let inputs = try graph.randomInputs()
    for optimize in [true, false] {
      var results: [Tensor] = []
      try Session(graph.model, options: SessionOptions(optimize: optimize)).run([inputs["x"]!], into: &results)
      #expect(results[0] == inputs["x"] && results[2] == inputs["x"] && results[5] == inputs["x"])
      #expect(try results[3] == inputs["x"]!.reshaped(to: [3, 4]))
    }
  }

  @Test func noElements() throws {
    var network = NetworkBuilder()
    let x = network.input(["N", 3, 4, 4])
    let a = try convolution(&network, x, [1, 3, 4, 4])
    let y = try network.node("Add", [try network.node("Relu", [a]), x])
    let pool = try network.node("GlobalAveragePool", [y])
    let graph = try network.finished(y, try network.node("Flatten", [pool]))
    let empty = try Tensor(zeros: [0, 3, 4, 4], of: .float32)
    try expectAgreement(graph, ["x": empty], Expectation(referenceSteps: nil))
    let session = try Session(graph.model)
    for count in [0, 2, 0, 1] {
      let x = try Tensor(zeros: [count, 3, 4, 4], of: .float32)
      #expect(try session.run(["x": x])[graph[graph.outputs[0]].name]?.shape == [count, 3, 4, 4])
    }
  }

  @Test func scalars() throws {
    var network = NetworkBuilder()
    let x = network.input([], "x"), y = network.input([1], "y")
    let sum = try network.node("Add", [x, try network.node("Exp", [x])])
    try expectAgreement(
      try network.finished(sum, try network.node("Mul", [sum, y]), try network.node("Relu", [y])))
  }

  /// A number of boxes that is known only at run time, between convolutions and computed from their results.
  @Test func shapesThatOnlyARunKnows() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 4, 2, 3])
    let a = try convolution(&network, x, [1, 4, 2, 3])
    let boxes = try network.node("Reshape", [a, network.constant(try .list(1, 6, 4))])
    let scores = network.input([1, 1, 6], "scores")
    let chosen = try network.node("NonMaxSuppression", [boxes, scores, network.constant(try Tensor(scalar: Int64(3)))])
    let rows = try network.node(
      "Gather", [chosen, network.constant(try Tensor(scalar: Int64(2)))], ["axis": .int(1)])
    let found = try network.node("Gather", [boxes, rows], ["axis": .int(1)])
    let y = try network.node("Mul", [found, try network.weights([4])])
    let b = try convolution(&network, try network.node("Relu", [a]), [1, 4, 2, 3])
    let graph = try network.finished(y, b, found)
    var inputs = try graph.randomInputs()
    inputs["x"] = try inputs["x"]!.mapped { (x: Float) in x * 3 }
    try expectAgreement(graph, inputs, Expectation(referenceSteps: nil))
  }

  /// Alternating nodes with and without kernels, in both layouts.
  @Test(arguments: [[1, 5, 4, 3], [3, 5, 4, 3], [2, 6, 7]]) func referenceStepsBetweenKernels(shape: [Int]) throws {
    var network = NetworkBuilder()
    let x = network.input(Shape(shape))
    let a = try convolution(&network, x, shape)
    let b = try network.reference(try network.node("Sum", [a, x, a]))
    let c = try network.node("Add", [try convolution(&network, b, shape), b])
    let d = try network.reference(try network.node("Sum", [c, try network.node("Relu", [c]), b]))
    try expectAgreement(
      try network.finished(try network.node("Tanh", [d]), d, b), nil, Expectation(referenceSteps: 2))
  }

  /// A channels-last model that transposes its values for every convolution.
  @Test(arguments: [1, 3], [(1, 1), (4, 5)]) func channelsLastByTheModel(batch: Int, sides: (Int, Int)) throws {
    var network = NetworkBuilder()
    func first(_ x: ValueID) throws -> ValueID { try network.node("Transpose", [x], ["perm": .ints([0, 3, 1, 2])]) }
    func last(_ x: ValueID) throws -> ValueID { try network.node("Transpose", [x], ["perm": .ints([0, 2, 3, 1])]) }
    let x = network.input([.fixed(batch), .fixed(sides.0), .fixed(sides.1), 6])
    let shape = [batch, 6, sides.0, sides.1]
    let a = try last(try convolution(&network, try first(x), shape))
    let b = try network.node("Relu", [try network.node("Add", [a, try network.weights([6])])])
    let c = try last(try convolution(&network, try first(b), shape))
    let d = try network.node("Add", [c, x])
    let e = try network.node("Softmax", [d], ["axis": .int(3)])
    try expectAgreement(try network.finished(e, b, try first(d), try first(a), d))
  }

  /// Such a model, with channels-last inputs and outputs, moves nothing.
  @Test func channelsLastAtBothEnds() throws {
    var network = NetworkBuilder()
    func first(_ x: ValueID) throws -> ValueID { try network.node("Transpose", [x], ["perm": .ints([0, 3, 1, 2])]) }
    func last(_ x: ValueID) throws -> ValueID { try network.node("Transpose", [x], ["perm": .ints([0, 2, 3, 1])]) }
    func convolve(_ x: ValueID, _ group: Int, _ kernel: Int, stride: Int64 = 1) throws -> ValueID {
      let weights = try network.weights([16, 16 / group, kernel, kernel], in: -0.3...0.3)
      let pad = Int64(kernel / 2)
      return try last(
        try network.node(
          "Conv", [try first(x), weights],
          ["pads": .ints([pad, pad, pad, pad]), "strides": .ints([stride, stride]), "group": .int(Int64(group))]))
    }
    let x = network.input([2, 12, 10, 16])
    var y = try convolve(x, 1, 3)
    y = try network.node("Relu", [try network.node("Add", [y, try network.weights([16])])])
    let z = try convolve(y, 16, 3)
    y = try network.node("Add", [try network.node("Mul", [try convolve(z, 1, 1), try network.weights([16])]), y])
    y = try last(
      try network.node("MaxPool", [try first(y)], ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])]))
    let graph = try network.finished(try network.node("Sigmoid", [try convolve(y, 1, 3, stride: 2)]))
    try expectAgreement(graph)
    let steps = try Session(graph.model).layerTimes(graph.randomInputs(), runs: 1)
    #expect(steps.map(\.algorithm).filter { ["layout", "transpose", "copy", "reference"].contains($0) } == [])
  }

  @Test(arguments: [
    [0, 1, 2, 3], [0, 2, 3, 1], [0, 3, 1, 2], [0, 1, 3, 2], [1, 0, 2, 3], [3, 2, 1, 0], [2, 3, 0, 1],
  ])
  func transpositions(axes: [Int]) throws {
    for shape in [[2, 3, 4, 5], [1, 3, 4, 5], [2, 1, 4, 5], [2, 3, 1, 1], [2, 3, 1, 5], [1, 1, 1, 4]] {
      var network = NetworkBuilder()
      let x = network.input(Shape(shape))
      let perm: AttributeList = ["perm": .ints(axes.map(Int64.init))]
      let a = try network.node("Transpose", [x], perm)
      let b = try network.node("Transpose", [try convolution(&network, x, shape)], perm)
      let moved = axes.map { shape[$0] }
      try expectAgreement(
        try network.finished(a, b, try convolution(&network, b, moved), try network.node("Neg", [a])), nil,
        Expectation(referenceSteps: nil), "\(shape)")
    }
  }

  @Test(arguments: [ElementType.float64, .float16, .bfloat16, .int32])
  func otherElementTypes(type: ElementType) throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 4, 4], of: type)
    let y = try network.node("Add", [x, try network.node("Max", [x, x])])
    let wide = try network.node("Cast", [y], ["to": .int(1)])
    let z = try convolution(&network, wide, [1, 3, 4, 4])
    let back = try network.node("Cast", [z], ["to": .int(Int64(ElementType.float64.rawValue))])
    try expectAgreement(
      try network.finished(y, z, back), nil,
      Expectation(tolerance: type == .bfloat16 ? 1e-2 : type == .float16 ? 2e-3 : 1e-5, referenceSteps: nil))
  }

  /// Weights that a caller may override are not constants: they are packed in every run.
  @Test func weightsThatMayBeOverridden() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 5, 5])
    let weights = network.overridable(try network.random.tensor([4, 3, 3, 3]), "w")
    let bias = network.overridable(try network.random.tensor([4]), "b")
    let graph = try network.finished(try network.node("Relu", [try network.node("Conv", [x, weights, bias])]))
    var inputs = try graph.randomInputs()
    try expectAgreement(graph, inputs, Expectation())
    inputs["w"] = try network.random.tensor([4, 3, 3, 3])
    try expectAgreement(graph, inputs, Expectation())
  }

  /// The memory of one tensor with two shapes, which gives two packed constants.
  @Test func weightsThatShareMemory() throws {
    var network = NetworkBuilder()
    let tensor = try network.random.tensor([6, 3, 3, 3])
    let x = network.input([1, 3, 6, 6]), y = network.input([1, 6, 6, 6], "y")
    let a = try network.node("Conv", [x, network.constant(tensor)])
    let b = try network.node("Conv", [y, network.constant(try tensor.reshaped(to: [3, 6, 3, 3]))])
    let matrix = try network.random.tensor([4, 6])
    let c = try network.node("MatMul", [network.input([2, 4], "u"), network.constant(matrix)])
    let d = try network.node(
      "MatMul", [network.input([2, 6], "v"), network.constant(try matrix.reshaped(to: [6, 4]))])
    try expectAgreement(try network.finished(a, b, c, d))
  }
}
