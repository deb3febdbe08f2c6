/// The order of a value's elements in memory.
enum Layout: Hashable, Sendable {
  /// ONNX's own: the last dimension runs fastest.
  case rowMajor
  /// The channels (dimension 1) run fastest, then the spatial dimensions, then the batch: NHWC for an NCHW value.
  case channelsLast
}

/// Where the elements of a value lie during a run.
struct Location: Hashable, Sendable {
  /// The index of the stretch of memory among those of the plan.
  var buffer: Int
  /// The place of the first element in it, in elements.
  var offset = 0
  /// What the elements are.
  var format: ElementFormat
  /// The order of the elements.
  var layout: Layout
  /// The distance from the elements of one position to those of the next, in elements; more than there are channels where the
  /// value is a slice of a concatenation. For a row-major value it has no meaning.
  var pixelStride: Int

  /// The place of a value of these sizes at the beginning of a buffer, without gaps.
  init(_ buffer: Int, _ format: ElementFormat, _ sizes: [Int], _ layout: Layout = .rowMajor) {
    self.buffer = buffer
    self.format = format
    self.layout = layout
    pixelStride = layout == .channelsLast ? sizes[1] : sizes.last ?? 1
  }

  /// This place for the same elements under other sizes.
  func reshaped(_ sizes: [Int], _ layout: Layout) -> Location {
    var place = Location(buffer, format, sizes, layout)
    place.offset = offset
    return place
  }
}

/// A value's sizes as kernels for images see them: images × pixels × channels.
struct ImageShape: Hashable, Sendable {
  var images: Int
  var height: Int
  var width: Int
  var channels: Int

  /// The positions of one image.
  var pixels: Int { height * width }
  var count: Int { images * pixels * channels }
  /// As a value [N, C, H, W] has them.
  var sizes: [Int] { [images, channels, height, width] }

  /// Of a value [N, C, H, W] or [N, C, L], or [N, C, D, H, W] with the rows of all planes; `nil` for other ranks.
  init?(_ shape: [Int]) {
    switch shape.count {
    case 3: (images, channels, height, width) = (shape[0], shape[1], 1, shape[2])
    case 4: (images, channels, height, width) = (shape[0], shape[1], shape[2], shape[3])
    case 5: (images, channels, height, width) = (shape[0], shape[1], shape[2] * shape[3], shape[4])
    default: return nil
    }
  }

  /// Whether both layouts put the elements in the same order.
  var isSameInBothLayouts: Bool { pixels == 1 || channels == 1 }
}
