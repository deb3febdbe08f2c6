import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension ConvInteger: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let y = fused.output, plan.plannedSizes(y) != nil else { return false }
    return try plan.emitIntegerConvolution(
      convolution, IntegerOperand(fused.node, 0, zeroPoint: 2), IntegerOperand(fused.node, 1, zeroPoint: 3),
      result: plan.plannedSizes(y)
    ) { $0.define(y, .channelsLast) }
  }
}

extension MatMulInteger: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let y = fused.output, plan.plannedSizes(y) != nil else { return false }
    return try plan.emitIntegerMatrices(
      IntegerOperand(fused.node, 0, zeroPoint: 2), IntegerOperand(fused.node, 1, zeroPoint: 3)
    ) { $0.define(y, .rowMajor) }
  }
}

/// A value of 8-bit integers with its zero points.
struct IntegerOperand {
  let value: ValueID?
  /// The zero points; `nil` for 0.
  let zeroPoint: ValueID?

  init(_ node: Node, _ index: Int, zeroPoint: Int) {
    value = node.inputs[index]
    self.zeroPoint = zeroPoint < node.inputs.count ? node.inputs[zeroPoint] : nil
  }
}

extension PlanBuilder {
  /// Adds a convolution of 8-bit integers to int32.
  ///
  /// - Parameters:
  ///   - result: The sizes of the result.
  ///   - define: Returns the location of the result, in channels-last layout.
  /// - Returns: Whether kernels support it. If not, nothing has been added.
  mutating func emitIntegerConvolution(
    _ convolution: Conv, _ x: IntegerOperand, _ w: IntegerOperand, result: [Int]?,
    to define: (inout PlanBuilder) throws(InfoldError) -> Location
  ) throws(InfoldError) -> Bool {
    let group = convolution.group
    guard let value = x.value, let filterValue = w.value, let sizes = byteSizes(value), (3...5).contains(sizes.count),
      let result, let weight = byteSizes(filterValue), weight.count == sizes.count,
      let image = ImageShape(sizes), let output = ImageShape(result),
      let window = try? convolution.window(kernel: Array(weight[2...])),
      let extents = try? window.extents(sizes[2...]), image.channels == weight[1] * group,
      output.channels == weight[0], weight[0] % group == 0,
      zeroPointSpread(x, along: [0, 0], matrices: 1) != nil,
      let spread = zeroPointSpread(w, along: [1, weight[0]], matrices: 1)
    else { return false }
    let depth = sizes.count == 5 ? DepthTaps(window, extents[0], sizes, output: result[2]) : nil
    if sizes.count == 5, depth == nil { return false }
    let moving = ImageWindow(window, extents)
    let taps = moving.height * moving.width, filters = weight[0] / group
    var input = try location(of: value, .channelsLast)
    let inputPoints = try zeroPoints(x, spread: (0, 0))
    var (slices, channels, height) = (image.images, weight[1], image.height), outputHeight = output.height
    if let depth {
      input = emit(depth, of: input, zeroPoints: inputPoints)
      (slices, channels) = (depth.slices, weight[1] * depth.taps)
      (height, outputHeight) = (sizes[3], result[3])
    }
    let weightPoints = try zeroPoints(w, spread: spread.element == 0 ? spread : (filters, 1))
    let shape = ConvolutionShape(
      images: slices, height: height, width: image.width, channels: channels,
      pixelStride: input.pixelStride, outputHeight: outputHeight, outputWidth: output.width,
      outputChannels: weightPoints.columns(filters), outputPixelStride: 0, window: moving)
    let products = byteProducts(shape, count: group)
    let weights = try integerWeights(
      filterValue, count: group, filters: filters, taps: taps, channels: channels, strides: (1, taps * channels),
      weightPoints, products.kernels)
    let place = try define(&self)
    let parts = (0..<group).map {
      IntegerProductStep.Part(input: $0 * channels, left: 0, right: $0, output: $0 * filters)
    }
    try emitIntegerProducts(
      products, shape, parts: parts, input, inputPoints, weights, to: place, stride: place.pixelStride)
    return true
  }

  /// Adds matrix products of 8-bit integers to int32, in row-major layout.
  ///
  /// - Parameters:
  ///   - isTransposed: Whether the right sides are stored column by column.
  ///   - define: Returns the location of the result.
  /// - Returns: Whether kernels support them. If not, nothing has been added.
  mutating func emitIntegerMatrices(
    _ a: IntegerOperand, _ b: IntegerOperand, isTransposed: Bool = false,
    to define: (inout PlanBuilder) throws(InfoldError) -> Location
  ) throws(InfoldError) -> Bool {
    guard let leftValue = a.value, let rightValue = b.value, let first = byteSizes(leftValue),
      let second = byteSizes(rightValue)
    else { return false }
    // A vector on the left is a row; one on the right is a column.
    let left = first.count == 1 ? [1] + first : first
    var right = second.count == 1 ? second + [1] : second
    if isTransposed { right.swapAt(right.count - 2, right.count - 1) }
    let leftBatch = Array(left.dropLast(2)), rightBatch = Array(right.dropLast(2))
    let (leftCount, count) = (leftBatch.reduce(1, *), rightBatch.reduce(1, *))
    var rows = left[left.count - 2]
    let (inner, filters) = (left.last!, right.last!)
    guard let batch = try? Shape(leftBatch).broadcast(with: Shape(rightBatch)).sizes,
      var leftSpread = zeroPointSpread(a, along: first.count == 1 ? [0, 0] : [rows, 1], matrices: leftCount),
      let rightSpread = zeroPointSpread(b, along: second.count == 1 ? [0, 0] : [1, filters], matrices: count)
    else { return false }
    var pairs = Array(zip(matrices(leftBatch, in: batch), matrices(rightBatch, in: batch)))
    // If all products share the right side, the rows of all left sides form one matrix.
    if count == 1, leftCount == pairs.count, leftSpread.element == 0 || leftSpread.matrix != 0 {
      rows *= leftCount
      pairs = [(0, 0)]
      leftSpread.matrix = 0
    }
    let input = try location(of: leftValue, .rowMajor)
    let leftPoints = try zeroPoints(a, spread: leftSpread)
    let rightPoints = try zeroPoints(b, spread: rightSpread)
    let shape = ConvolutionShape(
      images: 1, height: 1, width: rows, channels: inner, pixelStride: inner, outputHeight: 1, outputWidth: rows,
      outputChannels: rightPoints.columns(filters), outputPixelStride: 0, window: ImageWindow(height: 1, width: 1))
    let products = byteProducts(shape, count: pairs.count)
    let weights = try integerWeights(
      rightValue, count: count, filters: filters, taps: 1, channels: inner,
      strides: isTransposed ? (1, inner) : (filters, 1), rightPoints, products.kernels)
    let place = try define(&self)
    let parts = pairs.enumerated().map { index, sides in
      IntegerProductStep.Part(
        input: sides.0 * rows * inner, left: sides.0, right: sides.1, output: index * rows * filters)
    }
    try emitIntegerProducts(products, shape, parts: parts, input, leftPoints, weights, to: place, stride: filters)
    return true
  }
}

extension PlanBuilder {
  /// The distances between the zero points of consecutive matrices, and of adjacent rows or
  /// columns.
  fileprivate typealias ZeroPointSpread = (matrix: Int, element: Int)

  /// Returns the distances for the zero points of an operand: one zero point for everything, one
  /// for each row or column and the same in all matrices, or different ones in each matrix. Returns
  /// `nil` for other shapes.
  ///
  /// - Parameter sizes: The sizes of a matrix's zero points, one of which is 1; zeros if there is
  ///   only one zero point.
  fileprivate func zeroPointSpread(
    _ operand: IntegerOperand, along sizes: [Int], matrices: Int
  ) -> ZeroPointSpread? {
    guard let id = operand.zeroPoint else { return (0, 0) }
    guard let given = byteSizes(id) else { return nil }
    let count = given.reduce(1, *), length = sizes[0] * sizes[1]
    if count == 1 { return (0, 0) }
    guard given.count == 1 || Array(given.suffix(2)) == sizes else { return nil }
    if count == length { return (0, 1) }
    return given.count > 2 && given.dropLast(2).reduce(1, *) == matrices ? (length, 1) : nil
  }

  /// Returns the zero points of an operand.
  fileprivate mutating func zeroPoints(
    _ operand: IntegerOperand, spread: ZeroPointSpread
  ) throws(InfoldError) -> IntegerZeroPoints {
    let offset = format(of: operand.value!)!.offset
    var points = IntegerZeroPoints(common: offset, matrixStride: spread.matrix, elementStride: spread.element)
    guard let id = operand.zeroPoint else { return points }
    guard let tensor = graph.constant(id), let values = tensor.byteValues else {
      points.place = try location(of: id, .rowMajor)
      return points
    }
    let bytes = values.map { UInt8(truncatingIfNeeded: $0 + Int32(offset)) }
    if bytes.allSatisfy({ $0 == bytes[0] }) {
      // All zero points are equal.
      points = IntegerZeroPoints(common: bytes[0])
    } else {
      let constant = try packed.constant(of: [tensor], form: "zero points", byteCount: bytes.count) { memory in
        memory.copyMemory(from: bytes, byteCount: bytes.count)
      }
      points.place = location(of: .packed(constant))
    }
    return points
  }

  /// Returns the weights, packed ahead of time if they are constant, and otherwise at run time.
  fileprivate mutating func integerWeights(
    _ value: ValueID, count: Int, filters: Int, taps: Int, channels: Int, strides: (row: Int, filter: Int),
    _ zeroPoints: IntegerZeroPoints, _ kernels: any ByteProductKernels.Type
  ) throws(InfoldError) -> IntegerWeights {
    var weights = IntegerWeights(
      count: count, filters: filters, taps: taps, channels: channels, strides: strides, zeroPoints: zeroPoints,
      packed: Location(0, .float32, []))
    guard let tensor = graph.constant(value) else {
      weights.source = try location(of: value, .rowMajor)
      weights.packed = temporary([weights.packedByteCount(kernels)], .integer(byteCount: 1))
      return weights
    }
    let form =
      "int8 sums of \(count) matrices, \(taps) taps, \(weights.columns) columns every \(strides.filter), \(kernels.name)"
    let constant = try packed.constant(
      of: [tensor], form: form, byteCount: weights.packedByteCount(kernels)
    ) { target in
      tensor.withUnsafeBytes { bytes in
        withUnsafeTemporaryAllocation(of: Int8.self, capacity: weights.columns * weights.inner) { signed in
          for index in 0..<count {
            weights.pack(
              index, of: bytes.baseAddress!.assumingMemoryBound(to: UInt8.self),
              flipping: tensor.elementType == .uint8 ? 0x80 : 0, kernels, signed.baseAddress!, into: target)
          }
        }
      }
    }
    weights.packed = location(of: .packed(constant))
    return weights
  }

  /// - Parameter shape: The shape of each product, except for the stride of the sums.
  fileprivate mutating func emitIntegerProducts(
    _ products: ByteProducts, _ shape: ConvolutionShape, parts: [IntegerProductStep.Part], _ input: Location,
    _ inputZeroPoints: IntegerZeroPoints, _ weights: IntegerWeights, to output: Location, stride: Int
  ) throws(InfoldError) {
    var shape = shape
    // Kernels write whole vectors.
    shape.outputPixelStride = (weights.columns + 15) / 16 * 16
    let rows = shape.images * shape.outputHeight * shape.outputWidth
    let sums = temporary([parts.count, rows, shape.outputPixelStride], .integer(byteCount: 4))
    let width = products.kernels.panelWidth
    let zeroCount = (weights.columns + width - 1) / width * width
    let zeros = try packed.constant(of: [], form: "\(zeroCount) zeros", byteCount: 4 * zeroCount) { memory in
      memory.initializeMemory(as: Int32.self, repeating: 0, count: zeroCount)
    }
    let step = IntegerProductStep(
      products: products, shape: shape, parts: parts, input: input, inputZeroPoints: inputZeroPoints,
      weights: weights, sums: sums, zeros: location(of: .packed(zeros)), output: output, outputStride: stride)
    let packedInRun = weights.source == nil ? nil : weights.packed
    emit(
      step, "int8 sums" + (weights.source == nil ? "" : ", packed in the run") + products.suffix,
      reads: [
        input, inputZeroPoints.place, weights.source, weights.zeroPoints.place,
        weights.source == nil ? weights.packed : nil, step.zeros,
      ], writes: [packedInRun, sums, output],
      multiplyAccumulates: saturatedProduct(parts.count, rows, weights.filters, weights.inner))
  }
}
