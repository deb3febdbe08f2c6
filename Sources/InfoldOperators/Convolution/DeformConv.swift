import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX DeformConv, opsets 19, 22: a convolution in which each tap of the window has its own
/// offset.
///
/// X is [N, C, H, W]; W is [M, C / group, kH, kW]; offset is [N, offset_group · kH · kW · 2, OH,
/// OW], with the vertical and the horizontal offset of each tap; the optional B is [M]; the
/// optional mask, [N, offset_group · kH · kW, OH, OW], multiplies the values that are read; Y is
/// [N, M, OH, OW]. Values between elements are interpolated; values outside the input are zero.
/// Only 2 spatial dimensions are supported.
package struct DeformConv: StandardFloatingPointOperator {
  package static let name = "DeformConv"
  package static let versions = [19, 22]
  package static let compatibleVersions = [22]
  package static let family = OperatorFamily.product
  package static func arity(since version: Int) -> Arity { Arity(inputs: 3...5) }

  /// The number of channel groups, at least 1.
  package let group: Int
  /// The number of channel groups that share offsets, at least 1.
  package let offsetGroup: Int
  private let windowAttributes: SlidingWindow.Attributes

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    windowAttributes = try SlidingWindow.Attributes(
      &attributes, hasDilations: true, hasCeilMode: false, hasAutoPad: false)
    group = try attributes.int("group") ?? 1
    offsetGroup = try attributes.int("offset_group") ?? 1
    for (name, value) in [("group", group), ("offset_group", offsetGroup)] where value < 1 || value > Int32.max {
      throw InfoldError(.invalidModel, "\(name) is \(value) but must be between 1 and \(Int32.max)")
    }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    try inputs.requireSameElementType(0...4)
    try inputs.requireRank(1...1, of: 3)
    for index in [0, 1, 2, 4] where inputs.has(index) {
      guard let rank = inputs.types[index]?.shape?.rank, rank != 4 else { continue }
      throw InfoldError(
        .unsupported, "unsupported rank: input \(index) has \(counted(rank, "dimension")); supported are 4")
    }
    let shape = x.shape ?? Shape(unknownOfRank: 4)
    guard let weight = try inputs.type(1).shape else {
      return [TensorType(x.elementType, [shape[0], .unknown, .unknown, .unknown])]
    }
    try checkChannels(shape, weight, bias: inputs.has(3) ? inputs.types[3]?.shape : nil)
    var output: Shape = [shape[0], weight[0], .unknown, .unknown]
    let kernel = weight[2...].compactMap(\.size)
    if kernel.count == 2 {
      let window = try SlidingWindow(windowAttributes, ofWeight: kernel)
      for axis in 0..<2 { output[axis + 2] = try window.outputDimension(axis, input: shape[axis + 2]) }
      for (index, count) in [(2, 2), (4, 1)] where inputs.has(index) {
        guard let given = inputs.types[index]?.shape else { continue }
        guard let channels = checkedProduct([offsetGroup, kernel[0], kernel[1], count]),
          given.merged(with: [shape[0], .fixed(channels), output[2], output[3]]) != nil
        else {
          throw InfoldError(
            .invalidModel,
            "shape mismatch: input \(index) is \(given), which does not match the output \(output) with "
              + "\(counted(offsetGroup, "offset group"))")
        }
      }
    }
    return [TensorType(x.elementType, output)]
  }

  /// Returns the sliding window for a weight with these spatial sizes.
  /// - Throws: `InfoldError.Code.invalidModel` if the attributes contradict the weight.
  package func window(kernel: [Int]) throws(InfoldError) -> SlidingWindow {
    try SlidingWindow(windowAttributes, ofWeight: kernel)
  }

  private func checkChannels(_ x: Shape, _ weight: Shape, bias: Shape?) throws(InfoldError) {
    if let channels = x[1].size {
      guard channels % group == 0, weight[1].size.map({ $0 == channels / group }) ?? true else {
        throw InfoldError(
          .invalidModel,
          "the input has \(counted(channels, "channel")) in \(counted(group, "group")), but the weight is \(weight)")
      }
      guard channels % offsetGroup == 0 else {
        throw InfoldError(
          .invalidModel,
          "the input has \(counted(channels, "channel")), which is not divisible into \(counted(offsetGroup, "offset group"))"
        )
      }
    }
    if let filters = weight[0].size, filters % group != 0 {
      throw InfoldError(
        .invalidModel,
        "the weight \(weight) has \(counted(filters, "filter")), which is not divisible into \(counted(group, "group"))"
      )
    }
    if let count = bias?[0], count.merged(with: weight[0]) == nil {
      throw InfoldError(
        .invalidModel,
        "shape mismatch: the bias has \(counted(count, "element")), but the weight has \(counted(weight[0], "filter"))")
    }
  }

  /// Counts the elements of Y, each a sum over the channels of a group and the window, including
  /// padding.
  package func multiplyAccumulates(inputs: [TensorType?], outputs: [TensorType?]) -> Int? {
    guard let output = outputs[0]?.shape?.sizes, let weight = inputs[1]?.shape?.sizes else { return nil }
    return checkedProduct(output + weight.dropFirst())
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    AxisMapping([IndependentAxis(inputs: [0, nil, 0, nil, 0], outputs: [0])])
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!, weight = inputs[1]!
    let offsets: [Element] = try inputs[2]!.elements(), weights: [Element] = try weight.elements()
    let bias: [Element]? = try inputs.count > 3 ? inputs[3]?.elements() : nil
    let mask: [Element]? = try inputs.count > 4 ? inputs[4]?.elements() : nil
    var y = try Tensor(zeros: try inferredShape(inputs), of: Element.elementType)
    guard y.count > 0 else { return [y] }
    let window = try SlidingWindow(windowAttributes, ofWeight: Array(weight.shape[2...]))
    let extents = try window.extents(x.shape[2...])
    let taps = window.kernel[0] * window.kernel[1], width = y.shape[3], outputs = y.shape[2] * width
    let channels = x.shape[1], filters = weight.shape[0], perGroup = weight.shape[1]
    let rows = x.shape[2], columns = x.shape[3]
    try x.withElements(as: Element.self) { x throws(InfoldError) in
      try y.withMutableSpan(as: Element.self) { y in
        for index in y.indices {
          let (filter, place) = (index / outputs % filters, index % outputs), n = index / (outputs * filters)
          let top = place / width * window.strides[0] - extents[0].padBefore
          let left = place % width * window.strides[1] - extents[1].padBefore
          var sum = bias?[filter] ?? 0
          for channel in 0..<perGroup {
            let c = filter / (filters / group) * perGroup + channel
            let first = (n * offsetGroup + c / (channels / offsetGroup)) * taps
            for tap in 0..<taps {
              let row = Element(top + tap / window.kernel[1] * window.dilations[0])
              let column = Element(left + tap % window.kernel[1] * window.dilations[1])
              let value = interpolated(
                x, from: (n * channels + c) * rows * columns, rows: rows, columns: columns,
                row + offsets[(first + tap) * 2 * outputs + place],
                column + offsets[((first + tap) * 2 + 1) * outputs + place])
              let scale = mask?[(first + tap) * outputs + place] ?? 1
              sum += value * weights[(filter * perGroup + channel) * taps + tap] * scale
            }
          }
          y[index] = sum
        }
      }
    }
    return [y]
  }
  /// Returns the interpolated value at [row, column] in a plane that begins at `start`. The
  /// position may lie between elements or outside the plane.
  private func interpolated<Element: FloatingPointElement>(
    _ x: borrowing Span<Element>, from start: Int, rows: Int, columns: Int, _ row: Element, _ column: Element
  ) -> Element {
    guard row > -1, row < Element(rows), column > -1, column < Element(columns) else { return 0 }
    let top = row.rounded(.down), left = column.rounded(.down)
    var sum: Element = 0
    // Elements of weight 0 are skipped, since 0 · ∞ would be NaN.
    for (y, rowWeight) in [(Int(top), 1 - (row - top)), (Int(top) + 1, row - top)]
    where rowWeight != 0 && (0..<rows).contains(y) {
      for (x0, columnWeight) in [(Int(left), 1 - (column - left)), (Int(left) + 1, column - left)]
      where columnWeight != 0 && (0..<columns).contains(x0) {
        sum += rowWeight * columnWeight * x[start + y * columns + x0]
      }
    }
    return sum
  }
}
