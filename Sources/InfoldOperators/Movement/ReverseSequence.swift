import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ReverseSequence, opsets 10, 28: reverses the first elements of each sequence of a batch and
/// keeps the others.
///
/// The inputs are the data, [d0, d1, …], and sequence_lens, [batch], int64: the number of elements
/// to reverse in each sequence. `batch_axis` and `time_axis` are 1 and 0, or 0 and 1.
package struct ReverseSequence: ComposedOperator {
  package static let name = "ReverseSequence"
  package static let versions = [10, 28]
  package static let family = OperatorFamily.movement
  package static let widening = Widening.sameFunction
  package static func arity(since version: Int) -> Arity { Arity(2) }

  private let batchAxis: Int
  private let timeAxis: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    batchAxis = try attributes.int("batch_axis") ?? 1
    timeAxis = try attributes.int("time_axis") ?? 0
    guard [batchAxis, timeAxis].sorted() == [0, 1] else {
      throw InfoldError(
        .invalidModel, "batch_axis is \(batchAxis) and time_axis is \(timeAxis) but one must be 0 and the other 1")
    }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let types = try openTypes(inputs)
    // The composition performs the remaining checks.
    _ = try composition(inputs)
    return types
  }

  func openTypes(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0)
    let lengths = try inputs.type(1, of: ElementTypeSet([.int64]))
    try inputs.requireRank(2...Int.max, of: 0)
    try inputs.requireRank(1...1, of: 1)
    if let shape = x.shape, let count = lengths.shape?[0], shape[batchAxis].merged(with: count) == nil {
      throw InfoldError(
        .invalidModel, "shape mismatch: \(counted(count, "sequence length")) for a batch of \(shape[batchAxis])")
    }
    return [x]
  }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    let x = try network.input(0), lengths = try network.input(1)
    guard let sizes = network.sizes(x), network.sizes(lengths) != nil else { return nil }
    guard sizes.allSatisfy({ $0 > 0 }) else { return [try network.add(Identity.name, [x])] }
    let steps = sizes[timeAxis]
    if let known = network.constant(lengths) {
      let numbers = try known.elements(as: Int64.self)
      if let wrong = numbers.first(where: { $0 < 0 || $0 > steps }) {
        throw InfoldError(.invalidModel, "a sequence length is \(wrong) but must be between 0 and \(steps)")
      }
      // Every sequence is reversed as a whole.
      if numbers.allSatisfy({ $0 == steps }) {
        let ends = [-1, Int.min, timeAxis, -1]
        return [try network.add(Slice.name, [x] + ends.map { end throws(InfoldError) in try network.list([end]) })]
      }
    }
    return [try network.add(GatherND.name, [x, places(lengths, sizes, &network)])]
  }

  /// Returns the indices of the source of each element of the result, in the order of x's axes:
  /// [d0, d1, 2].
  private func places(
    _ lengths: ValueID, _ sizes: [Int], _ network: inout Composition
  ) throws(InfoldError) -> ValueID {
    func number(_ value: Int) throws(InfoldError) -> Tensor { try Tensor(scalar: Int64(value)) }
    func counted(_ axis: Int, _ network: inout Composition) throws(InfoldError) -> ValueID {
      let range = try [0, sizes[axis], 1].map { value throws(InfoldError) in network.add(try number(value)) }
      return try network.unsqueeze(network.add(RangeOperator.name, range), [1 - axis])
    }
    let time = try counted(timeAxis, &network), batch = try counted(batchAxis, &network)
    let columns = try network.unsqueeze(lengths, [timeAxis])
    let last = try network.add(Sub.name, [columns, network.add(number(1))])
    var turned = try network.add(
      Where.name, [network.add(Less.name, [time, columns]), network.add(Sub.name, [last, time]), time])
    // A negative length yields an index that is out of bounds.
    turned = try network.add(
      Where.name,
      [network.add(Less.name, [columns, network.add(number(0))]), network.add(number(sizes[timeAxis])), turned])
    let shape = try network.list([sizes[0], sizes[1], 1])
    let parts = try [turned, batch].map { part throws(InfoldError) in
      try network.add(Expand.name, [network.unsqueeze(part, [2]), shape])
    }
    return try network.add(Concat.name, timeAxis == 0 ? parts : parts.reversed(), ["axis": .int(2)])
  }
}
