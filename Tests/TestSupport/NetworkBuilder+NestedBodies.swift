import InfoldGraph
import InfoldTensor

extension NetworkBuilder {
  /// A Neg, followed by a Loop that runs `trips` times. Its body is a Relu, followed by an If that computes Exp if `choice` is true, and
  /// Tanh otherwise.
  public static func nestedBodies(_ shape: Shape) throws -> Graph {
    var network = NetworkBuilder()
    let x = network.input(shape, "x"), choice = network.input([], "choice", of: .bool)
    let trips = network.input([], "trips", of: .int64)
    let negative = try network.node("Neg", [x])
    let result = try network.nodes(
      "Loop", [trips, nil, negative], ["body": .graph(loop(shape))], captures: [choice], outputs: 1)
    return try network.finished(result[0])
  }

  private static func loop(_ shape: Shape) throws -> Graph {
    var body = NetworkBuilder(seed: 2)
    _ = body.input([], "trip", of: .int64)
    let condition = body.input([], "condition", of: .bool), carried = body.input(shape, "carried")
    let choice = body.capture("choice")
    let positive = try body.node("Relu", [carried])
    var branches = AttributeList()
    for (name, function) in [("then_branch", "Exp"), ("else_branch", "Tanh")] {
      var branch = NetworkBuilder(seed: 3)
      let outer = branch.capture(body.graph[positive].name)
      let result = try branch.node(function, [outer])
      branches[name] = .graph(try branch.body(outputs: [result], captures: [outer]))
    }
    let next = try body.node("If", [choice], branches, captures: [positive])
    return try body.body(outputs: [condition, next], captures: [choice])
  }
}
