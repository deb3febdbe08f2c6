import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The axes of a reduction: an attribute in early opsets, an optional int64 input in later ones.
public struct ReductionAxes: Sendable, Hashable {
  /// Whether the reduced axes are kept with size 1.
  public let keepsDimensions: Bool
  private let attribute: [Int]?
  private let reducesNothingByDefault: Bool

  /// Reads the attributes of an operator whose axes are an input since version `inputSince`.
  init(_ attributes: inout AttributeReader, inputSince: Int) throws(InfoldError) {
    keepsDimensions = try attributes.flag("keepdims", default: true)
    let isInput = attributes.version >= inputSince
    attribute = isInput ? nil : try attributes.ints("axes")
    reducesNothingByDefault = isInput ? try attributes.flag("noop_with_empty_axes") : false
  }

  /// Returns the shape of the result for an input of `shape`.
  /// - Throws: `InfoldError.Code.invalidModel` if an axis does not exist or is repeated.
  func resultShape(_ inputs: OperatorInputs, of shape: Shape?) throws(InfoldError) -> Shape? {
    if inputs.has(1), try inputs.integers(1, of: .int64) == nil {
      return try shapeForUnknownAxes(shape, count: try inputs.listLength(1, of: .int64))
    }
    guard let shape else { return nil }
    let isReduced = try reduced(inputs.constant(1), rank: shape.rank)
    return Shape(
      shape.indices.filter { keepsDimensions || !isReduced[$0] }.map { isReduced[$0] ? 1 : shape[$0] })
  }

  private func shapeForUnknownAxes(_ shape: Shape?, count: Int?) throws(InfoldError) -> Shape? {
    guard let shape else { return nil }
    if keepsDimensions { return Shape(unknownOfRank: shape.rank) }
    guard let count, count > 0 else { return nil }
    guard count <= shape.rank else {
      throw InfoldError(
        .invalidModel, "cannot reduce \(counted(count, "axis", plural: "axes")) of an input of shape \(shape)")
    }
    return Shape(unknownOfRank: shape.rank - count)
  }

  /// Returns, for each axis of a tensor of `rank`, whether it is reduced.
  /// - Parameter axes: The input with the axes, if there is one.
  package func reduced(_ axes: Tensor?, rank: Int) throws(InfoldError) -> [Bool] {
    let axes = if let attribute { attribute } else { try axes?.integers() ?? [] }
    guard !axes.isEmpty else { return Array(repeating: !reducesNothingByDefault, count: rank) }
    var isReduced = Array(repeating: false, count: rank)
    for axis in axes {
      let axis = try normalizedAxis(axis, rank: rank)
      guard !isReduced[axis] else { throw InfoldError(.invalidModel, "duplicate axis \(axis) in the axes \(axes)") }
      isReduced[axis] = true
    }
    return isReduced
  }

  /// Returns the first input's shape, with size 1 for reduced axes.
  func reducedShape(_ inputs: [Tensor?]) throws(InfoldError) -> [Int] {
    let shape = inputs[0]!.shape
    let isReduced = try reduced(inputs.count > 1 ? inputs[1] : nil, rank: shape.count)
    return shape.indices.map { isReduced[$0] ? 1 : shape[$0] }
  }
}
