import InfoldGraph
import InfoldSystem
import InfoldTensor

/// What DepthToSpace and SpaceToDepth have in common: blocks of blocksize × blocksize pixels, and the order in which a
/// block's pixels lie in the depth dimension.
struct BlockRearrangement: Sendable, Hashable {
  /// How a channel in the depth is numbered.
  enum Order: String, Sendable, CaseIterable {
    /// Depth, column, row: the pixel counts most: pixel · channels + channel.
    case depthColumnRow = "DCR"
    /// Column, row, depth: the channel counts most: channel · pixels + pixel.
    case columnRowDepth = "CRD"
  }

  /// The height and width of a block, ≥ 1.
  let size: Int
  /// The pixels of a block.
  let area: Int
  /// The order of the depth.
  let order: Order

  /// Reads `blocksize`, and `mode` where the operator's version has it.
  init(_ attributes: inout AttributeReader, hasMode: Bool) throws(InfoldError) {
    size = try attributes.requiredInt("blocksize")
    let (area, overflow) = size.multipliedReportingOverflow(by: size)
    guard size >= 1, !overflow else {
      throw InfoldError(.invalidModel, "blocksize is \(size), and must be at least 1, and its square an int64")
    }
    self.area = area
    let mode = hasMode ? try attributes.string("mode") : nil
    guard let order = Order(rawValue: mode ?? "DCR") else {
      throw InfoldError(.invalidModel, "mode is \(String(quoting: mode ?? "")), and must be DCR or CRD")
    }
    self.order = order
  }

  /// The shape rule: `depth` is that of the channels, `side` that of height and width.
  /// - Throws: `InfoldError` with `.invalidModel` for an input that is not [N, C, H, W], and what the rules throw.
  func outputType(
    _ inputs: OperatorInputs, depth: (Dimension) throws(InfoldError) -> Dimension,
    side: (Dimension) throws(InfoldError) -> Dimension
  ) throws(InfoldError) -> TensorType {
    let x = try inputs.type(0)
    try inputs.requireRank(4...4, of: 0)
    let shape = x.shape ?? Shape(unknownOfRank: 4)
    return TensorType(x.elementType, [shape[0], try depth(shape[1]), try side(shape[2]), try side(shape[3])])
  }

  /// For a tensor with the given channels outside the depth, and distance between channels of the depth: the distances
  /// between neighbouring channels, pixel rows and pixel columns of a block.
  func depthStrides(channels: Int, plane: Int) -> (channel: Int, row: Int, column: Int) {
    switch order {
    case .depthColumnRow: (plane, size * channels * plane, channels * plane)
    case .columnRowDepth: (area * plane, size * plane, plane)
    }
  }
}

extension Dimension {
  /// A `divisor`-th of the dimension; a symbol is kept when the divisor is 1.
  /// - Throws: `InfoldError` with `.invalidModel` where it does not divide evenly.
  func divided(by divisor: Int) throws(InfoldError) -> Dimension {
    guard let size else { return divisor == 1 ? self : .unknown }
    guard size % divisor == 0 else {
      throw InfoldError(.invalidModel, "a dimension of \(size) does not divide into \(divisor) equal parts")
    }
    return .fixed(size / divisor)
  }
}
