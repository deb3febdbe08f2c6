import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Compress, opsets 9, 11, 28: the slices along an axis for which a condition is true, or the
/// elements in row-major order if there is no axis.
///
/// The inputs are the data, [d0, …], and condition, [K], bool. Slices beyond the end of the
/// condition are dropped. A true element beyond the last slice is an error. Negative axes count
/// from the end since opset 11.
package struct Compress: ElementMovingOperator {
  package static let name = "Compress"
  package static let versions = [9, 11, 28]
  package static let compatibleVersions = [11]
  package static func arity(since version: Int) -> Arity { Arity(2) }

  /// The axis, or `nil` to select among all elements.
  package let axis: Int?

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try attributes.int("axis")
    if let axis, attributes.version < 11 { try requireNonNegative(axis) }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0)
    _ = try inputs.type(1, of: .bool)
    try inputs.requireRank(1...1, of: 1)
    var size: Dimension = .unknown
    var output: Shape? = [.unknown]
    var place = 0
    if let axis {
      output = x.shape
      if let shape = x.shape {
        place = try normalizedAxis(axis, rank: shape.rank)
        size = shape[place]
      }
    } else if let sizes = x.shape?.sizes {
      size = checkedProduct(sizes).map(Dimension.fixed) ?? .unknown
    }
    if let condition = inputs.constant(1) {
      let chosen = try chosen(condition)
      if let size = size.size, let last = chosen.last, last >= size {
        throw InfoldError(.invalidModel, "the condition selects slice \(last), but there are only \(size)")
      }
      output?[place] = .fixed(chosen.count)
    } else {
      output?[place] = .unknown
    }
    return [TensorType(x.elementType, output)]
  }

  /// Returns a Gather of the selected slices. Their indices are a constant if the condition is one,
  /// and otherwise come from NonZero. Returns `nil` if the condition may be longer than the axis.
  package func composition(_ inputs: OperatorInputs) throws(InfoldError) -> Graph? {
    guard let sizes = inputs.sizes(0), !sizes.contains(0), let count = checkedProduct(sizes) else { return nil }
    let place = try normalizedAxis(axis ?? 0, rank: axis == nil ? 1 : sizes.count)
    let known = try inputs.constant(1).map { condition throws(InfoldError) in try chosen(condition) }
    guard let length = known?.last.map({ $0 + 1 }) ?? inputs.sizes(1)?[0],
      length <= (axis == nil ? count : sizes[place])
    else { return nil }
    var network = Composition(inputs)
    let x = try axis == nil ? network.reshape(network.input(0), [count]) : network.input(0)
    let positions: ValueID
    if let known {
      positions = try network.list(known)
    } else {
      let places = try network.add(NonZero.name, [network.input(1)])
      positions = try network.add(Squeeze.name, [places, network.list([0])])
    }
    let result = try network.add(Gather.name, [x, positions], ["axis": .int(Int64(place))])
    return network.graph(returning: [result])
  }

  private func chosen(_ condition: Tensor) throws(InfoldError) -> [Int] {
    let isChosen = try condition.elements(as: Bool.self)
    return isChosen.indices.filter { isChosen[$0] }
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    let source = axis == nil ? try x.reshaped(to: [x.count]) : x
    return [try source.slices(try chosen(inputs[1]!), along: normalizedAxis(axis ?? 0, rank: source.shape.count))]
  }
}

extension Tensor {
  /// Returns the slices at these positions along `axis`.
  /// - Precondition: The axis exists and the positions are within its bounds.
  func slices(_ positions: [Int], along axis: Int) throws(InfoldError) -> Tensor {
    let stride = rowMajorStrides(shape)[axis]
    var map = IndexMap(identityOf: shape)
    map.axes[axis] = .computed(count: positions.count) { positions[$0] * stride }
    return try map.apply(to: self)
  }
}
