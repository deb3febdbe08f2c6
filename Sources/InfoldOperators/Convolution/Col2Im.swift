import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Col2Im, opset 18: the sum of overlapping blocks in an image.
///
/// X is [N, C · elements of a block, positions]. The int64 lists `image_shape` and `block_shape`
/// are the spatial sizes of the image and of a block, of any rank. Y is [N, C, image_shape…]. A
/// window of the block's size slides over the image with `strides`, `dilations` and `pads`; each
/// element of Y is the sum of the elements of all blocks at that position. Integers wrap around.
package struct Col2Im: NumericOperator {
  package static let name = "Col2Im"
  package static let versions = [18]
  package static let family = OperatorFamily.movement
  package static func arity(since version: Int) -> Arity { Arity(3) }

  private let windowAttributes: SlidingWindow.Attributes

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    windowAttributes = try SlidingWindow.Attributes(
      &attributes, hasDilations: true, hasCeilMode: false, hasAutoPad: false, hasKernel: false)
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .numeric)
    try inputs.requireRank(3...3, of: 0)
    let image = try inputs.dimensions(1), block = try inputs.dimensions(2)
    if let image, let block, image.count != block.count {
      throw InfoldError(
        .invalidModel,
        "shape mismatch: image_shape has \(counted(image.count, "element")), but block_shape has \(block.count)")
    }
    for case let list? in [image, block] where list.isEmpty {
      throw InfoldError(.invalidModel, "image_shape and block_shape must not be empty")
    }
    for size in image?.compactMap(\.size) ?? [] where size < 0 {
      throw InfoldError(.invalidModel, "image_shape has the negative size \(size)")
    }
    guard let image else { return [TensorType(x.elementType, nil)] }
    var channels = Dimension.unknown
    if let sizes = block.flatMap({ $0.compactMap(\.size).count == $0.count ? $0.compactMap(\.size) : nil }) {
      let window = try SlidingWindow(windowAttributes, kernel: sizes)
      guard let count = checkedProduct(sizes) else {
        throw InfoldError(.limitExceeded, "block_shape is \(sizes), which is too large")
      }
      if let rows = x.shape?[1].size {
        guard rows.isMultiple(of: count) else {
          throw InfoldError(
            .invalidModel, "the input has \(counted(rows, "row")) but must have a multiple of the \(count) of a block")
        }
        channels = .fixed(rows / count)
      }
      try requirePositions(window, image: image, given: x.shape?[2])
    }
    return [TensorType(x.elementType, Shape([x.shape?[0] ?? .unknown, channels] + image))]
  }

  private func requirePositions(
    _ window: SlidingWindow, image: [Dimension], given: Dimension?
  ) throws(InfoldError) {
    let sizes = image.compactMap(\.size)
    guard sizes.count == image.count else { return }
    let positions = try window.extents(sizes).map(\.output)
    guard let count = checkedProduct(positions) else {
      throw InfoldError(.limitExceeded, "the window has too many positions: \(positions)")
    }
    if let given = given?.size, given != count {
      throw InfoldError(
        .invalidModel,
        "shape mismatch: the input has \(counted(given, "block")), but the window has \(count) positions: \(positions)")
    }
  }

  /// Returns the positions of the blocks, or `nil` if the sizes are unknown.
  package func blocks(_ inputs: OperatorInputs) throws(InfoldError) -> ColumnBlocks? {
    guard let image = try inputs.integers(1), let block = try inputs.integers(2) else { return nil }
    let window = try SlidingWindow(windowAttributes, kernel: block)
    return ColumnBlocks(window, try window.extents(image), image: image)
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    .axes(inputs) { $0 == 0 }
  }

  package func evaluate<Element: NumericElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    var y = try Tensor(zeros: try inferredShape(inputs), of: Element.elementType)
    guard y.count > 0, x.count > 0, let blocks = try blocks(OperatorInputs(inputs)) else { return [y] }
    let (imageCount, columnCount) = (blocks.imageCount, blocks.blockCount * blocks.positionCount)
    try x.withElements(as: Element.self) { x throws(InfoldError) in
      try y.withMutableSpan(as: Element.self) { y in
        for plane in 0..<(y.count / imageCount) {
          blocks.forEachRow { element, position, place, count in
            let source = plane * columnCount + element * blocks.positionCount + position
            for index in 0..<count {
              let target = plane * imageCount + place + index * blocks.step
              y[target] = y[target].adding(x[source + index], times: 1)
            }
          }
        }
      }
    }
    return [y]
  }
}
