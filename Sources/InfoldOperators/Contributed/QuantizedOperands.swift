import InfoldGraph
import InfoldSystem
import InfoldTensor

extension Composition {
  /// Dequantizes an input by one scale and one zero point, which is optional.
  mutating func dequantized(_ index: Int, scale: Int, zeroPoint: Int) throws(InfoldError) -> ValueID {
    for parameter in [scale, zeroPoint] { try requireOne(parameter) }
    return try add(DequantizeLinear.name, [input(index), input(scale), self[zeroPoint]])
  }

  /// Dequantizes an input by scales and zero points that are scalars or lists along an axis.
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

  /// Quantizes a value by the scale and the zero point given as inputs. A missing zero point is 0,
  /// of `type`.
  mutating func quantized(
    _ id: ValueID, scale: Int, zeroPoint: Int, to type: ElementType
  ) throws(InfoldError) -> ValueID {
    for parameter in [scale, zeroPoint] { try requireOne(parameter) }
    let zero = if let id = self[zeroPoint] { id } else { add(try Tensor(zeros: [], of: type)) }
    guard elementType(zero) == type else {
      throw InfoldError(
        .invalidModel, "type mismatch: input \(zeroPoint) is \(elementType(zero)), but the data is \(type)")
    }
    return try add(QuantizeLinear.name, [id, input(scale), zero])
  }

  /// Checks that an input, if present, has one element.
  func requireOne(_ index: Int) throws(InfoldError) {
    guard let id = self[index], let shape = shape(id), shape.contains(where: { $0.size ?? 1 != 1 }) else { return }
    throw InfoldError(.invalidModel, "input \(index) has the shape \(shape) but must be a scalar")
  }

  /// Converts a value from channels-last to channels-first layout.
  mutating func channelsFirst(_ id: ValueID, rank: Int) throws(InfoldError) -> ValueID {
    try transpose(id, [0, rank - 1] + Array(1..<(rank - 1)))
  }

  /// Converts a value from channels-first to channels-last layout.
  mutating func channelsLast(_ id: ValueID, rank: Int) throws(InfoldError) -> ValueID {
    try transpose(id, [0] + Array(2..<rank) + [1])
  }

  /// Returns the result of `compute`, which takes channels-first layout, for a value that may have
  /// channels-last layout. The result has the layout of the value.
  /// - Returns: The result, or `nil` if the rank is unknown.
  mutating func computingChannelsFirst(
    _ id: ValueID, isLast: Bool, _ compute: (ValueID, inout Composition) throws(InfoldError) -> ValueID
  ) throws(InfoldError) -> ValueID? {
    guard isLast else { return try compute(id, &self) }
    guard let rank = shape(id)?.rank else { return nil }
    guard rank >= 3 else {
      throw InfoldError(.invalidModel, "the input has \(counted(rank, "dimension")) but must have at least 3")
    }
    let result = try compute(channelsFirst(id, rank: rank), &self)
    return try channelsLast(result, rank: rank)
  }
}
