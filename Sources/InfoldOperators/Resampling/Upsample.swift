import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Upsample, opsets 1, 7, 9: a tensor enlarged by nearest-neighbor or n-linear interpolation.
///
/// The scales, each at least 1, are two attributes for height and width in opset 1 (whose linear
/// mode is called `bilinear`), an attribute with one number for each dimension in opset 7, and an
/// input since opset 9. Each size becomes ⌊size · scale⌋. Positions are mapped asymmetrically, x /
/// scale, and nearest-neighbor mode takes the lower neighbor. Opset 10 replaced the operator by
/// Resize.
package struct Upsample: ResizingOperator {
  package static let name = "Upsample"
  package static let versions = [1, 7, 9]
  package static let family = OperatorFamily.movement
  package static let widening = Widening.sameFunction
  package static let settings: ClosedRange<Int>? = 1...1
  package static let deprecation: Deprecation? = Deprecation(opset: 10, successor: Resize.name)
  package static func arity(since version: Int) -> Arity { Arity(version < 9 ? 1 : 2) }

  package var averagesInput: Bool { true }

  private let resampling: Resampling
  private let scales: [Float]?
  private let version: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    version = attributes.version
    let linear = version < 7 ? "bilinear" : "linear"
    let mode = try attributes.choice("mode", of: ["nearest", linear])
    resampling = Resampling(kernel: mode == linear ? .linear : .nearest(.floor), transformation: .asymmetric)
    switch version {
    case 1:
      scales = [1, 1, try attributes.requiredFloat("height_scale"), try attributes.requiredFloat("width_scale")]
    case 7: scales = try attributes.requiredFloats("scales")
    default: scales = nil
    }
    if let scales { try check(scales) }
  }

  /// The elements that contribute to an element of the result along each axis.
  package var neighbours: ResizeNeighbours? { resampling.neighbours }

  private func check(_ scales: [Float]) throws(InfoldError) {
    try ResizedAxis.check(scales: scales)
    for scale in scales where scale < 1 {
      throw InfoldError(.invalidModel, "a scale is \(scale) but must be at least 1")
    }
  }

  /// Returns the scales, or `nil` if they are unknown.
  private func scales(_ inputs: OperatorInputs, rank: Int) throws(InfoldError) -> [Float]? {
    var scales = scales
    if version >= 9 {
      let count = try inputs.listLength(1, of: .floatingPoint)
      scales = try inputs.constant(1)?.floats()
      try check(scales ?? [])
      guard count ?? rank == rank else {
        throw InfoldError(.invalidModel, "there are \(counted(count ?? 0, "scale")) for \(counted(rank, "dimension"))")
      }
    }
    guard scales?.count ?? rank == rank else {
      throw InfoldError(
        .invalidModel, "there are \(counted(scales?.count ?? 0, "scale")) for \(counted(rank, "dimension"))")
    }
    return scales
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: resampling.elementTypes)
    if version >= 9 { _ = try inputs.type(1, of: .floatingPoint) }
    guard let shape = x.shape else { return [TensorType(x.elementType, nil)] }
    guard let scales = try scales(inputs, rank: shape.rank) else {
      return [TensorType(x.elementType, Shape(unknownOfRank: shape.rank))]
    }
    var output = shape
    for axis in shape.indices { output[axis] = try .scaled(shape[axis], by: scales[axis]) }
    return [TensorType(x.elementType, output)]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let rank = inputs.types[0]?.shape?.rank, let scales = try? scales(inputs, rank: rank) else {
      return .unknown
    }
    return .axes(inputs) { scales[$0] == 1 }
  }

  /// Returns the axes, or `nil` if their sizes or the scales are unknown.
  private func resizedAxes(_ inputs: OperatorInputs) throws(InfoldError) -> [ResizedAxis]? {
    guard let sizes = inputs.types[0]?.shape?.sizes, let scales = try scales(inputs, rank: sizes.count),
      let output = try inferOutputs(inputs)[0].shape?.sizes
    else { return nil }
    return sizes.indices.map {
      ResizedAxis(axis: $0, input: sizes[$0], output: output[$0], extent: .scale(scales[$0]))
    }
  }

  package func resizeTables(_ inputs: OperatorInputs) throws(InfoldError) -> [ResizeTable]? {
    try resizedAxes(inputs).flatMap(resampling.tables)
  }

  package var extrapolationValue: Float { resampling.extrapolationValue }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [try resampling.apply(to: inputs[0]!, try resizedAxes(OperatorInputs(inputs))!)]
  }
}
