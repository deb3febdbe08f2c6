import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Reshape, opsets 1, 5, 13, 14, 19, 21, 23, 24, 25: the same elements with another shape.
///
/// The shape is an attribute in opset 1 and an int64 input since opset 5. A 0 keeps the input's
/// dimension, or is a size of 0 with `allowzero` (opset 14). One size may be −1, which is then
/// computed from the number of elements.
package struct Reshape: ElementMovingOperator {
  package static let name = "Reshape"
  package static let versions = [1, 5, 13, 14, 19, 21, 23, 24, 25]
  package static let compatibleVersions = [13, 14, 19, 21, 23, 24, 25]
  package static let keepsElements = true
  package static let rearrangesElements = true
  package static func arity(since version: Int) -> Arity { Arity(version < 5 ? 1 : 2) }

  private let shape: [Int]?
  private let allowsZero: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    if attributes.version < 5 {
      attributes.ignore("consumed_inputs")
      shape = try attributes.ints("shape") ?? []
    } else {
      shape = nil
    }
    allowsZero = attributes.version >= 14 ? try attributes.flag("allowzero") : false
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0)
    let wanted: [Dimension]? = if let shape { shape.map(Dimension.fixed) } else { try inputs.dimensions(1) }
    guard let wanted else { return [TensorType(x.elementType, nil)] }
    return [TensorType(x.elementType, try resolve(wanted, of: x.shape))]
  }

  private func resolve(_ wanted: [Dimension], of input: Shape?) throws(InfoldError) -> Shape {
    for size in wanted.compactMap(\.size) where size < -1 {
      throw InfoldError(.invalidModel, "the new shape \(Shape(wanted)) has the invalid size \(size)")
    }
    let openAxes = wanted.indices.filter { wanted[$0] == .fixed(-1) }
    guard openAxes.count <= 1, !(allowsZero && !openAxes.isEmpty && wanted.contains(.fixed(0))) else {
      throw InfoldError(.invalidModel, "the new shape \(Shape(wanted)) does not determine all sizes")
    }
    guard let input else {
      return Shape(wanted.map { $0 == .fixed(-1) || $0 == .fixed(0) && !allowsZero ? .unknown : $0 })
    }
    var output = Shape(wanted)
    var kept: Set<Int> = []
    if !allowsZero {
      for axis in wanted.indices where wanted[axis] == .fixed(0) {
        guard axis < input.rank else {
          throw InfoldError(
            .invalidModel,
            "the new shape \(Shape(wanted)) keeps dimension \(axis), which the shape \(input) does not have")
        }
        output[axis] = input[axis]
        kept.insert(axis)
      }
    }
    if let open = openAxes.first {
      let given = input.indices.filter { !kept.contains($0) }.map { input[$0] }
      let taken = output.indices.filter { !kept.contains($0) && $0 != open }.map { output[$0] }
      output[open] = try quotient(given, by: taken, from: input, to: wanted)
    } else if let given = input.sizes, let sizes = output.sizes, checkedProduct(given) != checkedProduct(sizes) {
      throw mismatch(input, wanted)
    }
    return output
  }

  /// Returns the size that remains for the dimension −1. Equal symbols cancel.
  private func quotient(
    _ given: [Dimension], by taken: [Dimension], from input: Shape, to wanted: [Dimension]
  ) throws(InfoldError) -> Dimension {
    var open = given.filter { $0.size == nil }
    for symbol in taken where symbol.size == nil {
      guard symbol != .unknown, let index = open.firstIndex(of: symbol) else { return .unknown }
      open.remove(at: index)
    }
    guard let count = checkedProduct(given.compactMap(\.size)), let divisor = checkedProduct(taken.compactMap(\.size))
    else { throw InfoldError(.limitExceeded, "the shape \(input) or \(Shape(wanted)) is too large") }
    guard divisor > 0 else {
      throw InfoldError(
        .invalidModel, "the size −1 in the new shape \(Shape(wanted)) is ambiguous because other sizes are 0")
    }
    if open.isEmpty || count == 0 {
      guard count % divisor == 0 else { throw mismatch(input, wanted) }
      return .fixed(count / divisor)
    }
    return open.count == 1 && count == divisor ? open[0] : .unknown
  }

  private func mismatch(_ input: Shape, _ wanted: [Dimension]) -> InfoldError {
    InfoldError(
      .invalidModel,
      "shape mismatch: cannot reshape \(input) to \(Shape(wanted)) because the number of elements differs")
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let sizes = inputs.sizes(0), let result = outputs.first??.shape?.sizes,
      let wanted = try? shape ?? inputs.integers(1)
    else { return .unknown }
    return AxisMapping(
      AxisMapping.unchangedAxes(from: sizes, to: result).compactMap { axis, output in
        // A 0 copies the size of the input dimension with the same index.
        if axis != output, !allowsZero, axis < wanted.count, wanted[axis] == 0 { return nil }
        guard shape != nil else {
          let size = IndependentAxis.ListedSize(input: 1, element: output)
          return IndependentAxis(inputs: [axis], outputs: [output], listedSize: size)
        }
        // A shape attribute cannot change, so it must hold for a single position, too.
        let follows = wanted[output] == -1 || wanted[output] == 0 && axis == output || sizes[axis] == 1
        return follows ? IndependentAxis(inputs: [axis], outputs: [output]) : nil
      })
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    [try inputs[0]!.reshaped(to: inferredShape(inputs))]
  }
}

extension Reshape {
  package var quantizedForm: QuantizedForm? { .movement }
}
