import InfoldGraph
import InfoldOperators
import InfoldTensor

/// Queries of a graph for patterns.
package struct MatchContext {
  /// The graph.
  package let graph: Graph
  private let index: GraphIndex

  /// Creates the queries of a graph.
  package init(_ graph: Graph) {
    self.graph = graph
    index = graph.index
  }

  /// Returns the node whose only output is a value.
  func producer(_ id: ValueID) -> Node? {
    guard let producer = index.producer(of: id), graph[producer].outputs.count == 1 else { return nil }
    return graph[producer]
  }

  /// Returns whether a value has exactly one consumer and is not a graph output.
  func isReadOnce(_ id: ValueID) -> Bool { index.consumers(of: id).count == 1 && !index.isOutput(id) }

  /// Returns a value's type.
  package func type(_ id: ValueID?) -> TensorType? { id.flatMap { graph[$0].type } }

  /// Returns the sizes of a value if all of them are known.
  package func sizes(_ id: ValueID?) -> [Int]? { type(id)?.shape?.sizes }

  /// Returns a constant that is a single number.
  func number(_ id: ValueID?) -> Double? {
    guard let tensor = id.flatMap(graph.constant), tensor.count == 1 else { return nil }
    return try? tensor.widened().numbers().first
  }

  /// Returns an input that is a single number and adds no dimensions to the node's other input.
  func number(_ node: Node, _ index: Int) -> Double? {
    guard let number = number(node.inputs[index]), let tensor = node.inputs[index].flatMap(graph.constant),
      tensor.shape.count <= type(node.inputs[1 - index])?.shape?.rank ?? 0
    else { return nil }
    return number
  }

  /// Returns, for each dimension of a node's input, whether the node reduces it. `axes` are the
  /// axes of the node's operator. Returns `nil` if the input's rank or the axes are known only at
  /// run time.
  func reducedAxes(_ node: Node, _ axes: ReductionAxes) -> [Bool]? {
    guard let rank = type(node.inputs[0])?.shape?.rank else { return nil }
    let given = node.inputs.count > 1 ? node.inputs[1] : nil
    let constant = given.flatMap(graph.constant)
    guard given == nil || constant != nil else { return nil }
    return try? axes.reduced(constant, rank: rank)
  }

  /// Returns the function by which a node combines two inputs.
  func combination(_ node: Node) -> ElementCombination.Function? {
    node.inputs.count == 2 ? node.typed?.elementCombination?.function : nil
  }

  /// Returns the value that a node multiplies by a number, and the number.
  func factor(_ node: Node) -> (x: ValueID, number: Double)? {
    switch combination(node) {
    case .product: return operandAndNumber(node)
    case .quotient:
      guard let x = node.inputs[0], let number = number(node, 1) else { return nil }
      return (x, 1 / number)
    default:
      guard node.inputs.count == 1, graph.elementFunction(of: node) == .negative, let x = node.inputs[0] else {
        return nil
      }
      return (x, -1)
    }
  }

  /// Returns the value to which a node adds a number, and the number.
  func summand(_ node: Node) -> (x: ValueID, number: Double)? {
    switch combination(node) {
    case .sum: return operandAndNumber(node)
    case .difference:
      guard let x = node.inputs[0], let number = number(node, 1) else { return nil }
      return (x, -number)
    default: return nil
    }
  }

  /// Returns the operands of a node if, in either order, one is a number and the other is not
  /// constant.
  private func operandAndNumber(_ node: Node) -> (x: ValueID, number: Double)? {
    for index in 0...1 {
      if let x = node.inputs[1 - index], !graph.isConstant(x), let number = number(node, index) {
        return (x, number)
      }
    }
    return nil
  }

  /// Returns the ways to read a value as a product of `count` values and a number, in the order in
  /// which nodes multiply them.
  func products(_ value: ValueID, of count: Int, numbers: Int = Pattern.mostNumbers) -> [(number: Double, [ValueID])] {
    if count == 1 { return [(1, [value])] }
    guard let node = producer(value) else { return [] }
    if let (x, number) = factor(node) {
      return numbers == 0 ? [] : products(x, of: count, numbers: numbers - 1).map { (number * $0.number, $0.1) }
    }
    guard combination(node) == .product, let a = node.inputs[0], let b = node.inputs[1] else { return [] }
    return (1..<count).flatMap { first in
      products(a, of: first, numbers: numbers).flatMap { left in
        products(b, of: count - first, numbers: numbers).map { (left.number * $0.number, left.1 + $0.1) }
      }
    }
  }
}
