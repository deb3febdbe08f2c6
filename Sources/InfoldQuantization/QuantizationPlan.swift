import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldSystem

/// The nodes of a network that compute with quantized numbers, and the values to quantize for them.
struct QuantizationPlan {
  /// A node that computes with quantized numbers.
  struct Operation {
    let form: QuantizedForm
    /// The node that only clips the result. It is removed if quantization clips as tightly. `nil`
    /// if there is none.
    let activation: NodeID?
  }

  /// The planned operations, by node.
  private(set) var operations: [NodeID: Operation] = [:]
  /// The values to quantize, in topological order.
  private(set) var values: [ValueID] = []
  /// The nodes that could be quantized and are not, with reasons.
  private(set) var refusals: [PassResult.Entry] = []

  private var isQuantized: Set<ValueID> = []
  /// Parents in a union-find forest of values that share one scale.
  private var links: [ValueID: ValueID] = [:]
  private let graph: Graph
  private let index: GraphIndex

  /// - Parameter aliases: Names of nodes before other nodes were folded into them, mapped to their
  ///   present names.
  /// - Precondition: `MaterializeConstants` has run on the graph.
  /// - Throws: `InfoldError` with `.invalidArgument` if an excluded name matches no node, or if
  ///   nothing can be quantized.
  init(_ graph: Graph, excluding excluded: Set<String>, aliases: [String: String] = [:]) throws(InfoldError) {
    let excluded = Set(excluded.map { aliases[$0] ?? $0 })
    self.graph = graph
    index = graph.index
    var unknown = excluded
    for id in graph.nodeIDs {
      let names = Self.names(of: graph[id], graph)
      unknown.subtract(names)
      if excluded.isDisjoint(with: names) { plan(id, excluded) }
    }
    if let name = unknown.sorted().first {
      throw InfoldError(
        .invalidArgument, "\(String(quoting: name)) is not the name of a node after folding",
        hint: "infold inspect --nodes lists the nodes of a model")
    }
    guard !operations.isEmpty else {
      throw InfoldError(
        .invalidArgument, "nothing in the model can be quantized",
        hint: refusals.first.map { "\($0.node): \($0.description)" }
          ?? "it contains no float32 Conv, Gemm, MatMul, Add or average pool")
    }
    let places = graph.index
    values.sort { (places.producer(of: $0)?.index ?? -1, $0) < (places.producer(of: $1)?.index ?? -1, $1) }
  }

  /// Returns the names by which callers may exclude a node.
  private static func names(of node: Node, _ graph: Graph) -> Set<String> {
    Set([node.name, node.definitions.first { _ in true }.map { graph[$0].name } ?? ""].filter { !$0.isEmpty })
  }

  /// Returns the value that represents all values with the same scale as this one.
  func representative(_ value: ValueID) -> ValueID {
    var value = value
    while let next = links[value] { value = next }
    return value
  }

  private mutating func plan(_ id: NodeID, _ excluded: Set<String>) {
    let node = graph[id]
    guard let form = Self.form(of: node), let output = node.outputs[0], isFloat(output) else { return }
    guard node.outputs.dropFirst().allSatisfy({ $0 == nil }) else { return refuse(node, "it has more than one output") }
    var inputs: [ValueID] = []
    switch form {
    case .convolution, .product:
      guard let input = node.inputs[0], isFloat(input) else { return refuse(node, "its first input is a constant") }
      if let reason = reason(against: node.inputs[1], form, of: node) { return refuse(node, reason) }
      inputs = [input]
    case .addition, .concatenation:
      inputs = node.inputs.compactMap { $0 }
      guard inputs.allSatisfy(isFloat) else { return refuse(node, "an operand is a constant") }
      if case .concatenation = form, !inputs.contains(where: isQuantized.contains) {
        return refuse(node, "no operand is quantized")
      }
    case .average: inputs = [node.inputs[0]!]
    case .movement:
      guard let input = node.inputs[0], isQuantized.contains(input) else { return }
      inputs = [input]
    case .quantizedProduct, .function: return
    }
    let activation = form.takesBounds ? activation(after: output, excluded) : nil
    let result = activation.flatMap { graph[$0].outputs[0] } ?? output
    for value in inputs + [result] where isQuantized.insert(value).inserted { values.append(value) }
    operations[id] = Operation(form: form, activation: activation)
    share(result, inputs, form)
  }

  /// Returns how a node is quantized; `nil` if it stays in float. Element functions stay in float,
  /// except those that only clip.
  private static func form(of node: Node) -> QuantizedForm? {
    switch node.typed?.quantizedForm {
    case .addition: node.inputs.count == 2 ? .addition : nil
    case .quantizedProduct, .function: nil
    case let form: form
    }
  }

  /// Lets values share a scale where this loses no precision.
  private mutating func share(_ result: ValueID, _ inputs: [ValueID], _ form: QuantizedForm) {
    switch form {
    case .movement: link(result, to: inputs[0])
    case .concatenation:
      for input in Set(inputs).sorted() where index.onlyConsumer(of: input) != nil {
        guard let producer = index.producer(of: input) else { continue }
        if operations[producer]?.form == .movement { continue }
        link(input, to: result)
      }
    default: break
    }
  }

  private mutating func link(_ value: ValueID, to other: ValueID) {
    let a = representative(value), b = representative(other)
    if a != b { links[a] = b }
  }

  private mutating func refuse(_ node: Node, _ reason: String) {
    refusals.append(PassResult.Entry(node: graph.label(of: node), reason))
  }

  private func isFloat(_ value: ValueID) -> Bool {
    graph[value].type?.elementType == .float32 && graph.constant(value) == nil
  }

  private func reason(against weights: ValueID?, _ form: QuantizedForm, of node: Node) -> String? {
    guard let weights else { return "it has no weights" }
    guard let tensor = graph.constant(weights) else {
      return graph.reasonAgainst(weights, called: "its second operand")
    }
    guard tensor.elementType == .float32 else { return "its weights are of type \(tensor.elementType)" }
    guard form == .convolution || tensor.shape.count == 2 else { return "its weights are not a matrix" }
    guard tensor.count > 0 else { return "it has no weights" }
    if node.inputs.count > 2, let bias = node.inputs[2] {
      guard let tensor = graph.constant(bias) else { return graph.reasonAgainst(bias, called: "its bias") }
      let channels = graph.constant(weights)!.shape[form.weightAxis]
      guard tensor.count == channels && tensor.shape.last ?? 1 == channels || tensor.count == 1 else {
        return "its bias is not one number per output channel"
      }
    }
    return nil
  }

  /// Returns the node that clips a value if it is the value's only consumer.
  private func activation(after value: ValueID, _ excluded: Set<String>) -> NodeID? {
    guard let reader = index.onlyConsumer(of: value) else { return nil }
    let node = graph[reader]
    guard node.inputs[0] == value, bounds(of: node) != nil, excluded.isDisjoint(with: Self.names(of: node, graph))
    else { return nil }
    return reader
  }

  /// Returns the bounds to which a node clips its input; `nil` if it computes anything else.
  func bounds(of node: Node) -> (lower: Float, upper: Float)? {
    graph.bounds(of: node)
  }
}
