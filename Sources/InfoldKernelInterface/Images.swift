/// Pictures that a kernel reads: float32, channels last (NHWC).
///
/// Rows and pictures follow each other without gaps: a row has `width * pixelStride` floats, a picture `height` rows.
public struct InputImages: @unchecked Sendable {
  /// The first channel of the first pixel.
  public var base: UnsafePointer<Float>
  public var count: Int
  public var height: Int
  public var width: Int
  public var channels: Int
  /// Floats from one pixel to the next; more than `channels` in a slice of a wider tensor.
  public var pixelStride: Int

  public init(
    base: UnsafePointer<Float>, count: Int, height: Int, width: Int, channels: Int, pixelStride: Int? = nil
  ) {
    self.base = base
    self.count = count
    self.height = height
    self.width = width
    self.channels = channels
    self.pixelStride = pixelStride ?? channels
  }
}

/// Pictures that a kernel writes, laid out like `InputImages`. What lies between a pixel's channels and the next pixel is
/// not touched.
public struct OutputImages: @unchecked Sendable {
  /// The first channel of the first pixel.
  public var base: UnsafeMutablePointer<Float>
  public var count: Int
  public var height: Int
  public var width: Int
  public var channels: Int
  /// Floats from one pixel to the next; more than `channels` in a slice of a wider tensor.
  public var pixelStride: Int

  public init(
    base: UnsafeMutablePointer<Float>, count: Int, height: Int, width: Int, channels: Int, pixelStride: Int? = nil
  ) {
    self.base = base
    self.count = count
    self.height = height
    self.width = width
    self.channels = channels
    self.pixelStride = pixelStride ?? channels
  }
}

/// How a window moves over pictures. Padding behind the last row and column follows from the output's size.
public struct ImageWindow: Sendable {
  public var height: Int
  public var width: Int
  public var strideY: Int
  public var strideX: Int
  public var dilationY: Int
  public var dilationX: Int
  /// Rows of padding above the picture.
  public var padTop: Int
  /// Columns of padding before the picture.
  public var padLeft: Int

  public init(
    height: Int, width: Int, strideY: Int = 1, strideX: Int = 1, dilationY: Int = 1, dilationX: Int = 1,
    padTop: Int = 0, padLeft: Int = 0
  ) {
    self.height = height
    self.width = width
    self.strideY = strideY
    self.strideX = strideX
    self.dilationY = dilationY
    self.dilationX = dilationX
    self.padTop = padTop
    self.padLeft = padLeft
  }
}
