import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Loop, opsets 1, 11, 13, 16, 19, 21, 23, 24, 25: repeats a body while its condition holds
/// and iterations are left.
///
/// The inputs are the number of iterations M (int64, optional), the condition (bool, optional) and
/// the initial loop-carried values. The body takes the iteration number, the condition and the
/// loop-carried values. It returns the next condition, the next loop-carried values and the scan
/// outputs, which are concatenated along a new first dimension. Loop-carried values may change
/// their shapes. Without iterations, a scan output has first dimension 0, and 0 for every unknown
/// dimension. The bodies of a loop, including nested loops, may evaluate 2¹⁸ nodes in all; an If
/// counts both of its branches. Sequences and optionals are not supported.
package struct Loop: BodyOperator {
  package static let name = "Loop"
  package static let versions = [1, 11, 13, 16, 19, 21, 23, 24, 25]
  package static let compatibleVersions = [11, 13, 16, 19, 21, 23, 24, 25]
  package static func arity(since version: Int) -> Arity { Arity(inputs: 0...Arity.any, outputs: 0...Arity.any) }

  private let body: OperatorBody
  /// The number of loop-carried values.
  private var carriedCount: Int { body.graph.inputs.count - 2 }

  package var bodies: [OperatorBody] { [body] }

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    body = try attributes.body("body")
    try body.requireRunnable()
    let (inputs, outputs) = (body.graph.inputs.count, body.graph.outputs.count)
    guard inputs >= 2, outputs >= inputs - 1, attributes.outputCount <= outputs - 1 else {
      throw InfoldError(
        .invalidModel,
        "the body has \(counted(inputs, "input")) and \(counted(outputs, "output")), and the node has "
          + "\(counted(attributes.outputCount, "output")); the body takes the iteration, the condition and loop-carried "
          + "values, and returns the condition, as many loop-carried values and scan outputs"
      )
    }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    try checkInputs(inputs)
    let captured = inputs.last(body.capturedCount)
    var carried: [TensorType] = []
    for index in 0..<carriedCount { carried.append(try inputs.type(2 + index)) }
    // The shapes of loop-carried values may change in each iteration. Only dimensions that an
    // iteration preserves are known.
    var attempt = 0
    while true {
      attempt += 1
      _ = WarningCollector.current?.drained()
      let types = try outputTypes(carried, captured.types, captured.constants)
      var isSettled = true
      for index in carried.indices {
        guard let result = types[1 + index] else {
          throw InfoldError(.unsupported, "the type of the body's output \(1 + index) is unknown")
        }
        guard result.elementType == carried[index].elementType else {
          throw InfoldError(
            .invalidModel,
            "type mismatch: the loop-carried value \(index) is \(carried[index].elementType), but the body returns \(result.elementType)"
          )
        }
        let common = carried[index].shape.flatMap { shape in result.shape.flatMap(shape.common) }
        guard common != carried[index].shape else { continue }
        isSettled = false
        // Limits the number of attempts. If sizes change one after the other, there could be one
        // attempt per dimension.
        carried[index].shape = attempt < 5 ? common : nil
      }
      guard isSettled else { continue }
      var collected: [TensorType] = []
      for index in (1 + carriedCount)..<types.count {
        guard let type = types[index] else {
          throw InfoldError(.unsupported, "the type of the body's output \(index) is unknown")
        }
        collected.append(TensorType(type.elementType, type.shape.map { Shape([.unknown] + $0.dimensions) }))
      }
      return carried + collected
    }
  }

  private func checkInputs(_ inputs: OperatorInputs) throws(InfoldError) {
    let given = inputs.types.count - body.capturedCount
    // Without loop-carried values, trailing inputs of the node may be missing.
    guard given == 2 + carriedCount || carriedCount == 0 && (0..<2).contains(given),
      (0..<carriedCount).allSatisfy({ inputs.has(2 + $0) })
    else {
      throw InfoldError(
        .invalidModel,
        "the body has \(counted(carriedCount, "loop-carried value")), which the inputs of the node do not match")
    }
    for (index, types) in [ElementTypeSet.int64, .bool].enumerated() where index < given && inputs.has(index) {
      _ = try inputs.type(index, of: types)
      try inputs.requireOneElementInAnyShape(index)
    }
  }

  private func outputTypes(
    _ carried: [TensorType], _ captured: ArraySlice<TensorType?>, _ constants: ArraySlice<Tensor?>
  ) throws(InfoldError) -> [TensorType?] {
    let types = try body.outputTypes(
      inputs: [TensorType(.int64, []), TensorType(.bool, [])] + carried, captured: captured, constants: constants)
    guard types[0].map({ $0.elementType == .bool && $0.shape?.sizes?.contains { $0 != 1 } != true }) ?? true else {
      throw InfoldError(.invalidModel, "the condition that the body returns is \(types[0]!) but must be a single bool")
    }
    return types
  }

  /// Returns the types of the iteration number, the condition and the initial loop-carried values.
  package func firstBodyInputs(_ inputs: [TensorType?]) -> [[TensorType?]] {
    [[TensorType(.int64, []), TensorType(.bool, [])] + inputs.dropFirst(2)]
  }

  /// Returns whether a loop-carried value may change its shape between iterations. Other values
  /// cannot.
  package func changesShapes(_ inputs: [TensorType?], outputs: [TensorType?]) -> Bool {
    zip(inputs.dropFirst(2).prefix(carriedCount), outputs).contains { before, after in
      before?.shape?.sizes != nil && after.map { $0.shape?.sizes == nil } == true
    }
  }

  package func evaluate(
    _ inputs: [Tensor?], _ context: EvaluationContext,
    running run: (_ body: Int, _ inputs: [Tensor], _ captured: ArraySlice<Tensor?>) throws(InfoldError) -> [Tensor]
  ) throws(InfoldError) -> [Tensor?] {
    try checkInputs(OperatorInputs(inputs))
    let captured = inputs.suffix(body.capturedCount), given = inputs.dropLast(body.capturedCount)
    let trips = try given.first?.map { (trips) throws(InfoldError) in try trips.elements(as: Int64.self)[0] } ?? .max
    var continues = try given.count < 2 ? true : given[1]?.elements(as: Bool.self)[0] ?? true
    var carried = given.dropFirst(2).map { $0! }
    let collectedCount = body.graph.outputs.count - 1 - carriedCount
    var collected = [[Tensor]](repeating: [], count: collectedCount)
    try BodyNodeBudget.$evaluation.counting(orElse: BodyNodeBudget()) { (allowance) throws(InfoldError) in
      var trip: Int64 = 0
      // A scan output without iterations gets its shape from inference.
      if collectedCount > 0, !continues || trips <= 0 { try allowance.take(body.extent.nodes) }
      while continues, trip < trips {
        try Interruption.check()
        try allowance.take(body.extent.nodes)
        let given = [try Tensor(scalar: trip), try Tensor(scalar: true)] + carried
        let results = try run(0, given, captured)
        guard results[0].elementType == .bool, results[0].count == 1 else {
          throw InfoldError(
            .invalidModel, "the condition that the body returns is \(results[0]) but must be a single bool")
        }
        continues = try results[0].elements(as: Bool.self)[0]
        carried = Array(results[1..<(1 + carriedCount)])
        for index in 0..<collectedCount where context.wantsOutput(carriedCount + index) {
          let result = results[1 + carriedCount + index]
          collected[index].append(try result.reshaped(to: [1] + result.shape))
        }
        trip += 1
      }
    }
    var outputs: [Tensor?] = carried
    for index in 0..<collectedCount {
      guard context.wantsOutput(carriedCount + index) else {
        outputs.append(nil)
        continue
      }
      outputs.append(
        collected[index].isEmpty
          ? try emptyScanOutput(index, carried, captured, context) : try Tensor(concatenating: collected[index]))
    }
    return outputs
  }

  private func emptyScanOutput(
    _ index: Int, _ carried: [Tensor], _ captured: ArraySlice<Tensor?>, _ context: EvaluationContext
  ) throws(InfoldError) -> Tensor {
    // The body's own constants are not widened, so the types before widening are used.
    func type(_ tensor: Tensor) -> TensorType {
      let isWidened = context.precision == .double && tensor.elementType == .float64
      return TensorType(isWidened ? .float32 : tensor.elementType, Shape(tensor.shape))
    }
    // Integer constants, which may determine shapes.
    let constants = captured.map { tensor in tensor.flatMap { $0.elementType.isFloatingPoint ? nil : $0 } }
    let types = try outputTypes(carried.map(type), ArraySlice(captured.map { $0.map(type) }), ArraySlice(constants))
    guard let result = types[1 + carriedCount + index] else {
      throw InfoldError(
        .unsupported, "the type of output \(carriedCount + index) is unknown because the loop has no iterations")
    }
    guard let shape = result.shape else {
      throw InfoldError(
        .unsupported, "the rank of output \(carriedCount + index) is unknown because the loop has no iterations")
    }
    let sizes = shape.map { $0.size ?? 0 }
    let isWidened = context.precision == .double && result.elementType.isFloatingPoint
    return try Tensor(zeros: [0] + sizes, of: isWidened ? .float64 : result.elementType)
  }
}
