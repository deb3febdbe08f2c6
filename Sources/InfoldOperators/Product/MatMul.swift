import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX MatMul, opsets 1, 9, 13: the matrix product, like NumPy's `matmul`.
///
/// A is […, M, K], B is […, K, N], and Y is […, M, N], with the leading dimensions broadcast. A
/// one-dimensional A is a row and a one-dimensional B a column; Y does not have that dimension.
/// Integers wrap around.
package struct MatMul: NumericOperator, MatrixProductOperator {
  package static let name = "MatMul"
  package static let versions = [1, 9, 13]
  package static let compatibleVersions = [9, 13]
  package static let family = OperatorFamily.product
  package static func elementTypes(since version: Int) -> ElementTypeSet { .matrices(since: version) }
  package static func arity(since version: Int) -> Arity { Arity(2) }

  private let elementTypes: ElementTypeSet

  package init(_ attributes: inout AttributeReader) {
    elementTypes = Self.elementTypes(since: attributes.version)
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let a = try inputs.type(0, of: elementTypes)
    try inputs.requireSameElementType(0...1)
    try inputs.requireRank(1...Int.max, of: 0)
    try inputs.requireRank(1...Int.max, of: 1)
    guard let left = a.shape, let right = try inputs.type(1).shape else { return [TensorType(a.elementType, nil)] }
    return [TensorType(a.elementType, try Self.productShape(left, right))]
  }

  /// Returns the shape of a product of matrices of these shapes, each of rank 1 or more.
  /// - Throws: `InfoldError.Code.invalidModel` if the shapes do not match.
  static func productShape(_ left: Shape, _ right: Shape) throws(InfoldError) -> Shape {
    let rows = left.rank == 1 ? [1, left[0]] : left
    let columns = right.rank == 1 ? [right[0], 1] : right
    guard rows[rows.rank - 1].merged(with: columns[columns.rank - 2]) != nil else {
      throw InfoldError(.invalidModel, "shape mismatch: \(left) and \(right) have different inner sizes")
    }
    var output = try Shape(rows.dropLast(2)).broadcast(with: Shape(columns.dropLast(2))).dimensions
    if left.rank > 1 { output.append(rows[rows.rank - 2]) }
    if right.rank > 1 { output.append(columns[columns.rank - 1]) }
    return Shape(output)
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let left = inputs.sizes(0), let right = inputs.sizes(1), let result = outputs.first??.shape?.sizes,
      left.count >= 2
    else { return .unknown }
    let outer = max(left.count, right.count) - 2
    func own(_ axis: Int, of sizes: [Int]) -> Int? {
      let own = axis - (outer - (sizes.count - 2))
      return own >= 0 && sizes[own] == result[axis] ? own : nil
    }
    var axes = (0..<outer).map { IndependentAxis(inputs: [own($0, of: left), own($0, of: right)], outputs: [$0]) }
    axes.append(IndependentAxis(inputs: [left.count - 2, nil], outputs: [outer]))
    if right.count > 1 { axes.append(IndependentAxis(inputs: [nil, right.count - 1], outputs: [outer + 1])) }
    return AxisMapping(axes)
  }

  package func evaluate<Element: NumericElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    [try Self.product(inputs[0]!, inputs[1]!, as: Element.self)]
  }

  /// Returns the product of matrices with elements of type `Element`.
  static func product<Element: NumericElement>(
    _ a: Tensor, _ b: Tensor, as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    let left = a.shape.count == 1 ? [1] + a.shape : a.shape
    let right = b.shape.count == 1 ? b.shape + [1] : b.shape
    let rows = left[left.count - 2], inner = left[left.count - 1], columns = right[right.count - 1]
    let batch = try Broadcasting([Array(left.dropLast(2)), Array(right.dropLast(2))])
    var y = try Tensor(
      zeros: batch.shape + (a.shape.count == 1 ? [] : [rows]) + (b.shape.count == 1 ? [] : [columns]),
      of: Element.elementType)
    try y.withMutableSpan { y in
      a.withElements(as: Element.self) { a in
        b.withElements(as: Element.self) { b in
          batch.forEachRow { start, operands in
            for matrix in 0..<batch.rowCount {
              addMatrixProduct(
                a, at: (operands[0] + matrix * batch.rowStrides[0]) * rows * inner,
                b, at: (operands[1] + matrix * batch.rowStrides[1]) * inner * columns,
                rows: rows, inner: inner, columns: columns, into: &y, at: (start + matrix) * rows * columns)
            }
          }
        }
      }
    }
    return y
  }
}

extension MatMul {
  package var quantizedForm: QuantizedForm? { .product(outputAxis: 1) }

  package var linearForm: LinearForm? { LinearForm(outputAxis: 1, writesChannelsLast: true, bias: .none) }
}
