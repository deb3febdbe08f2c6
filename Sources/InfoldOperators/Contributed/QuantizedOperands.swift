import InfoldGraph
import InfoldSystem
import InfoldTensor

extension Composition {
  /// The floats that an input stands for, by one scale and one zero point, which may be left out.
  mutating func dequantized(_ index: Int, scale: Int, zeroPoint: Int) throws(InfoldError) -> ValueID {
    for parameter in [scale, zeroPoint] { try requireOne(parameter) }
    return try add(DequantizeLinear.name, [input(index), input(scale), self[zeroPoint]])
  }

  /// The floats that an input stands for, by a scale and a zero point for all, or for each position along an axis.
  mutating func dequantized(_ index: Int, scale: Int, zeroPoint: Int, axis: Int) throws(InfoldError) -> ValueID {
    var point = self[zeroPoint]
    if let id = point, let list = try sizes(input(scale)), list.count == 1, list[0] != 1, let given = sizes(id),
      given.allSatisfy({ $0 == 1 })
    {
      point = try add(Expand.name, [id, self.list(list)])
    }
    return try add(
      DequantizeLinear.name, [input(index), input(scale), point], ["axis": .int(Int64(axis))])
  }

  /// A value, quantized by the scale and the zero point that are inputs; one that is left out is 0, of `type`.
  mutating func quantized(
    _ id: ValueID, scale: Int, zeroPoint: Int, to type: ElementType
  ) throws(InfoldError) -> ValueID {
    for parameter in [scale, zeroPoint] { try requireOne(parameter) }
    let zero = if let id = self[zeroPoint] { id } else { add(try Tensor(zeros: [], of: type)) }
    guard elementType(zero) == type else {
      throw InfoldError(
        .invalidModel, "input \(zeroPoint) has elements of type \(elementType(zero)), and the data \(type)")
    }
    return try add(QuantizeLinear.name, [id, input(scale), zero])
  }

  /// Checks that an input, where it is there, is one number.
  func requireOne(_ index: Int) throws(InfoldError) {
    guard let id = self[index], let shape = shape(id), shape.contains(where: { $0.size ?? 1 != 1 }) else { return }
    throw InfoldError(.invalidModel, "input \(index) has the shape \(shape); it must be a scalar")
  }

  /// A value with the channels behind the batch, of one that has them last.
  mutating func channelsFirst(_ id: ValueID, rank: Int) throws(InfoldError) -> ValueID {
    try transpose(id, [0, rank - 1] + Array(1..<(rank - 1)))
  }

  /// A value with the channels last, of one that has them behind the batch.
  mutating func channelsLast(_ id: ValueID, rank: Int) throws(InfoldError) -> ValueID {
    try transpose(id, [0] + Array(2..<rank) + [1])
  }

  /// What `compute` makes of a value that has the channels last, or not, in the same order.
  /// - Returns: `nil` while the number of dimensions is not known.
  mutating func computingChannelsFirst(
    _ id: ValueID, isLast: Bool, _ compute: (ValueID, inout Composition) throws(InfoldError) -> ValueID
  ) throws(InfoldError) -> ValueID? {
    guard isLast else { return try compute(id, &self) }
    guard let rank = shape(id)?.rank else { return nil }
    guard rank >= 3 else {
      throw InfoldError(.invalidModel, "the input has \(counted(rank, "dimension")); it must have at least 3")
    }
    let result = try compute(channelsFirst(id, rank: rank), &self)
    return try channelsLast(result, rank: rank)
  }
}
