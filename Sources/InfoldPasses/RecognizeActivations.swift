import InfoldGraph
import InfoldOperators
import InfoldSystem

/// Finds activations that exporters write as several nodes, and puts one operator in their place:
/// x · clip(x + 3, 0, 6) ÷ 6 and x · HardSigmoid(x) as HardSwish, x · Sigmoid(x) as Swish,
/// x · (1 + Erf(x ÷ √2)) ÷ 2 as Gelu, x · Tanh(Softplus(x)) as Mish.
///
/// Factors may stand anywhere in the product. What only the old nodes needed is left for `RemoveDeadCode`.
package struct RecognizeActivations: GraphPass {
  package static let name = "recognize activations"

  /// The pass.
  package init() {}

  /// A function of a value that is bounded, and that the value itself is multiplied with.
  private enum Gate: Hashable {
    /// clip(x + 3, 0, 6), which HardSwish has a sixth of.
    case clippedShift
    case sigmoid
    /// 1 + erf(x ÷ √2), which Gelu has half of.
    case onePlusErf
    case tanhOfSoftplus

    /// The factor under which x times the gate is the activation.
    var factor: Double {
      switch self {
      case .clippedShift: 1.0 / 6
      case .onePlusErf: 0.5
      case .sigmoid, .tanhOfSoftplus: 1
      }
    }

    var activation: (opType: String, version: Int) {
      switch self {
      case .clippedShift: (HardSwish.name, 14)
      case .sigmoid: (Swish.name, 24)
      case .onePlusErf: (Gelu.name, 20)
      case .tanhOfSoftplus: (Mish.name, 18)
      }
    }
  }

  /// What is known of a value.
  private enum Form {
    /// scale · x + shift.
    case linear(ValueID, scale: Double, shift: Double)
    case erf(ValueID)
    case softplus(ValueID)
    /// scale · gate(x).
    case gate(Gate, ValueID, scale: Double)
    /// scale · x · gate(x).
    case product(Gate, ValueID, scale: Double)
  }

  package func run(on graph: Graph) throws(InfoldError) -> PassResult {
    var forms: [ValueID: Form] = [:]
    var result = PassResult(graph: graph)
    var nodes: [Node] = []
    for node in graph.nodes {
      guard let output = node.outputs.first ?? nil, node.outputs.count == 1,
        let form = form(of: node, forms, graph)
      else {
        nodes.append(node)
        continue
      }
      forms[output] = form
      guard case .product(let gate, let x, let scale) = form, Self.isClose(scale, gate.factor),
        graph[x].type?.elementType.isFloatingPoint == true
      else {
        nodes.append(node)
        continue
      }
      let (opType, version) = gate.activation
      nodes.append(
        try Node(name: node.name, opType: opType, opsetVersion: version, inputs: [x], outputs: [output]))
      result.changes.append(PassResult.Entry(node: graph.label(of: node), "became \(opType) with the nodes before it"))
    }
    result.graph.replaceNodes(nodes)
    return result
  }

  private func form(of node: Node, _ forms: [ValueID: Form], _ graph: Graph) -> Form? {
    /// An operand that is no constant.
    func operand(_ index: Int) -> ValueID? {
      guard index < node.inputs.count, let id = node.inputs[index], graph.constant(id) == nil else { return nil }
      return id
    }
    /// A constant operand that is one number.
    func number(_ index: Int) -> Double? {
      guard index < node.inputs.count, let tensor = node.inputs[index].flatMap(graph.constant), tensor.count == 1,
        // Such a constant must not add dimensions to the other operand.
        tensor.shape.count <= (node.inputs[1 - index].flatMap { graph[$0].type?.shape?.rank } ?? 0)
      else { return nil }
      return try? tensor.widened().elements(as: Double.self).first
    }
    switch node.typed {
    case is Add, is Mul, is Div, is Sub:
      if let a = operand(0), let number = number(1) { return scaled(a, forms[a], node, by: number) }
      if let b = operand(1), let number = number(0), node.typed is Add || node.typed is Mul {
        return scaled(b, forms[b], node, by: number)
      }
      guard node.typed is Mul, let a = operand(0), let b = operand(1) else { return nil }
      return product(a, b, forms) ?? product(b, a, forms)
    case is Sigmoid: return operand(0).map { .gate(.sigmoid, $0, scale: 1) }
    case let hardSigmoid as HardSigmoid:
      guard Self.isClose(Double(hardSigmoid.alpha), 1.0 / 6), hardSigmoid.beta == 0.5 else { return nil }
      return operand(0).map { .gate(.clippedShift, $0, scale: 1.0 / 6) }
    case is Clip:
      if case .linear(let x, 1, 3)? = operand(0).flatMap({ forms[$0] }),
        graph.elementFunction(of: node) == .clip(lower: 0, upper: 6)
      {
        return .gate(.clippedShift, x, scale: 1)
      }
    case is Erf:
      if case .linear(let x, let scale, 0)? = operand(0).flatMap({ forms[$0] }), Self.isClose(scale, 0.5.squareRoot()) {
        return .erf(x)
      }
    case is Softplus: return operand(0).map { .softplus($0) }
    case is Tanh:
      if case .softplus(let x)? = operand(0).flatMap({ forms[$0] }) { return .gate(.tanhOfSoftplus, x, scale: 1) }
    default: break
    }
    return nil
  }

  /// What arithmetic with one number makes of a value.
  private func scaled(_ x: ValueID, _ form: Form?, _ node: Node, by number: Double) -> Form? {
    let factor = node.typed is Mul ? number : node.typed is Div ? 1 / number : 1
    let summand = node.typed is Add ? number : node.typed is Sub ? -number : 0
    switch form {
    case .erf(let x) where summand == 1: return .gate(.onePlusErf, x, scale: 1)
    case .gate(let gate, let x, let scale) where summand == 0: return .gate(gate, x, scale: scale * factor)
    case .product(let gate, let x, let scale) where summand == 0: return .product(gate, x, scale: scale * factor)
    default: return .linear(x, scale: factor, shift: summand)
    }
  }

  /// The product of a value, perhaps scaled, with a gate on that value.
  private func product(_ a: ValueID, _ b: ValueID, _ forms: [ValueID: Form]) -> Form? {
    guard case .gate(let gate, let x, let scale)? = forms[b] else { return nil }
    if a == x { return .product(gate, x, scale: scale) }
    guard case .linear(x, let factor, 0)? = forms[a] else { return nil }
    return .product(gate, x, scale: factor * scale)
  }

  private static func isClose(_ a: Double, _ b: Double) -> Bool {
    (a - b).magnitude <= 1e-5 * b.magnitude
  }
}
