import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension Gemm: LoweredOperator {
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    operands(node, plan) == nil ? [] : [.activation, .residual]
  }

  /// Returns the constant right side and the bias of a node that kernels support.
  private func operands(_ node: Node, _ plan: PlanBuilder) -> (right: Tensor, bias: Tensor?)? {
    guard !transA, alpha == 1, let x = plan.sizes(node.inputs[0]), x.count == 2,
      let right = plan.constant(node.inputs[1]), let result = plan.sizes(node.outputs[0])
    else { return nil }
    guard node.inputs.count > 2, let addend = node.inputs[2], beta != 0 else { return (right, nil) }
    guard beta == 1, let bias = plan.constant(addend), bias.count == result[1], bias.shape.last == result[1] else {
      return nil
    }
    return (right, bias)
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = plan.sizes(x) else { return false }
    guard let (right, bias) = operands(fused.node, plan) else { return try lowerGenerally(fused.node, y, into: &plan) }
    let columns = right.shape[transB ? 0 : 1]
    try plan.emitProduct(
      fused, x, y, rows: sizes[0], inner: sizes[1], columns: columns, right: right, isTransposed: transB, bias: bias)
    return true
  }

  /// Lowers any operands as a transposition, a product, and arithmetic after it.
  private func lowerGenerally(
    _ node: Node, _ y: ValueID, into plan: inout PlanBuilder
  ) throws(InfoldError) -> Bool {
    guard let a = node.inputs[0], let b = node.inputs[1], let left = plan.sizes(a), let right = plan.sizes(b),
      let result = plan.sizes(y)
    else { return false }
    let summand = node.inputs.count > 2 && beta != 0 ? node.inputs[2] : nil
    if let summand, plan.sizes(summand) == nil { return false }
    let (rows, inner) = (result[0], left[transA ? 0 : 1])
    var first = try plan.location(of: a, .rowMajor)
    if transA {
      let transposed = plan.temporary([rows, inner])
      let map = IndexMap(axes: [.strided(count: rows, by: 1), .strided(count: inner, by: rows)])
      plan.emitCopy(
        CopyLoops(map, from: (left, first), to: ([rows, inner], transposed))!, from: first, to: transposed)
      first = transposed
    }
    let second = try plan.location(of: b, .rowMajor)
    let scales = summand == nil ? [alpha] : [alpha, beta]
    var factors: [Location] = []
    for scale in scales { factors.append(plan.location(of: .constant(try Tensor(scalar: scale)))) }
    var addend: (sizes: [Int], place: Location)?
    if let summand { addend = (plan.sizes(summand)!, try plan.location(of: summand, .rowMajor)) }
    let output = plan.define(y, .rowMajor)
    plan.emitVariableProduct(
      first, second, output, products: [(0, 0)], rightBatch: 1, rows: rows, rowsOfImage: nil, inner: inner,
      columns: right[transB ? 0 : 1],
      isRightTransposed: transB)
    if alpha != 1 { plan.emitBinary(.multiply, (result, output), ([], factors[0]), to: (result, output)) }
    guard var addend else { return true }
    if beta != 1 {
      let scaled = plan.temporary(addend.sizes)
      plan.emitBinary(.multiply, addend, ([], factors[1]), to: (addend.sizes, scaled))
      addend.place = scaled
    }
    plan.emitBinary(.add, (result, output), addend, to: (result, output))
    return true
  }
}

extension MatMul: LoweredOperator {
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    constantRight(node, plan) == nil ? [] : [.activation, .residual]
  }

  private func constantRight(_ node: Node, _ plan: PlanBuilder) -> Tensor? {
    guard let x = plan.sizes(node.inputs[0]), !x.isEmpty, let right = plan.constant(node.inputs[1]),
      right.shape.count == 2, plan.sizes(node.outputs[0]) != nil
    else { return nil }
    return right
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = plan.sizes(x) else { return false }
    if let right = constantRight(fused.node, plan) {
      try plan.emitProduct(
        fused, x, y, rows: sizes.dropLast().reduce(1, *), inner: sizes.last!, columns: right.shape[1], right: right,
        isTransposed: false, bias: nil)
      return true
    }
    guard let b = fused.node.inputs[1], let given = plan.sizes(b), plan.sizes(y) != nil else { return false }
    // A vector on the left is a row; one on the right is a column.
    let left = sizes.count == 1 ? [1] + sizes : sizes, right = given.count == 1 ? given + [1] : given
    let leftBatch = Array(left.dropLast(2)), rightBatch = Array(right.dropLast(2))
    guard let batch = try? Shape(leftBatch).broadcast(with: Shape(rightBatch)).sizes else { return false }
    let products = Array(zip(matrices(leftBatch, in: batch), matrices(rightBatch, in: batch)))
    let first = try plan.location(of: x, .rowMajor), second = try plan.location(of: b, .rowMajor)
    let output = plan.define(y, .rowMajor)
    let rows = left[left.count - 2], count = rightBatch.reduce(1, *)
    // If all products share the right side, the rows of all left sides form one matrix.
    let isOneProduct = count == 1 && leftBatch.reduce(1, *) == products.count
    plan.emitVariableProduct(
      first, second, output, products: isOneProduct ? [(0, 0)] : products.map { (left: $0, right: $1) },
      rightBatch: count, rows: isOneProduct ? rows * products.count : rows,
      rowsOfImage: sizes.count > 2 && given.count > 2 ? rows : nil, inner: left.last!, columns: right.last!)
    return true
  }
}

/// Returns, for each matrix of a result, the index of the operand's matrix from which it is
/// computed.
func matrices(_ sizes: [Int], in batch: [Int]) -> [Int] {
  let added = batch.count - sizes.count
  var places = [0], stride = 1
  for axis in batch.indices.reversed() {
    let isRepeated = axis < added || sizes[axis - added] == 1
    places = (0..<batch[axis]).flatMap { index in places.map { $0 + (isRepeated ? 0 : index * stride) } }
    if !isRepeated { stride *= batch[axis] }
  }
  return places
}

extension PlanBuilder {
  /// Adds the product of a matrix and a constant matrix.
  fileprivate mutating func emitProduct(
    _ fused: FusedNode, _ x: ValueID, _ y: ValueID, rows: Int, inner: Int, columns: Int, right: Tensor,
    isTransposed: Bool, bias: Tensor?
  ) throws(InfoldError) {
    let matrix = ConstantMatrix(tensor: right, rows: inner, columns: columns, isTransposed: isTransposed)
    if let unit = matrixUnit, (1...MatrixUnit.lengthLimit).contains(inner),
      cost.prefersMatrixUnit(unit, channels: inner, outputs: columns),
      let weights = try packed(matrix, for: unit)
    {
      var direct: MatrixUnitProduct.Direct?
      if unit.factors == .split {
        direct = MatrixUnitProduct.Direct(kernels: productKernels, weights: try packed(matrix))
      }
      return try emitProduct(
        fused, x, y, rows: rows, matrix, weights: weights, direct?.weights, bias: bias, unit.suffix
      ) {
        .bfloat16(MatrixUnitProduct(unit: unit, epilogue: $0, direct: direct))
      }
    }
    let (kernels, weights) = (productKernels, try packed(matrix))
    try emitProduct(fused, x, y, rows: rows, matrix, weights: weights, nil, bias: bias, "") { .floats(kernels, $0) }
  }

  /// Packs a constant matrix for products of float32 numbers.
  private mutating func packed(_ matrix: ConstantMatrix) throws(InfoldError) -> Location {
    let (kernels, workers) = (productKernels, workers)
    let constant = try packed.constant(
      of: [matrix.tensor], form: "\(matrix.form), \(kernels.name)",
      byteCount: kernels.packedCount(rows: matrix.rows, columns: matrix.columns) * MemoryLayout<Float>.stride
    ) { target in
      matrix.withPackArguments(target.assumingMemoryBound(to: Float.self)) { kernels.pack($0, workers: workers) }
    }
    return location(of: .packed(constant))
  }

  /// Packs a constant matrix for a matrix unit; `nil` if its elements do not suit the factors.
  private mutating func packed(_ matrix: ConstantMatrix, for unit: MatrixUnit) throws(InfoldError) -> Location? {
    let (kernels, factors, workers) = (unit.kernels, unit.factors, workers)
    let count = kernels.packedCount(factors, taps: 1, channels: matrix.rows, columns: matrix.columns)
    return try packedForUnit(unit, of: matrix.tensor, form: matrix.form, count: count) { target in
      matrix.withPackArguments(target) { kernels.pack($0, factors, workers: workers) }
    }
  }

  private mutating func emitProduct(
    _ fused: FusedNode, _ x: ValueID, _ y: ValueID, rows: Int, _ matrix: ConstantMatrix, weights: Location,
    _ directWeights: Location?, bias: Tensor?, _ suffix: String, _ kernel: (PlannedEpilogue) -> ConvolutionStep.Kernel
  ) throws(InfoldError) {
    let (inner, columns) = (matrix.rows, matrix.columns)
    let input = try location(of: x, .rowMajor)
    var epilogue = try epilogue(fused, bias: bias, layout: .rowMajor)
    epilogue.residual?.pixelStride = columns
    let output = define(y, .rowMajor)
    var step = ConvolutionStep(
      kernel: kernel(epilogue),
      shape: ConvolutionShape(
        images: 1, height: 1, width: rows, channels: inner, pixelStride: inner, outputHeight: 1, outputWidth: rows,
        outputChannels: columns, outputPixelStride: columns, window: ImageWindow(height: 1, width: 1)),
      input: input, weights: weights, output: output)
    chooseSharing(of: &step, "product \(rows)x\(inner)x\(columns)\(suffix)")
    emit(
      step, "product\(suffix)", reads: [input, weights, directWeights, epilogue.bias, epilogue.residual],
      writes: [output],
      multiplyAccumulates: rows * inner * columns)
  }

  /// Adds products of matrices that are both computed at run time. The results are consecutive, in
  /// row-major layout.
  ///
  /// - Parameter rowsOfImage: The number of rows of one image that are multiplied by a right side of
  ///   its own; `nil` if rows may be images of a batch.
  mutating func emitVariableProduct(
    _ left: Location, _ right: Location, _ output: Location, products: [(left: Int, right: Int)], rightBatch: Int,
    rows: Int, rowsOfImage: Int?, inner: Int, columns: Int, isRightTransposed: Bool = false
  ) {
    let unit = unit(
      forProductsWith: [RightSideSizes(inner: inner, columns: columns)], rows: rowsOfImage,
      "variable product of \(products.count) by \(rightBatch)")
    let rightSide = VariableRightSide(kernels: kernels, unit: unit, inner: inner, columns: columns)
    let panels = temporary([rightBatch * rightSide.packedCount])
    let step = VariableProductStep(
      products: products, rightBatch: rightBatch, rightSide: rightSide, rows: rows, left: left, right: right,
      isRightTransposed: isRightTransposed, panels: panels, output: output)
    emit(
      step, "product, packed in the run\(unit?.suffix ?? "")", reads: [left, right], writes: [panels, output],
      multiplyAccumulates: products.count * rows * inner * columns)
  }
}

/// A constant right side of products.
private struct ConstantMatrix {
  let tensor: Tensor
  let rows: Int
  let columns: Int
  /// Whether the tensor contains the matrix column by column.
  let isTransposed: Bool

  /// The description of the format for packed constants.
  var form: String { isTransposed ? "transposed matrix" : "matrix" }

  /// Calls `body` with the arguments that pack the whole matrix.
  func withPackArguments<Result>(
    _ target: UnsafeMutablePointer<Float>, _ body: (PackArguments) -> Result
  ) -> Result {
    tensor.withUnsafeBytes { bytes in
      body(
        PackArguments(
          source: bytes.baseAddress!.assumingMemoryBound(to: Float.self), taps: 1, channels: rows, tapStride: 0,
          channelStride: isTransposed ? 1 : columns, columnStride: isTransposed ? rows : 1, columnCount: columns,
          columns: 0..<columns, packed: target))
    }
  }
}
