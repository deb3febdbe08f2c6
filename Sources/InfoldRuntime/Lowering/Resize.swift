import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension Resize: ResizeLowering {}
extension Upsample: ResizeLowering {}

private protocol ResizeLowering: LoweredOperator, ResizingOperator {}

extension ResizeLowering {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    if try plan.emitResize(fused, neighbours) { return true }
    if try plan.emitAxisResampling(fused, self) { return true }
    return try plan.emitNearestElements(fused, self)
  }
}

/// The input row and column for each row and column of the result.
private struct AxisTables {
  var rows: [Double]
  var columns: [Double]

  /// Determines the tables by evaluating the operator on one channel whose elements are their own
  /// row or column indices. For nearest neighbors, the result is the index. For linear
  /// interpolation, it is the first index plus the weight of the second.
  init?(_ node: Node, _ plan: PlanBuilder, input: ImageShape, output: ImageShape) throws(InfoldError) {
    var others: [Tensor?] = []
    for (index, id) in node.inputs.enumerated().dropFirst() {
      guard let id else {
        others.append(nil)
        continue
      }
      guard var tensor = plan.graph.constant(id) else { return nil }
      // Sizes for all four axes include the batch and the channels, of which the probe has one
      // each.
      if index == 3, tensor.count == 4, tensor.elementType == .int64 {
        tensor = try Tensor(shape: [4], [1, 1, Int64(output.height), Int64(output.width)])
      }
      others.append(tensor)
    }
    func table(_ value: (_ row: Int, _ column: Int) -> Int, along length: Int, stride: Int) throws(InfoldError)
      -> [Double]?
    {
      var probe: [Double] = []
      for row in 0..<input.height {
        for column in 0..<input.width { probe.append(Double(value(row, column))) }
      }
      let x = try Tensor(shape: [1, 1, input.height, input.width], probe)
      guard let y = try node.evaluate([x] + others)[0], y.shape == [1, 1, output.height, output.width] else {
        return nil
      }
      let elements = try y.elements(as: Double.self)
      return (0..<length).map { elements[$0 * stride] }
    }
    guard let rows = try table({ row, _ in row }, along: output.height, stride: output.width),
      let columns = try table({ _, column in column }, along: output.width, stride: 1)
    else { return nil }
    self.rows = rows
    self.columns = columns
  }
}

extension LinearSample {
  /// Creates a sample between two neighbors on an axis of this size.
  fileprivate init(_ position: Double, size: Int) {
    let low = min(max(Int(position), 0), size - 1)
    let weight = position - Double(low)
    self.init(
      low: Int32(low), high: Int32(min(low + 1, size - 1)), lowWeight: Float(1 - weight), highWeight: Float(weight))
  }
}

extension PlanBuilder {
  fileprivate mutating func emitResize(
    _ fused: FusedNode, _ neighbours: ResizeNeighbours?
  ) throws(InfoldError) -> Bool {
    guard let neighbours, let x = fused.node.inputs[0], let y = fused.output, let sizes = sizes(x), sizes.count == 4,
      let result = self.sizes(y), result[..<2] == sizes[..<2], let input = ImageShape(sizes),
      let output = ImageShape(result),
      let tables = try AxisTables(fused.node, self, input: input, output: output)
    else { return false }
    let source = try location(of: x, .channelsLast)
    let images = ResampledImages(input: input, from: source, output: output, to: define(y, .channelsLast))
    let kernels = kernels
    switch neighbours {
    case .nearest:
      let (rows, columns) = (tables.rows.map { Int32($0) }, tables.columns.map { Int32($0) })
      emit(images, "nearest", rows, columns, cost: output.count) { input, output, rows, columns, range in
        kernels.gatherPixels(
          GatherPixelsArguments(input: input, output: output, rowIndices: rows, columnIndices: columns), rows: range)
      }
    case .linear:
      let rows = tables.rows.map { LinearSample($0, size: input.height) }
      let columns = tables.columns.map { LinearSample($0, size: input.width) }
      emit(images, "linear", rows, columns, cost: 4 * output.count) { input, output, rows, columns, range in
        kernels.resizeLinear(
          ResizeLinearArguments(input: input, output: output, rows: rows, columns: columns), rows: range)
      }
    }
    return true
  }

  /// Adds a resizing of any axes with any number of neighbors, one axis after the other.
  fileprivate mutating func emitAxisResampling(
    _ fused: FusedNode, _ operation: any ResizingOperator
  ) throws(InfoldError) -> Bool {
    let node = fused.node
    guard let x = node.inputs[0], let y = fused.output, var sizes = sizes(x), self.sizes(y) != nil,
      node.inputs.dropFirst().allSatisfy({ $0.map { graph.constant($0) != nil } ?? true }),
      let tables = try operation.resizeTables(graph.operatorInputs(of: node))
    else { return false }
    // Process the axes in memory order.
    let layout = try denseLayout(of: x, for: y)
    var source = try location(of: x, layout)
    let order = layout == .rowMajor ? Array(sizes.indices) : [0] + Array(2..<sizes.count) + [1]
    let target = define(y, layout)
    guard !tables.isEmpty else {
      let count = sizes.reduce(1, *)
      emit(RangeStep.copy(from: source, to: target, count: count), "copy", reads: [source], writes: [target])
      return true
    }
    let fill = operation.extrapolationValue
    for (index, table) in tables.enumerated() {
      sizes[table.axis] = table.output
      let place = order.firstIndex(of: table.axis)!
      let inner = order[(place + 1)...].reduce(1) { $0 * sizes[$1] }
      let result = index == tables.count - 1 ? target : temporary(sizes)
      emitAxis(table, inner: inner, units: sizes.reduce(1, *) / inner, fill: fill, from: source, to: result)
      source = result
    }
    return true
  }

  /// Adds a nearest-neighbor resizing of elements that are not floats.
  fileprivate mutating func emitNearestElements(
    _ fused: FusedNode, _ operation: any ResizingOperator
  ) throws(InfoldError) -> Bool {
    let node = fused.node
    guard operation.neighbours == .nearest, let x = node.inputs[0], let y = fused.output, let sizes = plannedSizes(x),
      plannedSizes(y) != nil, format(of: x) == format(of: y),
      node.inputs.dropFirst().allSatisfy({ $0.map { graph.constant($0) != nil } ?? true }),
      let tables = try operation.resizeTables(graph.operatorInputs(of: node))
    else { return false }
    var map = IndexMap(identityOf: sizes)
    let strides = rowMajorStrides(sizes)
    for table in tables {
      map.axes[table.axis] = .computed(count: table.output) { Int(table.first[$0]) * strides[table.axis] }
    }
    let source = try location(of: x, layouts(of: x).contains(.rowMajor) ? .rowMajor : .channelsLast)
    try emitCopy(map, of: (sizes, source), x, to: y, keepsLayout: true)
    return true
  }

  /// Adds a step that resizes one axis.
  private mutating func emitAxis(
    _ table: ResizeTable, inner: Int, units: Int, fill: Float, from source: Location, to target: Location
  ) {
    let kernels = kernels
    let step = RangeStep(
      units: units, cost: units / table.output * (table.output + 2 * table.weights.count) * inner
    ) { range, state, _ in
      table.first.withUnsafeBufferPointer { first in
        table.starts.withUnsafeBufferPointer { starts in
          table.weights.withUnsafeBufferPointer { weights in
            kernels.resampleAxis(
              AxisResamplingArguments(
                input: state.pointer(source), output: state.pointer(target), inputCount: table.input,
                outputCount: table.output, inner: inner, first: first.baseAddress!, starts: starts.baseAddress!,
                weights: weights.baseAddress ?? UnsafePointer(UnsafeMutablePointer<Float>.nowhere), fill: fill),
              units: range)
          }
        }
      }
    }
    emit(step, "weighted neighbours", reads: [source], writes: [target])
  }

  /// Adds a step whose kernel looks up the source of each row and column in tables.
  private mutating func emit<Sample: Sendable>(
    _ images: ResampledImages, _ algorithm: String, _ rows: [Sample], _ columns: [Sample], cost: Int,
    kernel:
      @escaping @Sendable (
        InputImages<Float>, OutputImages<Float>, _ rows: UnsafePointer<Sample>, _ columns: UnsafePointer<Sample>,
        Range<Int>
      ) -> Void
  ) {
    let (input, source, output, target) = (images.input, images.source, images.output, images.target)
    let step = RangeStep(units: output.images * output.height, cost: cost) { range, state, _ in
      rows.withUnsafeBufferPointer { rows in
        columns.withUnsafeBufferPointer { columns in
          kernel(
            input.input(state.pointer(source), source), output.output(state.pointer(target), target),
            rows.baseAddress!, columns.baseAddress!, range)
        }
      }
    }
    emit(step, algorithm, reads: [source], writes: [target])
  }
}

/// The images to resize, and the resized images, with their locations.
private struct ResampledImages {
  let input: ImageShape
  let source: Location
  let output: ImageShape
  let target: Location

  init(input: ImageShape, from source: Location, output: ImageShape, to target: Location) {
    (self.input, self.source, self.output, self.target) = (input, source, output, target)
  }
}
