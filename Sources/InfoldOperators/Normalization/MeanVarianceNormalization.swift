import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX MeanVarianceNormalization, opsets 9, 13: Y = (X − mean) ÷ (√variance + 10⁻⁹), with the mean
/// and population variance over `axes`, by default 0, 2 and 3. X and Y have the same shape.
/// Computed in `Double`.
package struct MeanVarianceNormalization: AxesNormalization {
  package static let name = "MeanVarianceNormalization"
  package static let versions = [9, 13]
  package static let compatibleVersions = [13]
  package static let widening = Widening.sameFunction
  package static func elementTypes(since version: Int) -> ElementTypeSet { .floatingPoint }

  /// The axes. Negative values count from the end.
  package let axes: [Int]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axes = try attributes.ints("axes") ?? [0, 2, 3]
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let type = inputs[0]!.elementType
    var x = try inputs[0]!.converted(to: .float64)
    var shape = x.shape
    for axis in try normalizedAxes(axes, rank: shape.count) { shape[axis] = 1 }
    // If squares would overflow or underflow, the numbers and the 10⁻⁹ are scaled by a power of
    // two.
    let units = try x.reduced(to: shape, from: 0) { (largest: Double, x: Double) in max(largest, x.magnitude) }
      .mapped { (largest: Double) in Double.unitForSquares(upTo: largest) }
    x = try Tensor.broadcasting(x, units) { (x: Double, unit: Double) in x * unit }
    let count = zip(x.shape, shape).reduce(1) { $1.0 == $1.1 ? $0 : $0 * Double($1.0) }
    let mean = try x.reduced(to: shape, from: 0) { (sum: Double, x: Double) in sum + x / count }
    let deviation = try Tensor.broadcasting(x, mean) { (x: Double, mean: Double) in x - mean }
    let variance = try deviation.reduced(to: shape, from: 0) { (sum: Double, x: Double) in sum + x * x / count }
    let scale = try Tensor.broadcasting(variance, units) { (variance: Double, unit: Double) in
      variance.squareRoot() + 1e-9 * unit
    }
    let y = try Tensor.broadcasting(deviation, scale) { (x: Double, scale: Double) in x / scale }
    // Narrower types are rounded from `Float`.
    return [try type == .float64 ? y : y.converted(to: .float32).converted(to: type)]
  }
}

/// An operator that normalizes its only input along some axes.
protocol AxesNormalization: Operator {
  /// The axes. Negative values count from the end.
  var axes: [Int] { get }
}

extension AxesNormalization {
  package static var family: OperatorFamily { .normalization }
  package static func arity(since version: Int) -> Arity { Arity(1) }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    if let shape = x.shape { _ = try normalizedAxes(axes, rank: shape.rank) }
    return [x]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let rank = inputs.types[0]?.shape?.rank, let axes = try? normalizedAxes(axes, rank: rank) else {
      return .unknown
    }
    return .axes(inputs) { !axes.contains($0) }
  }
}
