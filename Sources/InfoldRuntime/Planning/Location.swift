/// The order of a value's elements in memory.
enum Layout: Hashable, Sendable {
  /// ONNX's own: the last dimension runs fastest.
  case rowMajor
  /// The channels (dimension 1) run fastest, then the spatial dimensions, then the batch: NHWC for an NCHW value.
  case channelsLast
}

/// Where the elements of a float32 value lie during a run.
struct Location: Hashable, Sendable {
  /// The index of the stretch of memory among those of the plan.
  var storage: Int
  /// The place of the first element in it, in elements.
  var offset: Int
  /// The order of the elements.
  var layout: Layout
  /// The distance from the elements of one position to those of the next, in elements; more than there are channels where the
  /// value is a slice of a concatenation. For a row-major value it has no meaning.
  var pixelStride: Int
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

  /// Of a value [N, C, H, W] or [N, C, L]; `nil` for other ranks.
  init?(_ shape: [Int]) {
    switch shape.count {
    case 3: (images, channels, height, width) = (shape[0], shape[1], 1, shape[2])
    case 4: (images, channels, height, width) = (shape[0], shape[1], shape[2], shape[3])
    default: return nil
    }
  }

  /// Whether both layouts put the elements in the same order.
  var isSameInBothLayouts: Bool { pixels == 1 || channels == 1 }
}
