import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Einsum, opsets 12, 28: the sum of products that an equation in Einstein notation describes,
/// like NumPy's `einsum`.
///
/// Each dimension has a label: a letter, or a position within `...`. Dimensions with the same label
/// have the same size, or size 1, which is broadcast. A label that an operand repeats selects its
/// diagonal. Labels that the result does not have are summed over. Without `->`, the result has the
/// ellipsis and the letters that occur once, in order. Dimensions of a single operand are summed
/// first; then operands are multiplied from left to right. Integers wrap around.
package struct Einsum: Operator {
  package static let name = "Einsum"
  package static let versions = [12, 28]
  package static let family = OperatorFamily.product
  package static let widening = Widening.sameFunction
  package static func elementTypes(since version: Int) -> ElementTypeSet { .numeric }
  package static func arity(since version: Int) -> Arity { Arity(inputs: 1...Arity.any) }

  package var isSumOfProducts: Bool { true }

  private typealias Label = EinsumEquation.Label
  let equation: EinsumEquation

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    guard let text = try attributes.string("equation") else {
      throw InfoldError(.invalidModel, "missing attribute \"equation\"")
    }
    equation = try EinsumEquation(text)
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let first = try inputs.type(0, of: .numeric)
    try inputs.requireSameElementType(inputs.types.indices)
    guard inputs.types.count == equation.operandCount, inputs.types.allSatisfy({ $0 != nil }) else {
      throw InfoldError(
        .invalidModel,
        "the equation has \(counted(equation.operandCount, "operand")), but the node has \(counted(inputs.types.count, "input"))"
      )
    }
    let shapes = inputs.types.compactMap { $0?.shape }
    guard shapes.count == inputs.types.count else { return [TensorType(first.elementType, nil)] }
    let labels = try equation.labels(ranks: shapes.map(\.rank))
    let sizes = try sizes(labels.operands, shapes)
    return [TensorType(first.elementType, Shape(labels.result.map { sizes[$0] ?? .unknown }))]
  }

  private func sizes(_ labels: [[Label]], _ shapes: [Shape]) throws(InfoldError) -> [Label: Dimension] {
    var sizes: [Label: Dimension] = [:]
    for (labels, shape) in zip(labels, shapes) {
      for (label, dimension) in zip(labels, shape) {
        guard let common = (sizes[label] ?? 1).broadcast(with: dimension) else {
          throw InfoldError(
            .invalidModel,
            "shape mismatch: an operand is \(shape), but another has size \(sizes[label] ?? 1) for the same label")
        }
        sizes[label] = common
      }
    }
    return sizes
  }

  /// Returns the product of the sizes of all labels, for two operands.
  package func multiplyAccumulates(inputs: [TensorType?], outputs: [TensorType?]) -> Int? {
    let shapes = inputs.compactMap { $0?.shape }
    guard shapes.count == 2, inputs.count == 2, let labels = try? equation.labels(ranks: shapes.map(\.rank)),
      let sizes = try? sizes(labels.operands, shapes)
    else { return inputs.count == 1 ? 0 : nil }
    let known = sizes.values.compactMap(\.size)
    return known.count == sizes.count ? checkedProduct(known) : nil
  }

  package func evaluate(_ inputs: [Tensor?], _ context: EvaluationContext) throws(InfoldError) -> [Tensor?] {
    let type = inputs[0]!.elementType
    let isNarrow = type == .float16 || type == .bfloat16
    let operands = (isNarrow ? try inputs.widened(to: .float32) : inputs).compactMap(\.self)
    return [try product(operands).cast(to: type)]
  }

  private func product(_ operands: [Tensor]) throws(InfoldError) -> Tensor {
    let labels = try equation.labels(ranks: operands.map(\.shape.count))
    let one = try Tensor(scalar: 1 as Int64).cast(to: operands[0].elementType)
    var product = one
    var present: [Label] = []
    for (index, operand) in operands.enumerated() {
      let isLast = index == operands.count - 1
      let needed = Set(labels.operands[(index + 1)...].joined()).union(labels.result)
      let own = Self.unique(labels.operands[index])
      let shared = own.filter { needed.contains($0) || present.contains($0) }
      let reduced = try multiplied(
        one, [], operand, labels.operands[index], keeping: shared, summing: own.filter { !shared.contains($0) })
      let all = Self.unique(present + shared)
      let kept = isLast ? labels.result : all.filter(needed.contains)
      product = try multiplied(
        product, present, reduced, shared, keeping: kept, summing: all.filter { !kept.contains($0) })
      present = kept
    }
    return product
  }

  /// Returns the labels without duplicates, in order of first appearance.
  private static func unique(_ labels: [Label]) -> [Label] {
    labels.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// Returns the products of matching elements, summed over the labels `summed`.
  private func multiplied(
    _ a: Tensor, _ aLabels: [Label], _ b: Tensor, _ bLabels: [Label], keeping kept: [Label], summing summed: [Label]
  ) throws(InfoldError) -> Tensor {
    let order = kept + summed
    let dimensions = zip(aLabels + bLabels, a.shape + b.shape)
    let counts = order.map { label in dimensions.first { $0.0 == label && $0.1 != 1 }?.1 ?? 1 }
    func strides(_ tensor: Tensor, _ labels: [Label]) -> [Int] {
      let strides = rowMajorStrides(tensor.shape)
      return order.map { label in
        labels.indices.reduce(0) { $0 + (labels[$1] == label && tensor.shape[$1] > 1 ? strides[$1] : 0) }
      }
    }
    let aStrides = strides(a, aLabels), bStrides = strides(b, bLabels)
    var result = try Tensor(zeros: Array(counts[..<kept.count]), of: a.elementType)
    guard let total = checkedProduct(counts) else {
      throw InfoldError(.limitExceeded, "the equation multiplies more elements than can be counted")
    }
    guard total > 0 else { return result }
    let walk = ContractionWalk(counts: counts, aStrides: aStrides, bStrides: bStrides, count: total)
    switch a.elementType {
    case .float32: try walk.add(a, b, to: &result, as: Float.self)
    case .float64: try walk.add(a, b, to: &result, as: Double.self)
    case .int64: try walk.add(a, b, to: &result, as: Int64.self)
    case let type: try walk.add(a, b, to: &result, as: type.integerElement)
    }
    return result
  }
}

/// The pairs of elements whose products are summed, in the order of the results.
private struct ContractionWalk {
  /// The sizes of the dimensions to iterate over, those of the result first.
  let counts: [Int]
  /// The strides in both operands.
  let aStrides, bStrides: [Int]
  /// The number of pairs.
  let count: Int

  /// Adds the products to the elements of `result`.
  func add<Element: NumericElement>(
    _ a: Tensor, _ b: Tensor, to result: inout Tensor, as _: Element.Type
  ) throws(InfoldError) {
    let length = count / result.count
    try result.withMutableSpan(as: Element.self) { result in
      a.withElements(as: Element.self) { a in
        b.withElements(as: Element.self) { b in
          var position = counts.map { _ in 0 }
          var aPlace = 0, bPlace = 0
          for index in 0..<count {
            result[index / length] = result[index / length].adding(a[aPlace], times: b[bPlace])
            for axis in counts.indices.reversed() {
              position[axis] += 1
              aPlace += aStrides[axis]
              bPlace += bStrides[axis]
              if position[axis] < counts[axis] { break }
              aPlace -= aStrides[axis] * counts[axis]
              bPlace -= bStrides[axis] * counts[axis]
              position[axis] = 0
            }
          }
        }
      }
    }
  }
}
