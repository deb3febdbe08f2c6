import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Lowered as matrix products, with copies that permute axes where necessary.
extension Einsum: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    let shapes = fused.node.inputs.compactMap(plan.sizes)
    guard shapes.count == fused.node.inputs.count, let y = fused.output, let result = plan.sizes(y),
      let product = matrixProduct(shapes: shapes)
    else { return false }
    // Right sides with a single column would each occupy a panel, many times their own size.
    guard product.inner == 1 || product.columns > 1 || product.batch == 1 else { return false }
    let left = try plan.arranged(product.left, of: fused.node)
    let right = try plan.arranged(product.right, of: fused.node)
    let sizes = [product.batch, product.rows, product.columns]
    let isInOrder = product.result.isInOrder
    let products = isInOrder ? plan.define(y, .rowMajor) : plan.temporary(sizes)
    if product.inner == 1 {
      plan.emitBinary(
        .multiply, ([product.batch, product.rows, 1], left), ([product.batch, 1, product.columns], right),
        to: (sizes, products))
    } else {
      plan.emitVariableProduct(
        left, right, products, products: (0..<product.batch).map { ($0, $0) }, rightBatch: product.batch,
        rows: product.rows, rowsOfImage: nil, inner: product.inner, columns: product.columns,
        isRightTransposed: product.isRightTransposed)
    }
    guard !isInOrder else { return true }
    let target = plan.define(y, .rowMajor)
    plan.emitCopy(
      CopyLoops(product.result, from: (sizes, products), to: (result, target))!, from: products, to: target)
    return true
  }
}

extension PlanBuilder {
  /// Returns the location of an operand with its axes in the order of a product's side.
  fileprivate mutating func arranged(_ side: EinsumProduct.Side, of node: Node) throws(InfoldError) -> Location {
    let operand = node.inputs[side.input]!, sizes = sizes(operand)!
    let source = try location(of: operand, .rowMajor)
    guard side.axes != side.axes.sorted() else { return source }
    let arranged = side.axes.map { sizes[$0] }
    var map = IndexMap(identityOf: sizes)
    map.axes = side.axes.map { map.axes[$0] }
    let target = temporary(arranged)
    emitCopy(CopyLoops(map, from: (sizes, source), to: (arranged, target))!, from: source, to: target)
    return target
  }
}

extension IndexMap {
  /// Whether the map keeps all elements in order.
  fileprivate var isInOrder: Bool {
    let moving = axes.filter { $0.count > 1 }
    return zip(moving, rowMajorStrides(moving.map(\.count))).allSatisfy { axis, stride in
      if case .strided(_, stride) = axis { true } else { false }
    }
  }
}
