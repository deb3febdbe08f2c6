import InfoldSystem
import InfoldTensor

extension Node {
  /// Infers the types of the outputs and checks that there is one for each output that is present.
  /// - Throws: The operator's `InfoldError`; `InfoldError.Code.invalidArgument` if it returns too
  ///   few types; `.unsupported` if the node is not an operator.
  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let inferred = try requireTyped().inferOutputs(inputs)
    guard outputs.dropFirst(inferred.count).allSatisfy({ $0 == nil }) else {
      throw InfoldError(
        .invalidArgument,
        "the operator's shape rule returns \(counted(inferred.count, "type")) for \(counted(outputs.count, "output"))")
    }
    guard inferred.allSatisfy({ $0.shape.map { $0.rank <= Shape.maximumRank } ?? true }) else {
      throw InfoldError(.limitExceeded, "an output has more than \(Shape.maximumRank) dimensions")
    }
    return inferred
  }

  /// Infers the types of the outputs from the types of the inputs and the tensors that are known.
  package func inferOutputs(types: [TensorType?], constants: [Tensor?]) throws(InfoldError) -> [TensorType] {
    try inferOutputs(OperatorInputs(types: types, constants: constants, outputCount: outputs.count))
  }

  /// Computes the outputs with the operator's reference evaluation.
  /// - Parameters:
  ///   - inputs: The tensors, in the node's order.
  ///   - precision: With `.double`, floating-point inputs are first widened to float64.
  /// - Throws: The operator's `InfoldError`, including that of its shape rule;
  ///   `InfoldError.Code.invalidArgument` if the result does not match the shape rule;
  ///   `.unsupported` for an opaque node.
  package func evaluate(
    _ inputs: [Tensor?], precision: EvaluationContext.Precision = .declared
  ) throws(InfoldError) -> [Tensor?] {
    if let body {
      // Captures are not arguments.
      let arguments = Array(inputs.prefix(self.inputs.count))
      return try ReferenceEvaluator(body, precision: precision).run(arguments: arguments).map { $0 }
    }
    let typed = try requireTyped()
    var inputs = inputs
    if precision == .double {
      for index in inputs.indices { inputs[index] = try inputs[index]?.widened() }
    }
    let context = EvaluationContext(wantedOutputs: outputs.map { $0 != nil }, precision: precision)
    if typed is any BodyOperator { return try typed.evaluate(inputs, context) }
    let types = try inferOutputs(
      types: inputs.map { $0.map { TensorType($0.elementType, Shape($0.shape)) } }, constants: inputs)
    if let results = try emptyOutputs(types) { return results }
    try requireRoom(for: types)
    var results = try typed.evaluate(inputs, context)
    if precision == .double {
      for index in results.indices { results[index] = try results[index]?.widened() }
    }
    try check(results, against: types, precision)
    return results
  }

  /// Checks results against the shape rule. The operator may be an app's own, and wrong.
  private func check(
    _ results: [Tensor?], against types: [TensorType], _ precision: EvaluationContext.Precision
  ) throws(InfoldError) {
    for (index, type) in zip(outputs.indices, types) where outputs[index] != nil {
      guard index < results.count, let result = results[index] else {
        throw InfoldError(.invalidArgument, "the operator's evaluation returns no output \(index)")
      }
      let isWidened = precision == .double && type.elementType.isFloatingPoint
      guard result.elementType == (isWidened ? .float64 : type.elementType), type.shape?.admits(result.shape) != false
      else {
        throw InfoldError(
          .invalidArgument,
          "the operator's evaluation returns \(result) as output \(index), but its shape rule says \(type)")
      }
    }
  }

  /// Checks that outputs of known size fit into the memory limit, before anything of that size is
  /// computed.
  private func requireRoom(for types: [TensorType]) throws(InfoldError) {
    for (output, type) in zip(outputs, types) where output != nil {
      guard let sizes = type.shape?.sizes, type.elementType.bitWidth != nil else { continue }
      let (_, byteCount) = try Tensor.extent(of: sizes, type.elementType)
      try MemoryBudget.current?.require(byteCount)
    }
  }

  /// Returns empty outputs if no output has elements, however large the other dimensions are.
  /// Returns `nil` otherwise.
  private func emptyOutputs(_ types: [TensorType]) throws(InfoldError) -> [Tensor?]? {
    var results: [Tensor?] = []
    for (output, type) in zip(outputs, types) {
      guard output != nil else {
        results.append(nil)
        continue
      }
      guard let sizes = type.shape?.sizes, sizes.contains(0) else { return nil }
      results.append(try Tensor(zeros: sizes, of: type.elementType))
    }
    return results
  }

  private func requireTyped() throws(InfoldError) -> any Operator {
    switch kind {
    case .typed(let typed): return typed
    case .call: throw InfoldError(.unsupported, "the node is a function call, not an operator")
    case .opaque(let reason): throw reason
    }
  }
}
