import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX AffineGrid, opset 20: a sampling grid for GridSample, from affine transformations of an
/// image or a volume.
///
/// theta is [N, 2, 3] or [N, 3, 4]; size lists N, C, H, W or N, C, D, H, W. The result is [N, H, W,
/// 2] with x and y, or [N, D, H, W, 3] with x, y and z. Coordinates range from −1 to 1. With
/// `align_corners`, the outermost pixels are at the ends of that range, otherwise half a pixel
/// inside. With `align_corners`, a single pixel is at 0.
package struct AffineGrid: ComposedOperator {
  package static let name = "AffineGrid"
  package static let versions = [20]
  package static let family = OperatorFamily.arithmetic
  package static let widening = Widening.sameFunction
  package static func elementTypes(since version: Int) -> ElementTypeSet { .floatingPoint }
  package static func arity(since version: Int) -> Arity { Arity(2) }

  private let alignsCorners: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    alignsCorners = try attributes.flag("align_corners")
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let types = try openTypes(inputs)
    return try composition(inputs).map { [$0[$0.outputs[0]].type!] } ?? types
  }

  func openTypes(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let theta = try inputs.type(0, of: .floatingPoint)
    _ = try inputs.type(1, of: ElementTypeSet([.int64]))
    try inputs.requireRank(3...3, of: 0)
    try inputs.requireRank(1...1, of: 1)
    guard let shape = theta.shape, let size = inputs.constant(1) else { return [TensorType(theta.elementType, nil)] }
    let numbers = try size.elements(as: Int64.self).map { Int(clamping: $0) }
    guard (4...5).contains(numbers.count), numbers.allSatisfy({ $0 >= 0 }) else {
      throw InfoldError(.invalidModel, "size is \(numbers) but must have 4 or 5 nonnegative numbers")
    }
    let dimensions = numbers.count - 2
    let expected: Shape = [.fixed(numbers[0]), .fixed(dimensions), .fixed(dimensions + 1)]
    guard shape.merged(with: expected) != nil else {
      throw InfoldError(
        .invalidModel, "shape mismatch: theta is \(shape) but must be \(expected) for the size \(numbers)")
    }
    return [TensorType(theta.elementType, Shape([numbers[0]] + numbers[2...] + [dimensions]))]
  }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    let theta = try network.input(0)
    guard let size = network.constant(try network.input(1)), network.sizes(theta) != nil else { return nil }
    let sizes = try size.elements(as: Int64.self).dropFirst(2).map { Int($0) }
    let dimensions = sizes.count
    // [N, 1, …, 1, dimensions + 1, dimensions]: the contribution of each coordinate to all
    // coordinates.
    let columns = try network.unsqueeze(network.transpose(theta, [0, 2, 1]), Array(1...dimensions))
    let parts = try network.add(
      Split.name, [columns, network.list(Array(repeating: 1, count: dimensions + 1))],
      ["axis": .int(Int64(dimensions + 1))], outputs: dimensions + 1
    ).map { part throws(InfoldError) in
      try network.add(Squeeze.name, [part, network.list([dimensions + 1])])
    }
    var sum = parts[dimensions]
    for axis in 0..<dimensions {
      // x comes first and belongs to the last axis.
      let coordinates = try coordinates(sizes[axis], like: theta, &network)
      let place = try network.reshape(coordinates, [sizes[axis]] + Array(repeating: 1, count: dimensions - axis))
      sum = try network.add(Add.name, [sum, network.add(Mul.name, [place, parts[dimensions - 1 - axis]])])
    }
    return [sum]
  }

  /// Returns the coordinates of the centers of `count` pixels.
  private func coordinates(
    _ count: Int, like theta: ValueID, _ network: inout Composition
  ) throws(InfoldError) -> ValueID {
    let range = try [0, count, 1].map { value throws(InfoldError) in network.add(try Tensor(scalar: Int64(value))) }
    let numbers = try network.cast(network.add(RangeOperator.name, range), to: network.elementType(theta))
    let (first, step): (Double, Double) =
      !alignsCorners ? (1 / Double(count) - 1, 2 / Double(count)) : count == 1 ? (0, 0) : (-1, 2 / Double(count - 1))
    return try network.add(
      Add.name,
      [
        network.add(Mul.name, [numbers, network.number(step, like: theta)]),
        network.number(count > 0 ? first : 0, like: theta),
      ])
  }
}
