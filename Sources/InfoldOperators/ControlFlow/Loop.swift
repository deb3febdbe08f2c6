import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Loop, opsets 1, 11, 13, 16, 19, 21, 23, 24, 25: a body, again and again, as long as its condition holds and there are trips
/// left.
///
/// The inputs are the number of trips M (int64, optional), the condition (bool, optional) and the initial values of what the loop
/// carries. The body takes the number of the trip, the condition and what is carried, and gives the next condition, what is carried on, and
/// what is collected: the results of all trips, behind one another along a new first dimension. What is carried may change its shape.
/// Without a trip, what is collected has the first dimension 0, and 0 for every dimension that is not known. The bodies of a loop and of
/// those inside of it may evaluate 2¹⁸ nodes in all, where an If counts both of its branches. Sequences and optionals are not supported.
package struct Loop: BodyOperator {
  package static let name = "Loop"
  package static let versions = [1, 11, 13, 16, 19, 21, 23, 24, 25]
  package static let compatibleVersions = [11, 13, 16, 19, 21, 23, 24, 25]
  package static func arity(since version: Int) -> Arity { Arity(inputs: 0...Arity.any, outputs: 0...Arity.any) }

  private let body: OperatorBody
  /// The values that the loop carries.
  private var carriedCount: Int { body.graph.inputs.count - 2 }

  package var bodies: [OperatorBody] { [body] }

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    body = try attributes.body("body")
    try body.requireRunnable()
    let (inputs, outputs) = (body.graph.inputs.count, body.graph.outputs.count)
    guard inputs >= 2, outputs >= inputs - 1, attributes.outputCount <= outputs - 1 else {
      throw InfoldError(
        .invalidModel,
        "the body has \(counted(inputs, "input")) and \(counted(outputs, "output")), and the node \(counted(attributes.outputCount, "output")); the body "
          + "takes the trip, the condition and what is carried, and gives the condition, as much, and what is collected"
      )
    }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    try checkInputs(inputs)
    let captured = inputs.last(body.capturedCount)
    var carried: [TensorType] = []
    for index in 0..<carriedCount { carried.append(try inputs.type(2 + index)) }
    // What is carried may have another shape behind each trip: what stays the same when that is taken in, is known.
    var attempt = 0
    while true {
      attempt += 1
      _ = WarningCollector.current?.drained()
      let types = try outputTypes(carried, captured.types, captured.constants)
      var isSettled = true
      for index in carried.indices {
        guard let result = types[1 + index] else {
          throw InfoldError(.unsupported, "the type of what the body gives as output \(1 + index) is not known")
        }
        guard result.elementType == carried[index].elementType else {
          throw InfoldError(
            .invalidModel,
            "the body takes \(carried[index].elementType) as input \(2 + index), and gives \(result.elementType)")
        }
        let common = carried[index].shape.flatMap { shape in result.shape.flatMap(shape.common) }
        guard common != carried[index].shape else { continue }
        isSettled = false
        // Sizes that change one after the other would take as many attempts as there are dimensions.
        carried[index].shape = attempt < 5 ? common : nil
      }
      guard isSettled else { continue }
      var collected: [TensorType] = []
      for index in (1 + carriedCount)..<types.count {
        guard let type = types[index] else {
          throw InfoldError(.unsupported, "the type of what the body gives as output \(index) is not known")
        }
        collected.append(TensorType(type.elementType, type.shape.map { Shape([.unknown] + $0.dimensions) }))
      }
      return carried + collected
    }
  }

  private func checkInputs(_ inputs: OperatorInputs) throws(InfoldError) {
    let given = inputs.types.count - body.capturedCount
    // Where nothing is carried, the node may end before the condition, or the trips.
    guard given == 2 + carriedCount || carriedCount == 0 && (0..<2).contains(given),
      (0..<carriedCount).allSatisfy({ inputs.has(2 + $0) })
    else {
      throw InfoldError(.invalidModel, "the body carries \(counted(carriedCount, "value")), and the node gives others")
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
      throw InfoldError(.invalidModel, "the body gives \(types[0]!) as its condition, and must give one truth value")
    }
    return types
  }

  /// The trip, the condition, and what is carried at the beginning.
  package func firstBodyInputs(_ inputs: [TensorType?]) -> [[TensorType?]] {
    [[TensorType(.int64, []), TensorType(.bool, [])] + inputs.dropFirst(2)]
  }

  /// What is carried may grow from trip to trip, and nothing else.
  package func changesShapes(_ inputs: [TensorType?], outputs: [TensorType?]) -> Bool {
    zip(inputs.dropFirst(2).prefix(carriedCount), outputs).contains { before, behind in
      before?.shape?.sizes != nil && behind.map { $0.shape?.sizes == nil } == true
    }
  }

  package func evaluate(
    _ inputs: [Tensor?], _ context: EvaluationContext,
    running run: (_ body: Int, _ inputs: [Tensor], _ captured: ArraySlice<Tensor?>) throws(InfoldError) -> [Tensor]
  ) throws(InfoldError) -> [Tensor?] {
    try checkInputs(OperatorInputs(inputs))
    let captured = inputs.suffix(body.capturedCount), given = inputs.dropLast(body.capturedCount)
    let trips = try given.first?.map { (trips) throws(InfoldError) in try trips.elements(as: Int64.self)[0] } ?? .max
    var goesOn = try given.count < 2 ? true : given[1]?.elements(as: Bool.self)[0] ?? true
    var carried = given.dropFirst(2).map { $0! }
    let collectedCount = body.graph.outputs.count - 1 - carriedCount
    var collected = [[Tensor]](repeating: [], count: collectedCount)
    try BodyNodeBudget.$evaluation.counting(orElse: BodyNodeBudget()) { (allowance) throws(InfoldError) in
      var trip: Int64 = 0
      // What is collected without a trip has the shape that inference gives it.
      if collectedCount > 0, !goesOn || trips <= 0 { try allowance.take(body.extent.nodes) }
      while goesOn, trip < trips {
        try Interruption.check()
        try allowance.take(body.extent.nodes)
        let given = [try Tensor(scalar: trip), try Tensor(scalar: true)] + carried
        let results = try run(0, given, captured)
        guard results[0].elementType == .bool, results[0].count == 1 else {
          throw InfoldError(
            .invalidModel, "the body gives \(results[0]) as its condition, and must give one truth value")
        }
        goesOn = try results[0].elements(as: Bool.self)[0]
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
          ? try nothingCollected(index, carried, captured, context) : try Tensor(concatenating: collected[index]))
    }
    return outputs
  }

  private func nothingCollected(
    _ index: Int, _ carried: [Tensor], _ captured: ArraySlice<Tensor?>, _ context: EvaluationContext
  ) throws(InfoldError) -> Tensor {
    // The body's own constants are not widened.
    func type(_ tensor: Tensor) -> TensorType {
      let isWidened = context.precision == .double && tensor.elementType == .float64
      return TensorType(isWidened ? .float32 : tensor.elementType, Shape(tensor.shape))
    }
    // Those of integers, from which shapes follow.
    let constants = captured.map { tensor in tensor.flatMap { $0.elementType.isFloatingPoint ? nil : $0 } }
    let types = try outputTypes(carried.map(type), ArraySlice(captured.map { $0.map(type) }), ArraySlice(constants))
    guard let result = types[1 + carriedCount + index] else {
      throw InfoldError(.unsupported, "without a trip, the type of output \(carriedCount + index) is not known")
    }
    guard let shape = result.shape else {
      throw InfoldError(.unsupported, "without a trip, the rank of output \(carriedCount + index) is not known")
    }
    let sizes = shape.map { $0.size ?? 0 }
    let isWidened = context.precision == .double && result.elementType.isFloatingPoint
    return try Tensor(zeros: [0] + sizes, of: isWidened ? .float64 : result.elementType)
  }
}
