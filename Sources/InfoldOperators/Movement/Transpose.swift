import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Transpose, opsets 1, 13, 21, 23, 24, 25: the input with its axes permuted.
///
/// Axis i of the output is axis `permutation[i]` of the input. Without `perm`, the axes are
/// reversed.
package struct Transpose: ElementMovingOperator, MappedOperator {
  package static let name = "Transpose"
  package static let versions = [1, 13, 21, 23, 24, 25]
  package static let compatibleVersions = [13, 21, 23, 24, 25]
  package static let rearrangesElements = true
  package static func arity(since version: Int) -> Arity { Arity(1) }

  /// The input axis of each output axis, or `nil` to reverse the axes.
  package let permutation: [Int]?

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    permutation = try attributes.ints("perm")
    if let permutation, permutation.sorted() != Array(permutation.indices) {
      throw InfoldError(.invalidModel, "perm is \(permutation) but must be a permutation of the axes")
    }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0)
    guard let shape = x.shape else {
      return [TensorType(x.elementType, permutation.map { Shape(unknownOfRank: $0.count) })]
    }
    return [TensorType(x.elementType, Shape(try axes(rank: shape.rank).map { shape[$0] }))]
  }

  private func axes(rank: Int) throws(InfoldError) -> [Int] {
    let axes = permutation ?? (0..<rank).reversed()
    guard axes.count == rank else {
      throw InfoldError(
        .invalidModel, "perm has \(counted(axes.count, "axis", plural: "axes")), but the input has \(rank)")
    }
    return axes
  }

  package func indexMaps(_ inputs: OperatorInputs) throws(InfoldError) -> [IndexMap]? {
    guard let sizes = inputs.sizes(0) else { return nil }
    var map = IndexMap(identityOf: sizes)
    map.axes = try axes(rank: sizes.count).map { map.axes[$0] }
    return [map]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let rank = inputs.types[0]?.shape?.rank, let axes = try? axes(rank: rank) else { return .unknown }
    return AxisMapping(axes.enumerated().map { output, axis in IndependentAxis(inputs: [axis], outputs: [output]) })
  }
}

extension Transpose {
  package var quantizedForm: QuantizedForm? { .movement }
}
