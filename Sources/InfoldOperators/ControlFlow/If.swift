import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX If, opsets 1, 11, 13, 16, 19, 21, 23, 24, 25: the outputs of one of two branches, selected
/// by a condition.
///
/// The input is a bool tensor with one element. The branches have no inputs; they capture values of
/// the surrounding graph by name. Both have as many outputs as the node, of the same element types.
/// If their shapes differ, the shape is known only when the model runs. A branch that cannot run
/// with the given inputs is ignored by the shape rule, and fails only if it is taken. Sequences and
/// optionals are not supported.
package struct If: BodyOperator {
  package static let name = "If"
  package static let versions = [1, 11, 13, 16, 19, 21, 23, 24, 25]
  package static let compatibleVersions = [11, 13, 16, 19, 21, 23, 24, 25]
  package static func arity(since version: Int) -> Arity { Arity(inputs: 1...1, outputs: 1...Arity.any) }

  private let thenBranch: OperatorBody
  private let elseBranch: OperatorBody

  package var bodies: [OperatorBody] { [thenBranch, elseBranch] }

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    let bodies = try ["then_branch", "else_branch"].map { name throws(InfoldError) in
      let body = try attributes.body(name)
      guard body.graph.inputs.isEmpty, body.graph.outputs.count >= attributes.outputCount else {
        throw InfoldError(
          .invalidModel,
          "\(name) has \(counted(body.graph.inputs.count, "input")) and \(counted(body.graph.outputs.count, "output")) "
            + "but must have no inputs and the node's \(counted(attributes.outputCount, "output"))")
      }
      return body
    }
    (thenBranch, elseBranch) = (bodies[0], bodies[1])
    if elseBranch.refusal != nil { try thenBranch.requireRunnable() }
  }

  package func firstBodyInputs(_ inputs: [TensorType?]) -> [[TensorType?]] { [[], []] }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    _ = try inputs.type(0, of: .bool)
    try inputs.requireOneElementInAnyShape(0)
    let captured = inputs.last(inputs.types.count - 1)
    func types(_ branch: OperatorBody) -> Result<[TensorType?], InfoldError> {
      Result { () throws(InfoldError) in
        try branch.outputTypes(inputs: [], captured: captured.types, constants: captured.constants)
      }
    }
    let known: [TensorType?], others: [TensorType?]
    switch (types(thenBranch), types(elseBranch)) {
    case (.success(let a), .success(let b)): (known, others) = (a, b)
    case (.success(let a), .failure): (known, others) = (a, Self.types(a, whereFailing: elseBranch))
    case (.failure, .success(let a)): (known, others) = (a, Self.types(a, whereFailing: thenBranch))
    case (.failure(let error), .failure): throw error
    }
    var result: [TensorType] = []
    for (index, pair) in zip(known, others).prefix(inputs.outputCount).enumerated() {
      guard let a = pair.0, let b = pair.1 else {
        throw InfoldError(.unsupported, "the type of output \(index) is unknown in one of the branches")
      }
      guard a.elementType == b.elementType else {
        throw InfoldError(
          .invalidModel,
          "type mismatch: output \(index) is \(a.elementType) in one branch and \(b.elementType) in the other")
      }
      result.append(TensorType(a.elementType, a.shape.flatMap { a in b.shape.flatMap(a.common) }))
    }
    return result
  }

  /// Returns the output types to assume for a branch that cannot run, given those of the other
  /// branch. A branch whose sequences have not been replaced by passes yet may have other shapes.
  private static func types(_ types: [TensorType?], whereFailing branch: OperatorBody) -> [TensorType?] {
    guard branch.graph.hasSequences else { return types }
    return types.map { $0.map { TensorType($0.elementType, nil) } }
  }

  package func changesShapes(_ inputs: [TensorType?], outputs: [TensorType?]) -> Bool { false }

  package func evaluate(
    _ inputs: [Tensor?], _ context: EvaluationContext,
    running run: (_ body: Int, _ inputs: [Tensor], _ captured: ArraySlice<Tensor?>) throws(InfoldError) -> [Tensor]
  ) throws(InfoldError) -> [Tensor?] {
    guard let tensor = inputs[0], tensor.elementType == .bool, tensor.count == 1 else {
      throw InfoldError(
        .invalidModel, "the condition is \(inputs[0].map { "\($0)" } ?? "missing") but must be a single bool")
    }
    let branch = try tensor.elements(as: Bool.self)[0] ? 0 : 1
    return try run(branch, [], inputs.dropFirst()).map { $0 }
  }
}

extension Shape {
  /// Returns what both shapes have in common: the dimensions that are equal, or `nil` if the ranks
  /// differ.
  func common(with other: Shape) -> Shape? {
    guard rank == other.rank else { return nil }
    return Shape(zip(dimensions, other.dimensions).map { $0 == $1 ? $0 : .unknown })
  }
}
