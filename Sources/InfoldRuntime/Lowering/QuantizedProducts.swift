import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

// Products of quantized numbers of any kind: exact sums, followed by requantization.

extension QLinearMatMul: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    try plan.emitQuantizedMatrices(fused, isTransposed: false)
  }
}

extension PlanBuilder {
  /// Adds products of matrices with the inputs of QLinearMatMul and an optional bias.
  ///
  /// - Returns: Whether kernels support them. If not, nothing has been added.
  mutating func emitQuantizedMatrices(_ fused: FusedNode, isTransposed: Bool) throws(InfoldError) -> Bool {
    let node = fused.node
    guard let y = fused.output, let result = byteSizes(y), let columns = node.inputs[3].flatMap({ byteSizes($0) }),
      let requantization = SumRequantization(
        node, self, columns: columns.count == 1 ? 1 : isTransposed ? columns[0] : columns.last!)
    else { return false }
    var place: Location?
    guard
      try emitIntegerMatrices(
        IntegerOperand(node, 0, zeroPoint: 2), IntegerOperand(node, 3, zeroPoint: 5), isTransposed: isTransposed,
        to: { plan in
          let sums = plan.temporary(result, .integer(byteCount: 4))
          place = sums
          return sums
        }), let sums = place
    else { return false }
    let count = requantization.columns
    try emitRequantization(
      requantization, node, from: (sums, count), to: (define(y, .rowMajor), count), rows: result.reduce(1, *) / count)
    return true
  }

  /// Adds a convolution with the inputs of QLinearConv.
  ///
  /// - Returns: Whether kernels support it. If not, nothing has been added.
  mutating func emitQuantizedConvolution(_ convolution: Conv, _ fused: FusedNode) throws(InfoldError) -> Bool {
    let node = fused.node
    guard let y = fused.output, let result = byteSizes(y), result.count > 2,
      let requantization = SumRequantization(node, self, columns: result[1])
    else { return false }
    var place: Location?
    guard
      try emitIntegerConvolution(
        convolution, IntegerOperand(node, 0, zeroPoint: 2), IntegerOperand(node, 3, zeroPoint: 5), result: result,
        to: { plan in
          let sums = plan.temporary(result, .integer(byteCount: 4), .channelsLast)
          place = sums
          return sums
        }), let sums = place
    else { return false }
    let target = define(y, .channelsLast)
    try emitRequantization(
      requantization, node, from: (sums, result[1]), to: (target, target.pixelStride),
      rows: result.reduce(1, *) / result[1])
    return true
  }

  /// Adds a step that requantizes sums row by row.
  private mutating func emitRequantization(
    _ requantization: SumRequantization, _ node: Node, from sums: (place: Location, stride: Int),
    to target: (place: Location, stride: Int), rows: Int
  ) throws(InfoldError) {
    var bias: Location?
    if node.inputs.count > 8, let id = node.inputs[8] { bias = try location(of: id, .rowMajor) }
    let step = RangeStep(units: rows, cost: 2 * rows * requantization.columns) { [bias] rows, state, _ in
      let bias = bias.map { UnsafePointer(state.address($0).assumingMemoryBound(to: Int32.self)) }
      for row in rows {
        requantization.run(
          state.address(sums.place).assumingMemoryBound(to: Int32.self) + row * sums.stride, bias,
          to: state.bytes(target.place) + row * target.stride)
      }
    }
    emit(step, "quantization", reads: [sums.place, bias], writes: [target.place])
  }
}

/// Requantizes sums as the operators define it: in double precision, rounding halves to even.
struct SumRequantization: Sendable {
  let columns: Int
  /// One scale for all columns, or one for each.
  private let scales: [Double]
  /// The range of results, minus the zero point.
  private let bounds: ClosedRange<Double>
  /// The zero point of the unsigned numbers in planned memory.
  private let zeroPoint: Int32

  /// Reads the inputs of QLinearConv or QLinearMatMul. Returns `nil` if they are not constant, or
  /// if the left side has several scales.
  init?(_ node: Node, _ plan: PlanBuilder, columns: Int) {
    func numbers(_ index: Int) -> [Double]? {
      try? node.inputs[index].flatMap(plan.graph.constant)?.converted(to: .float64).elements(as: Double.self)
    }
    guard let y = node.outputs[0], let format = plan.format(of: y), format.isQuantized, let first = numbers(1),
      first.count == 1, let second = numbers(4), second.count == 1 || second.count == columns, let divisor = numbers(6),
      divisor.count == 1, let point = node.inputs[7].flatMap(plan.graph.constant)?.byteValues, point.count == 1
    else { return nil }
    let hasLeadingColumns = node.inputs[4].flatMap { plan.graph[$0].type?.shape?.sizes?.dropLast() }.map {
      $0.allSatisfy { $0 == 1 }
    }
    guard second.count == 1 || hasLeadingColumns == true else { return nil }
    if node.inputs.count > 8, let bias = node.inputs[8] {
      guard plan.plannedSizes(bias) == [columns] else { return nil }
    }
    scales = second.map { first[0] * $0 / divisor[0] }
    guard scales.allSatisfy(\.isFinite) else { return nil }
    self.columns = columns
    zeroPoint = point[0] + Int32(format.offset)
    bounds = Double(0 - zeroPoint)...Double(255 - zeroPoint)
  }

  /// Requantizes a row.
  func run(_ sums: UnsafePointer<Int32>, _ bias: UnsafePointer<Int32>?, to y: UnsafeMutablePointer<UInt8>) {
    // Adding this to a number within the bounds and subtracting it again rounds the number.
    let rounder = 0x1.8p52
    scales.withUnsafeBufferPointer { scales in
      let step = scales.count == 1 ? 0 : 1
      for column in 0..<columns {
        let product = Double(sums[column] &+ (bias?[column] ?? 0)) * scales[column &* step]
        let bounded = Swift.min(Swift.max(product, bounds.lowerBound), bounds.upperBound)
        y[column] = UInt8(truncatingIfNeeded: Int32((bounded + rounder) - rounder) &+ zeroPoint)
      }
    }
  }
}
