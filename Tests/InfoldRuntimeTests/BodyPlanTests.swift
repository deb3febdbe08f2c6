import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// The plans of the bodies of If and Loop.
@Suite struct BodyPlanTests {
  private static let trip: [(name: String, type: TensorType)] = [
    ("trip", TensorType(.int64, [])), ("condition", TensorType(.bool, [])),
  ]

  /// A body with these inputs, which captures the values with these names.
  private static func body(
    _ inputs: [(name: String, type: TensorType)] = [], captured: [String], seed: UInt64 = 3,
    _ build: (inout NetworkBuilder, [ValueID], [ValueID]) throws -> [ValueID]
  ) throws -> Graph {
    var network = NetworkBuilder(seed: seed)
    let values = inputs.map { network.input($0.type.shape ?? [], $0.name, of: $0.type.elementType) }
    let captures = captured.map { network.capture($0) }
    let outputs = try build(&network, values, captures)
    return try network.body(outputs: outputs, captures: captures)
  }

  /// Convolutions with a normalization and an activation in both branches. One of them has twice as many filters.
  private static func branches(_ x: String, channels: Int) throws -> AttributeList {
    var attributes = AttributeList()
    for (name, width) in [("then_branch", 16), ("else_branch", 32)] {
      attributes[name] = .graph(
        try body(captured: [x], seed: UInt64(width)) { body, _, outer in
          let pads: AttributeList = ["pads": .ints([1, 1, 1, 1])]
          let first = try body.node(
            "Conv", [outer[0], body.weights([width, channels, 3, 3], in: -0.3...0.3)], pads)
          let hidden = try body.node("Relu", [body.normalization(first, channels: width)])
          return [
            try body.node("Conv", [hidden, body.weights([channels, width, 3, 3], in: -0.2...0.2)], pads)
          ]
        })
    }
    return attributes
  }

  /// A convolution, an If, and a Loop that continues from its result, for as many iterations as a run requests.
  private static func network(_ batch: Dimension = "N", trips: Int64? = nil) throws -> Graph {
    var network = NetworkBuilder()
    let x = network.input([batch, 3, 12, 12]), choice = network.input([], "choice", of: .bool)
    let pads: AttributeList = ["pads": .ints([1, 1, 1, 1])]
    let first = try network.node("Conv", [x, network.weights([8, 3, 3, 3])], pads)
    let chosen = try network.node("If", [choice], branches(network.graph[first].name, channels: 8), captures: [first])
    let scaled = try network.node("Mul", [chosen, network.constant(try Tensor(scalar: Float(0.1)))])
    // The weights are outside of the body.
    let weights = try network.weights([8, 8, 3, 3], in: -0.1...0.1)
    let loop = try body(
      trip + [("image", TensorType(.float32, nil))], captured: [network.graph[weights].name]
    ) { body, inputs, outer in
      let next = try body.node("Tanh", [body.node("Conv", [inputs[2], outer[0]], pads)])
      return [inputs[1], next, try body.node("GlobalAveragePool", [next])]
    }
    let count = try trips.map { network.constant(try Tensor(scalar: $0)) } ?? network.input([], "trips", of: .int64)
    let results = try network.nodes(
      "Loop", [count, nil, scaled], ["body": .graph(loop)], captures: [weights], outputs: 2)
    return try network.finished(results)
  }

  private static func inputs(_ batch: Int, choice: Bool, trips: Int64) throws -> [String: Tensor] {
    var random = SplitMix64(seed: 5)
    return [
      "x": try random.tensor([batch, 3, 12, 12]), "choice": try Tensor(scalar: choice),
      "trips": try Tensor(scalar: trips),
    ]
  }

  /// Every step of the bodies has a kernel. Results match the definition, and have the same bits with any number of threads.
  @Test(arguments: [true, false], ["N", 2] as [Dimension]) func convolutions(choice: Bool, batch: Dimension) throws {
    let graph = try Self.network(batch)
    let inputs = try Self.inputs(2, choice: choice, trips: 3)
    try expectAgreement(graph, inputs, Expectation(referenceSteps: 0))
    let results = try [1, 2, 5].map { try Session(graph.model, options: SessionOptions(threads: $0)).run(inputs) }
    #expect(results.allSatisfy { $0 == results[0] })
    let session = try Session(graph.model)
    #expect(try session.run(inputs) == session.run(inputs))
    let steps = try session.planDescription(for: ["x": [2, 3, 12, 12]]).parts[0].steps
    #expect(steps.filter { $0.algorithm == "planned bodies" }.map(\.operation) == ["If", "Loop"])
    for trips in [0, 1] as [Int64] { try expectAgreement(graph, Self.inputs(2, choice: choice, trips: trips)) }
  }

  /// Plans of bodies exist before the first run, one for each shape. An iteration makes a plan only if shapes change.
  @Test func bodiesArePlannedOnce() throws {
    let session = try Session(Self.network().model)
    let inputs = try Self.inputs(2, choice: true, trips: 7)
    // Two branches and the loop body; the shapes of the loop-carried values are known.
    #expect(try session.bodyPlanCount(for: inputs) == 3)
    _ = try session.run(inputs)
    _ = try session.run(Self.inputs(2, choice: false, trips: 4))
    #expect(try session.bodyPlanCount(for: inputs) == 3)
  }

  /// The loop-carried value doubles in each iteration.
  private static func growing() throws -> Graph {
    var network = NetworkBuilder()
    let x = network.input([1, 4], "x"), trips = network.input([], "trips", of: .int64)
    let loop = try body(trip + [("list", TensorType(.float32, nil))], captured: []) { body, inputs, _ in
      let half = try body.node("Mul", [inputs[2], body.constant(try Tensor(scalar: Float(0.5)))])
      return [inputs[1], try body.node("Concat", [inputs[2], half], ["axis": .int(0)])]
    }
    return try network.finished(
      network.nodes("Loop", [trips, nil, x], ["body": .graph(loop)], outputs: 1))
  }

  @Test func shapesThatChangeFromTripToTrip() throws {
    let graph = try Self.growing()
    let session = try Session(graph.model)
    let x = try Tensor(shape: [1, 4], [1, 2, 3, 4] as [Float])
    for trips in [5, 11, 5] as [Int64] {
      let inputs = ["x": x, "trips": try Tensor(scalar: trips)]
      let result = try #require(try session.run(inputs).values.first)
      #expect(result.shape == [1 << trips, 4])
      #expect(try result.numbers() == graph.truth(inputs).outputs[0].numbers())
    }
  }

  /// A loop that appends to a loop-carried value: a plan for every iteration would cost more than it saves, unless there is much to
  /// compute.
  @Test(arguments: [2, 160]) func statesThatGrow(channels: Int) throws {
    var network = NetworkBuilder()
    let x = network.input(Shape([1, channels, 12, 12]))
    let grow = try Self.body(Self.trip + [("state", TensorType(.float32, nil))], captured: ["x"]) {
      body, inputs, outer in
      let weights = try body.weights([channels, channels, 3, 3], in: -0.1...0.1)
      let next = try body.node("Conv", [outer[0], weights], ["pads": .ints([1, 1, 1, 1])])
      return [inputs[1], try body.node("Concat", [inputs[2], next], ["axis": .int(1)])]
    }
    let trips = network.input([], "trips", of: .int64)
    let grown = try network.node("Loop", [trips, nil, x], ["body": .graph(grow)], captures: [x])
    let graph = try network.finished(grown)
    let session = try Session(graph.model)
    let isPlanned = channels > 2
    let step = try #require(try session.planDescription().parts[0].steps.first { $0.operation == "Loop" })
    #expect(step.algorithm == (isPlanned ? "planned bodies" : "reference"))
    var inputs = try graph.randomInputs()
    inputs["trips"] = try Tensor(scalar: Int64(10))
    #expect(try session.run(inputs).values.first?.shape == [1, 11 * channels, 12, 12])
    // The latest plans are kept.
    #expect(try session.bodyPlanCount(for: inputs) == (isPlanned ? 8 : 0))
    inputs["trips"] = try Tensor(scalar: Int64(2))
    try expectAgreement(graph, inputs, Expectation(referenceSteps: isPlanned ? 0 : 1))
  }

  /// Branches that take shapes from constants outside of them: the sizes of their outputs are known.
  @Test func shapesFromOuterConstants() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 8, 8]), choice = network.input([], "choice", of: .bool)
    let sizes = network.constant(try .list(1, 4, 4, 8), "sizes")
    var attributes = AttributeList()
    for name in ["then_branch", "else_branch"] {
      attributes[name] = .graph(
        try Self.body(captured: ["x", "sizes"]) { body, _, outer in
          [try body.node(name == "then_branch" ? "Relu" : "Neg", [try body.node("Reshape", [outer[0], outer[1]])])]
        })
    }
    let shaped = try network.node("If", [choice], attributes, captures: [x, sizes])
    let graph = try network.finished(
      try network.node("Conv", [shaped, network.weights([8, 4, 3, 3])], ["pads": .ints([1, 1, 1, 1])]))
    #expect(graph[graph.outputs[0]].type == TensorType(.float32, [1, 8, 4, 8]))
    for choice in [true, false] {
      var inputs = try graph.randomInputs()
      inputs["choice"] = try Tensor(scalar: choice)
      try expectAgreement(graph, inputs, Expectation(referenceSteps: 0))
    }
  }

  /// Without iterations, a scan output has the shape that follows from a constant outside of the body.
  @Test func nothingCollectedInAKnownShape() throws {
    var network = NetworkBuilder()
    let x = network.input([6]), trips = network.input([], "trips", of: .int64)
    let sizes = network.constant(try .list(3, 2), "sizes")
    let collect = try Self.body(Self.trip, captured: ["x", "sizes"]) { body, inputs, outer in
      [inputs[1], try body.node("Reshape", [outer[0], outer[1]])]
    }
    let all = try network.node("Loop", [trips, nil], ["body": .graph(collect)], captures: [x, sizes])
    let graph = try network.finished(all)
    for count in [0, 2] as [Int64] {
      let session = try Session(Model(graph: graph, opsetImports: [Model.OpsetImport(version: 13)]))
      let result = try session.run(["x": try Tensor.counting([6]), "trips": try Tensor(scalar: count)])
      #expect(result.values.first?.shape == [Int(count), 3, 2])
    }
  }

  /// The working memory and the tensors of bodies count.
  @Test func memoryOfBodiesCounts() throws {
    let model = try Self.growing().model
    let x = try Tensor(zeros: [1, 4], of: .float32)
    let session = try Session(model, options: SessionOptions(threads: 1, memoryLimit: 1 << 20))
    _ = try session.run(["x": x, "trips": try Tensor(scalar: Int64(8))])
    let code = try errorCode { _ = try session.run(["x": x, "trips": try Tensor(scalar: Int64(20))]) }
    #expect(code == .limitExceeded)
    #expect(try errorCode { _ = try session.run(["x": x, "trips": try Tensor(scalar: Int64(8))]) } == nil)
  }

  /// Weights in a body, or captured by it, are packed once for all shapes.
  @Test func weightsArePackedOnce() throws {
    let session = try Session(Self.network().model, options: SessionOptions(threads: 1))
    _ = try session.run(Self.inputs(1, choice: true, trips: 2))
    for batch in 2...4 { _ = try session.run(Self.inputs(batch, choice: true, trips: 2)) }
    let other = try Session(Self.network().model, options: SessionOptions(threads: 1))
    _ = try other.run(Self.inputs(4, choice: true, trips: 2))
    // The arenas have different sizes.
    #expect(session.takenByteCount < other.takenByteCount * 5 / 4)
  }

  /// A branch with an unsupported operator is refused when it is chosen.
  @Test(arguments: [true, false]) func aBranchThatCannotRun(optimize: Bool) throws {
    var network = NetworkBuilder()
    let x = network.input([2], "x"), choice = network.input([], "choice", of: .bool)
    let good = try Self.body(captured: ["x"]) { body, _, outer in [try body.node("Neg", [outer[0]])] }
    let bad = try Self.body(captured: ["x"]) { body, _, outer in [try body.node("Unheard", [outer[0]])] }
    for isThen in [true, false] {
      var network = network
      let y = try network.node(
        "If", [choice], ["then_branch": .graph(isThen ? bad : good), "else_branch": .graph(isThen ? good : bad)],
        captures: [x])
      let graph = try network.finished(y)
      #expect(graph.nodes[0].typed != nil)
      #expect(graph[y].type == TensorType(.float32, [2]))
      let session = try Session(graph.model, options: SessionOptions(optimize: optimize))
      for condition in [true, false] {
        let inputs = [
          "x": try Tensor(shape: [2], [1, -2] as [Float]), "choice": try Tensor(scalar: condition),
        ]
        do throws(InfoldError) {
          #expect(try session.run(inputs).values.first?.elements() == [-1, 2] as [Float])
          #expect(condition != isThen)
        } catch {
          #expect(condition == isThen)
          #expect(error.code == .unsupported && "\(error)".contains("Unheard") && error.node?.contains("if") == true)
        }
      }
    }
    let neither = try network.node(
      "If", [choice], ["then_branch": .graph(bad), "else_branch": .graph(bad)], captures: [x])
    #expect(try network.finished(neither).nodes[0].typed == nil)
  }

  /// A branch with mismatched shapes is refused when it is chosen, even if its nodes have kernels.
  @Test func aBranchThatDoesNotFit() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 4, 4]), choice = network.input([], "choice", of: .bool)
    let branches = try [3, 5].map { channels in
      try Self.body(captured: ["x"]) { body, _, outer in
        [try body.node("Conv", [outer[0], body.weights([2, channels, 1, 1])])]
      }
    }
    let y = try network.node(
      "If", [choice], ["then_branch": .graph(branches[0]), "else_branch": .graph(branches[1])], captures: [x])
    let session = try Session(network.finished(y).model)
    let image = try Tensor(zeros: [1, 3, 4, 4], of: .float32)
    #expect(try session.run(["x": image, "choice": try Tensor(scalar: true)]).values.first?.shape == [1, 2, 4, 4])
    let refused = ["x": image, "choice": try Tensor(scalar: false)]
    #expect(try errorCode { _ = try session.run(refused) } == .invalidModel)
  }

  /// A second session of a model runs the same plans, within its own limit.
  @Test func sessionsShareBodies() throws {
    let model = try Self.network(2).model
    let inputs = try Self.inputs(2, choice: true, trips: 3)
    var first: Session? = try Session(model, options: SessionOptions(threads: 1))
    let expected = try first!.run(inputs), taken = first!.takenByteCount
    let second = try Session(model, options: SessionOptions(threads: 1))
    #expect(try second.bodyPlanCount(for: inputs) == 3)
    first = nil
    #expect(try second.run(inputs) == expected)
    #expect(second.takenByteCount < taken)
  }
}
