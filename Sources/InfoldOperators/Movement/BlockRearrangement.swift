import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The common part of DepthToSpace and SpaceToDepth: blocks of blocksize × blocksize pixels, and
/// the order of a block's pixels in the depth dimension.
struct BlockRearrangement: Sendable, Hashable {
  /// The order of channels in the depth dimension.
  enum Order: String, Sendable, CaseIterable {
    /// Depth, column, row: the index is pixel · channels + channel.
    case depthColumnRow = "DCR"
    /// Column, row, depth: the index is channel · pixels + pixel.
    case columnRowDepth = "CRD"
  }

  /// The height and width of a block, at least 1.
  let size: Int
  /// The number of pixels in a block.
  let area: Int
  /// The order of channels in the depth dimension.
  let order: Order

  /// Reads `blocksize`, and `mode` if the operator's version has it.
  init(_ attributes: inout AttributeReader, hasMode: Bool) throws(InfoldError) {
    size = try attributes.requiredInt("blocksize")
    let (area, overflow) = size.multipliedReportingOverflow(by: size)
    guard size >= 1, !overflow else {
      throw InfoldError(.invalidModel, "blocksize is \(size) but must be at least 1, and its square must fit an int64")
    }
    self.area = area
    let mode = hasMode ? try attributes.string("mode") : nil
    guard let order = Order(rawValue: mode ?? "DCR") else {
      throw InfoldError(.invalidModel, "mode is \(String(quoting: mode ?? "")) but must be DCR or CRD")
    }
    self.order = order
  }

  /// Returns the type of the output. `depth` transforms the size of the channel axis, `side` those
  /// of height and width.
  /// - Throws: `InfoldError.Code.invalidModel` if the input is not [N, C, H, W]; the errors of
  ///   `depth` and `side`.
  func outputType(
    _ inputs: OperatorInputs, depth: (Dimension) throws(InfoldError) -> Dimension,
    side: (Dimension) throws(InfoldError) -> Dimension
  ) throws(InfoldError) -> TensorType {
    let x = try inputs.type(0)
    try inputs.requireRank(4...4, of: 0)
    let shape = x.shape ?? Shape(unknownOfRank: 4)
    return TensorType(x.elementType, [shape[0], try depth(shape[1]), try side(shape[2]), try side(shape[3])])
  }

  /// Returns the strides in the deep tensor between neighboring channels, pixel rows and pixel
  /// columns of a block. `channels` is the number of channels of the shallow tensor, `plane` the
  /// stride between channels of the deep one.
  func depthStrides(channels: Int, plane: Int) -> (channel: Int, row: Int, column: Int) {
    switch order {
    case .depthColumnRow: (plane, size * channels * plane, channels * plane)
    case .columnRowDepth: (area * plane, size * plane, plane)
    }
  }
}

extension Dimension {
  /// Returns the dimension divided by `divisor`. A symbol is preserved if the divisor is 1.
  /// - Throws: `InfoldError.Code.invalidModel` if the dimension is not a multiple of the divisor.
  func divided(by divisor: Int) throws(InfoldError) -> Dimension {
    guard let size else { return divisor == 1 ? self : .unknown }
    guard size % divisor == 0 else {
      throw InfoldError(.invalidModel, "a dimension of size \(size) is not divisible by \(divisor)")
    }
    return .fixed(size / divisor)
  }
}
