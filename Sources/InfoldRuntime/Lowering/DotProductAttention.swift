import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension DotProductAttention: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    let node = fused.node
    guard let y = fused.output, let result = plan.sizes(y),
      node.inputs.allSatisfy({ $0.map { plan.sizes($0) != nil } ?? true }), let q = plan.sizes(node.inputs[0]),
      let k = plan.sizes(node.inputs[1]), let v = plan.sizes(node.inputs[2])
    else { return false }
    let rank = q.count
    let (queryAxes, keyAxes) = (axes(ofOperand: 0, rank: rank), axes(ofOperand: 1, rank: rank))
    let valueAxes = axes(ofOperand: 2, rank: rank), resultAxes = resultAxes(rank: rank)
    let batch = queryAxes.dropLast(2).map { q[$0] }
    guard queryAxes.last == rank - 1, resultAxes.last == rank - 1 else { return false }
    let mask = node.inputs.count > 3 ? node.inputs[3] : nil, maskSizes = plan.sizes(mask) ?? []
    let (rows, inner) = (q[queryAxes[rank - 2]], q[rank - 1])
    let (keys, columns) = (k[keyAxes[rank - 1]], v[valueAxes[rank - 1]])
    guard mask == nil || maskSizes.last == keys else { return false }

    let query = try operand(node.inputs[0]!, q, queryAxes, isInRows: true, &plan)
    let key = try operand(node.inputs[1]!, k, keyAxes, isInRows: false, &plan)
    let value = try operand(node.inputs[2]!, v, valueAxes, isInRows: false, &plan)
    let maskPlace = try mask.map { mask throws(InfoldError) in try plan.location(of: mask, .rowMajor) }
    let maskStrides =
      Array(repeating: 0, count: rank - maskSizes.count)
      + zip(maskSizes, maskPlace?.strides(sizes: maskSizes) ?? []).map { $0 == 1 ? 0 : $1 }
    let factor = scale == 1 ? nil : plan.location(of: .constant(try Tensor(scalar: scale)))
    // Keys and values that several queries share have stride 0.
    let keyStrides = batch.indices.map { k[keyAxes[$0]] == 1 ? 0 : key.strides[$0] }
    let valueStrides = batch.indices.map { v[valueAxes[$0]] == 1 ? 0 : value.strides[$0] }
    let output = plan.define(y, .rowMajor)
    let resultStrides = output.strides(sizes: result)
    let outputStrides = (0..<rank).map { axis in resultStrides[resultAxes.firstIndex(of: axis)!] }

    var products = [AttentionStep.Product(query: 0, key: 0, value: 0, mask: 0, output: 0)]
    for (axis, size) in batch.enumerated() {
      products = products.flatMap { product in
        (0..<size).map { index in
          AttentionStep.Product(
            query: product.query + index * query.strides[axis], key: product.key + index * keyStrides[axis],
            value: product.value + index * valueStrides[axis], mask: product.mask + index * maskStrides[axis],
            output: product.output + index * outputStrides[axis])
        }
      }
    }
    func matrix(_ strides: [Int]) -> AttentionStep.Strides {
      AttentionStep.Strides(row: strides[rank - 2], column: strides[rank - 1])
    }
    let unit = plan.unit(
      forProductsWith: [RightSideSizes(inner: inner, columns: keys), RightSideSizes(inner: keys, columns: columns)],
      rows: rows, "attention of \(products.count)")
    let kernels = plan.kernels
    let keySide = VariableRightSide(kernels: kernels, unit: unit, inner: inner, columns: keys)
    let valueSide = VariableRightSide(kernels: kernels, unit: unit, inner: keys, columns: columns)
    let panels = plan.temporary([products.count, keySide.packedCount + valueSide.packedCount])
    let step = AttentionStep(
      kernels: kernels, products: products, rows: rows, keySide: keySide, valueSide: valueSide,
      query: (query.place, matrix(query.strides)), key: (key.place, matrix(key.strides)),
      value: (value.place, matrix(value.strides)), output: (output, matrix(outputStrides)),
      mask: maskPlace.map { ($0, maskStrides[rank - 2]) }, scale: factor, panels: panels)
    plan.emit(
      step, "attention\(unit?.suffix ?? "")", reads: [query.place, key.place, value.place, maskPlace, factor],
      writes: [panels, output], multiplyAccumulates: products.count * rows * keys * (inner + columns))
    return true
  }

  /// Returns the location of an operand and its strides along the axes of the definition. The
  /// operand keeps its layout, unless its rows must be contiguous and are not.
  private func operand(
    _ id: ValueID, _ sizes: [Int], _ axes: [Int], isInRows: Bool, _ plan: inout PlanBuilder
  ) throws(InfoldError) -> (place: Location, strides: [Int]) {
    if !plan.layouts(of: id).contains(.rowMajor) {
      let place = try plan.location(of: id, .channelsLast)
      let strides = place.strides(sizes: sizes)
      if !isInRows || strides[axes.last!] == 1 { return (place, axes.map { strides[$0] }) }
    }
    let place = try plan.location(of: id, .rowMajor)
    let strides = place.strides(sizes: sizes)
    return (place, axes.map { strides[$0] })
  }
}
