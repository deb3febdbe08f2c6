/// The order of a value's elements in memory.
enum Layout: Hashable, Sendable {
  /// The layout of ONNX: the last axis is contiguous.
  case rowMajor
  /// The channels (axis 1) vary fastest, then the spatial axes, then the batch: NHWC for an NCHW
  /// value.
  case channelsLast
}

/// The memory location of a value's elements during a run.
struct Location: Hashable, Sendable {
  /// The index of the buffer in the plan.
  var buffer: Int
  /// The index of the first element in the buffer.
  var offset = 0
  /// The representation of the elements.
  var format: ElementFormat
  /// The order of the elements.
  var layout: Layout
  /// The distance between the elements of adjacent positions, in elements. It exceeds the number of
  /// channels if the value is a slice of a concatenation. It has no meaning for row-major values.
  var pixelStride: Int

  /// Creates the location of a densely stored value of these sizes at the beginning of a buffer.
  init(_ buffer: Int, _ format: ElementFormat, _ sizes: [Int], _ layout: Layout = .rowMajor) {
    self.buffer = buffer
    self.format = format
    self.layout = layout
    pixelStride = layout == .channelsLast ? sizes[1] : sizes.last ?? 1
  }

  /// Returns the same location for the same elements under another shape.
  func reshaped(_ sizes: [Int], _ layout: Layout) -> Location {
    var place = Location(buffer, format, sizes, layout)
    place.offset = offset
    return place
  }
}

/// The shape of a value as kernels for images see it: images × pixels × channels.
struct ImageShape: Hashable, Sendable {
  var images: Int
  var height: Int
  var width: Int
  var channels: Int

  /// The number of positions of one image.
  var pixels: Int { height * width }
  var count: Int { images * pixels * channels }
  /// The sizes in the order [N, C, H, W].
  var sizes: [Int] { [images, channels, height, width] }

  /// Creates the image shape of a value [N, C, H, W], [N, C, L] or [N, C, D, H, W]; for the last,
  /// the height counts the rows of all planes. Returns `nil` for other ranks.
  init?(_ shape: [Int]) {
    switch shape.count {
    case 3: (images, channels, height, width) = (shape[0], shape[1], 1, shape[2])
    case 4: (images, channels, height, width) = (shape[0], shape[1], shape[2], shape[3])
    case 5: (images, channels, height, width) = (shape[0], shape[1], shape[2] * shape[3], shape[4])
    default: return nil
    }
  }

  /// Whether the order of elements is the same in both layouts.
  var isSameInBothLayouts: Bool { pixels == 1 || channels == 1 }
}
