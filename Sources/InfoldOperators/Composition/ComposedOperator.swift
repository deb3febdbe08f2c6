import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An operator that is defined by a graph of other operators. Its shape rule and its evaluation
/// follow from that graph, and sessions run the graph in its place.
protocol ComposedOperator: Operator {
  /// The index of the input from which the outputs' elements are made. By default, the first one.
  static var dataInput: Int { get }

  /// Adds the nodes that compute the operator.
  /// - Returns: All outputs that the operator may have, or `nil` if the graph depends on what is
  ///   not known about the inputs.
  /// - Throws: `InfoldError.Code.invalidModel` for inputs that the definition forbids;
  ///   `.unsupported` for inputs that Infold does not support.
  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]?

  /// Returns the types of the outputs if `compose` returns `nil`. By default, one output of the
  /// first input's element type and unknown shape.
  func openTypes(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType]
}

extension ComposedOperator {
  static var dataInput: Int { 0 }

  func openTypes(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [TensorType(try inputs.type(0).elementType, nil)]
  }

  package func composition(_ inputs: OperatorInputs) throws(InfoldError) -> Graph? {
    _ = try inputs.type(Self.dataInput, of: Self.elementTypes(since: Self.versions.last!))
    var network = Composition(inputs)
    guard let outputs = try compose(&network) else { return nil }
    return network.graph(returning: outputs)
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    guard let network = try composition(inputs) else { return try openTypes(inputs) }
    return network.outputs.map { network[$0].type! }
  }

  /// Returns the sum over the composition's nodes.
  package func multiplyAccumulates(inputs: [TensorType?], outputs: [TensorType?]) -> Int? {
    guard let network = try? composition(OperatorInputs(types: inputs, constants: [])) else { return nil }
    return network.nodes.reduce(0) { sum, node in
      guard let sum, let own = network.multiplyAccumulates(of: node) else { return nil }
      let (next, overflow) = sum.addingReportingOverflow(own)
      return overflow ? nil : next
    }
  }

  /// Evaluates the composition. float16 and bfloat16 are computed in float32; results of a narrower
  /// type are rounded once.
  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let types = try inferOutputs(OperatorInputs(inputs, outputCount: context.wantedOutputs.count))
    var operands = inputs
    if Self.widening == .sameFunction {
      for (index, tensor) in inputs.enumerated() where tensor?.elementType.isNarrow == true {
        operands[index] = try tensor?.converted(to: .float32)
      }
    }
    guard var network = try composition(OperatorInputs(operands, outputCount: context.wantedOutputs.count)) else {
      preconditionFailure("\(Self.name) has no composition for the inputs \(operands)")
    }
    let wanted = network.outputs.indices.filter(context.wantsOutput)
    network.outputs = wanted.map { network.outputs[$0] }
    let results = try ReferenceEvaluator(network, precision: context.precision).run(arguments: operands)
    var outputs: [Tensor?] = Array(repeating: nil, count: context.wantedOutputs.count)
    for (index, result) in zip(wanted, results) {
      let isRounded = context.precision == .declared && types[index].elementType.isFloatingPoint
      outputs[index] = isRounded ? try result.converted(to: types[index].elementType) : result
    }
    return outputs
  }
}

extension ElementType {
  /// Whether the type is float16 or bfloat16.
  fileprivate var isNarrow: Bool { self == .float16 || self == .bfloat16 }
}
