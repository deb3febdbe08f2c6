import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// If and Loop whose conditions are known only at run time.
@Suite struct ControlFlowTests {
  /// The first output, from a session and from the double-precision evaluation, which must agree.
  private func run(_ graph: Graph, _ inputs: [String: Tensor]) throws -> Tensor {
    let name = graph[graph.outputs[0]].name
    let result = try #require(try Session(graph.model).run(inputs)[name])
    let truth = try graph.truth(inputs).outputs[0]
    #expect(result.shape == truth.shape)
    #expect(try zip(result.numbers(), truth.numbers()).allSatisfy { abs($0 - $1) <= 1e-5 * max(1, abs($1)) })
    let plain = try #require(try Session(graph.model, options: SessionOptions(optimize: false)).run(inputs)[name])
    #expect(plain.shape == truth.shape)
    #expect(try zip(plain.numbers(), truth.numbers()).allSatisfy { abs($0 - $1) <= 1e-5 * max(1, abs($1)) })
    return result
  }

  /// A body with these inputs. `captured` are the names of captured values.
  private func body(
    inputs: [(name: String, type: TensorType)], captured: [String] = [],
    _ build: (inout NetworkBuilder, [ValueID], [ValueID]) throws -> [ValueID]
  ) throws -> Graph {
    var network = NetworkBuilder(seed: 3)
    let values = inputs.map { network.input($0.type.shape ?? [], $0.name, of: $0.type.elementType) }
    let captures = captured.map { network.capture($0) }
    let outputs = try build(&network, values, captures)
    return try network.body(outputs: outputs, captures: captures)
  }

  @Test(arguments: [true, false]) func branchesWithConvolutions(condition: Bool) throws {
    var network = NetworkBuilder()
    let x = network.input([1, 3, 6, 6])
    let choice = network.input([], "choice", of: .bool)
    let y = try network.node("Relu", [x], name: "inner")
    let name = network.graph[y].name
    let then = try body(inputs: [], captured: [name]) { body, _, outer in
      [try body.node("Conv", [outer[0], body.weights([4, 3, 3, 3])])]
    }
    let other = try body(inputs: [], captured: [name]) { body, _, outer in
      [try body.node("Conv", [outer[0], body.weights([4, 3, 1, 1])])]
    }
    let z = try network.node(
      "If", [choice], ["then_branch": .graph(then), "else_branch": .graph(other)], captures: [y])
    let graph = try network.finished(try network.node("Neg", [z]))
    #expect(graph[z].type?.shape == [1, 4, .unknown, .unknown])
    var random = SplitMix64(seed: 2)
    let result = try run(
      graph, ["x": try random.tensor([1, 3, 6, 6]), "choice": try Tensor(scalar: condition)])
    #expect(result.shape == (condition ? [1, 4, 4, 4] : [1, 4, 6, 6]))
  }

  /// A node may list omitted outputs at the end: more than its branches have, or fewer.
  @Test(arguments: [1, 2, 3], [true, false, nil]) func branchesWithOutputsLeftOut(count: Int, known: Bool?) throws {
    let branches = try ["Neg", "Relu"].map { opType in
      try body(inputs: [], captured: ["x"]) { body, _, outer in
        [try body.node(opType, [outer[0]]), try body.node("Abs", [outer[0]])]
      }
    }
    var network = NetworkBuilder()
    let x = network.input([3])
    let choice =
      try known.map { network.constant(try Tensor(scalar: $0)) } ?? network.input([], "choice", of: .bool)
    let y = try network.node(
      "If", [choice], ["then_branch": .graph(branches[0]), "else_branch": .graph(branches[1])], captures: [x],
      leftOut: count - 1)
    let graph = try network.finished(try network.node("Neg", [y]))
    for condition in known.map({ [$0] }) ?? [true, false] {
      var inputs = ["x": try Tensor(shape: [3], [1, -2, 3] as [Float])]
      if known == nil { inputs["choice"] = try Tensor(scalar: condition) }
      let result = try run(graph, inputs)
      #expect(try result.numbers() == (condition ? [1, -2, 3] : [-1, 0, -3]))
    }
  }

  private static let trip: [(name: String, type: TensorType)] = [
    ("trip", TensorType(.int64, [])), ("condition", TensorType(.bool, [])),
  ]

  /// carried += step · iteration, while it is below a limit; the scan output collects the carried value.
  private func counting(_ network: inout NetworkBuilder, trips: ValueID?, condition: ValueID?) throws -> [ValueID] {
    let step = network.input([2], "step")
    let body = try body(inputs: Self.trip + [("sum", TensorType(.float32, [2]))], captured: ["step"]) {
      body, inputs, outer in
      let trip = try body.node("Cast", [inputs[0]], ["to": .int(1)])
      let sum = try body.node("Add", [inputs[2], body.node("Mul", [trip, outer[0]])])
      let largest = try body.node("ReduceMax", [sum], ["keepdims": .int(0)])
      let goesOn = try body.node("Less", [largest, body.constant(Tensor(scalar: Float(100)))])
      return [goesOn, sum, sum]
    }
    let start = network.constant(try Tensor(shape: [2], [1, 2] as [Float]))
    return try network.nodes(
      "Loop", [trips, condition, start], ["body": .graph(body)], captures: [step], outputs: 2)
  }

  @Test func accumulatesAndCollects() throws {
    // Until the trip count is reached; until the condition is false, in the fifth iteration; no iteration.
    for (trips, step, expected) in [
      (4, [1, 2], [[1, 2], [2, 4], [4, 8], [7, 14]]),
      (1000, [10, 1], [[1, 2], [11, 3], [31, 5], [61, 8], [101, 12]]),
      (0, [1, 1], []),
    ] as [(Int64, [Float], [[Float]])] {
      var network = NetworkBuilder()
      let count = network.input([], "trips", of: .int64)
      let outputs = try counting(&network, trips: count, condition: nil)
      for (output, numbers, shape) in [
        (outputs[0], expected.last ?? [1, 2], [2]), (outputs[1], expected.flatMap { $0 }, [expected.count, 2]),
      ] {
        var network = network
        let graph = try network.finished(output)
        let result = try run(
          graph, ["trips": try Tensor(scalar: trips), "step": try Tensor(shape: [2], step)])
        #expect(result == (try Tensor(shape: shape, numbers)))
      }
    }
  }

  /// A single Boolean value with any number of dimensions, from a run or known ahead of time.
  @Test(arguments: [[], [1], [1, 1], [1, 1, 1]], [true, false])
  func conditionsOfAnyShape(shape: [Int], isKnown: Bool) throws {
    let positive = [true, false].map { try! Tensor(repeating: $0, shape: shape) }
    for condition in positive {
      var network = NetworkBuilder()
      let x = network.input([2])
      let name = network.graph[x].name
      let given = isKnown ? network.constant(condition) : network.input(Shape(shape), "c", of: .bool)
      let z = try network.choice(
        given, then: .init(of: name) { try $0.node("Neg", [$1]) }, else: .init(of: name) { try $0.node("Abs", [$1]) })
      let graph = try network.finished(z)
      var inputs = ["x": try Tensor(shape: [2], [1, -2] as [Float])]
      if !isKnown { inputs["c"] = condition }
      let expected: [Float] = condition == positive[0] ? [-1, 2] : [1, 2]
      #expect(try run(graph, inputs).elements(as: Float.self) == expected)

      var loop = NetworkBuilder()
      let start = isKnown ? loop.constant(condition) : loop.input(Shape(shape), "c", of: .bool)
      let trips = isKnown ? loop.constant(try Tensor(repeating: 3 as Int64, shape: shape)) : nil
      let outputs = try counting(&loop, trips: trips, condition: start)
      var loopInputs = ["step": try Tensor(shape: [2], [10, 1] as [Float])]
      if !isKnown { loopInputs["c"] = condition }
      let last: [Float] = condition != positive[0] ? [1, 2] : isKnown ? [31, 5] : [101, 12]
      #expect(try run(loop.finished(outputs[0]), loopInputs).elements(as: Float.self) == last)
    }
    // Two are none.
    var network = NetworkBuilder()
    let x = network.input([2])
    let two = network.input([2, 1], "c", of: .bool)
    #expect(throws: InfoldError.self) {
      let name = network.graph[x].name
      let z = try network.choice(
        two, then: .init(of: name) { try $0.node("Neg", [$1]) }, else: .init(of: name) { try $0.node("Abs", [$1]) })
      _ = try network.finished(z)
    }
  }

  /// A condition that depends on the shapes of a run, and a branch that reads weights of the enclosing graph, too many for shape inference
  /// to read.
  @Test(arguments: [true, false]) func conditionOfOpenShapes(optimize: Bool) throws {
    var network = NetworkBuilder()
    let x = network.input([1, "C", "W"])
    let weight = network.constant(
      try Tensor(shape: [1, 1, 5000], (0..<5000).map { Float($0 % 7) - 3 }), "weight")
    let width = try network.node(
      "Gather", [network.node("Shape", [x]), network.constant(try Tensor(scalar: 2 as Int64))])
    let isLong = try network.node("Greater", [width, network.constant(try Tensor(scalar: 5500 as Int64))])
    let name = network.graph[x].name
    let y = try network.choice(
      isLong, then: .init(of: name) { try $0.node("Conv", [$1, $0.capture("weight")]) },
      else: .init(of: name) { try $0.node("Neg", [$1]) })
    let session = try Session(network.finished(y).model, options: SessionOptions(optimize: optimize))
    for length in [4, 6000] {
      let input = try Tensor(shape: [1, 1, length], (0..<length).map { Float($0 % 5) })
      let expected = length == 4 ? [0, -1, -2, -3] : try convolution(input, weight: network.graph.constant(weight)!)
      let result = try #require(session.run(["x": input])[session.outputs[0].name])
      #expect(try zip(result.elements(as: Float.self), expected).allSatisfy { abs($0 - $1) <= 1e-2 })
      #expect(result.count == expected.count)
    }
  }

  private func convolution(_ x: Tensor, weight: Tensor) throws -> [Float] {
    let x: [Float] = try x.elements(), weight: [Float] = try weight.elements()
    return (0...x.count - weight.count).map { first in
      Float(weight.indices.reduce(0.0) { $0 + Double(weight[$1]) * Double(x[first + $1]) })
    }
  }

  @Test func withoutTripsOrCondition() throws {
    var network = NetworkBuilder()
    let condition = network.input([], "condition", of: .bool)
    let outputs = try counting(&network, trips: nil, condition: condition)
    let graph = try network.finished(outputs[0])
    let step = try Tensor(shape: [2], [10, 1] as [Float])
    #expect(
      try run(graph, ["condition": try Tensor(scalar: true), "step": step])
        == (try Tensor(shape: [2], [101, 12] as [Float])))
    #expect(
      try run(graph, ["condition": try Tensor(scalar: false), "step": step])
        == (try Tensor(shape: [2], [1, 2] as [Float])))
  }

  /// The loop-carried value grows, by one branch or the other of a nested If.
  @Test func shapesThatChange() throws {
    var network = NetworkBuilder()
    let x = network.input([1], "x")
    let loop = try body(inputs: Self.trip + [("list", TensorType(.float32, nil))], captured: ["x"]) {
      body, inputs, outer in
      let two = body.constant(try Tensor(scalar: Int64(2)), "two")
      let isEven = try body.node(
        "Equal", [try body.node("Mod", [inputs[0], two]), body.constant(Tensor(scalar: Int64(0)))])
      let one = try self.body(inputs: [], captured: ["list", "x"]) { branch, _, outer in
        [try branch.node("Concat", [outer[0], outer[1]], ["axis": .int(0)])]
      }
      let many = try self.body(inputs: [], captured: ["list"]) { branch, _, outer in
        [try branch.node("Concat", [outer[0], outer[0]], ["axis": .int(0)])]
      }
      let next = try body.node(
        "If", [isEven], ["then_branch": .graph(one), "else_branch": .graph(many)], captures: [inputs[2], outer[0]])
      return [inputs[1], next]
    }
    let list = try network.nodes(
      "Loop",
      [network.constant(try Tensor(scalar: Int64(4))), nil, network.constant(try Tensor(shape: [1], [7] as [Float]))],
      ["body": .graph(loop)], captures: [x], outputs: 1)
    let graph = try network.finished(list[0])
    #expect(graph[list[0]].type?.shape == [.unknown])
    let result = try run(graph, ["x": try Tensor(shape: [1], [3] as [Float])])
    #expect(result == (try Tensor(shape: [10], [7, 3, 7, 3, 3, 7, 3, 7, 3, 3] as [Float])))
  }

  @Test func loopsThatDoNotEnd() throws {
    var network = NetworkBuilder()
    let x = network.input([], "x")
    let loop = try body(inputs: Self.trip + [("value", TensorType(.float32, []))]) { body, inputs, _ in
      [inputs[1], try body.node("Neg", [inputs[2]])]
    }
    let y = try network.nodes("Loop", [nil, nil, x], ["body": .graph(loop)], outputs: 1)
    let session = try Session(try network.finished(y[0]).model)
    #expect(try errorCode { _ = try session.run(["x": try Tensor(scalar: Float(1))]) } == .limitExceeded)
  }

  @Test func whatIsRefused() throws {
    var network = NetworkBuilder()
    let x = network.input([2], "x"), choice = network.input([], "choice", of: .bool)
    let floats = try body(inputs: [], captured: ["x"]) { body, _, outer in [try body.node("Neg", [outer[0]])] }
    let integers = try body(inputs: [], captured: ["x"]) { body, _, outer in
      [try body.node("Cast", [outer[0]], ["to": .int(7)])]
    }
    _ = try network.node(
      "If", [choice], ["then_branch": .graph(floats), "else_branch": .graph(integers)], captures: [x])
    #expect(try errorCode { _ = try network.finished(x) } == .invalidModel)
    // A body without inputs is not valid for a Loop.
    #expect(
      try errorCode { _ = try network.nodes("Loop", [nil, nil], ["body": .graph(floats)], captures: [x], outputs: 1) }
        == .invalidModel)
  }
}
