import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX EyeLike, opsets 9, 22: a matrix of the input's shape, with ones on one diagonal and zeros
/// elsewhere.
///
/// The diagonal `k` is above the main one if positive, below it if negative.
package struct EyeLike: Operator {
  package static let name = "EyeLike"
  package static let versions = [9, 22]
  package static let compatibleVersions = [22]
  package static let widening = Widening.sameFunction
  package static func arity(since version: Int) -> Arity { Arity(1) }

  /// The element type of the result, or `nil` for that of the input.
  package let elementType: ElementType?
  /// The offset of the diagonal above the main one.
  package let k: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    elementType = try attributes.elementType("dtype")
    k = try attributes.int("k") ?? 0
    if let elementType, !ElementTypeSet.all.contains(elementType) {
      throw InfoldError(
        .unsupported, "unsupported element type: dtype is \(elementType); supported are \(ElementTypeSet.all)")
    }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0)
    try inputs.requireRank(2...2, of: 0)
    return [TensorType(elementType ?? x.elementType, x.shape ?? Shape(unknownOfRank: 2))]
  }

  /// Returns a constant if the shape is known.
  package func composition(_ inputs: OperatorInputs) throws(InfoldError) -> Graph? {
    let type = try inferOutputs(inputs)[0]
    guard let sizes = type.shape?.sizes, let count = checkedProduct(sizes), count <= Self.mostElements else {
      return nil
    }
    var network = Composition(inputs)
    let matrix = network.add(try matrix(sizes, of: type.elementType))
    let result = try network.add(Identity.name, [matrix])
    return network.graph(returning: [result])
  }

  /// The most elements of a matrix that is computed ahead of time.
  private static var mostElements: Int { 1 << 20 }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [try matrix(inputs[0]!.shape, of: elementType ?? inputs[0]!.elementType)]
  }

  private func matrix(_ shape: [Int], of type: ElementType) throws(InfoldError) -> Tensor {
    let one = try Tensor(scalar: 1 as UInt8).cast(to: type)
    var y = try Tensor(zeros: shape, of: type)
    guard k > -shape[0], k < shape[1] else { return y }
    for row in max(0, -k)..<shape[0] where row + k < shape[1] {
      try y.copyBlocks(
        1, of: 1, from: one, at: .init(start: 0, stride: 0), to: .init(start: row * shape[1] + row + k, stride: 0))
    }
    return y
  }
}
