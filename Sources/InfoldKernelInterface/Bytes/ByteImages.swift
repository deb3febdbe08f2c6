/// Pictures of quantized numbers that a kernel reads, channels last (NHWC), rows and pictures without gaps.
public struct InputByteImages: @unchecked Sendable {
  /// The first channel of the first pixel.
  public var base: UnsafePointer<UInt8>
  public var count: Int
  public var height: Int
  public var width: Int
  public var channels: Int
  /// Bytes from one pixel to the next; more than `channels` in a slice of a wider tensor.
  public var pixelStride: Int

  public init(
    base: UnsafePointer<UInt8>, count: Int, height: Int, width: Int, channels: Int, pixelStride: Int? = nil
  ) {
    self.base = base
    self.count = count
    self.height = height
    self.width = width
    self.channels = channels
    self.pixelStride = pixelStride ?? channels
  }
}

/// Pictures of quantized numbers that a kernel writes, laid out like `InputByteImages`. What lies between a pixel's channels and the
/// next pixel is not touched.
public struct OutputByteImages: @unchecked Sendable {
  /// The first channel of the first pixel.
  public var base: UnsafeMutablePointer<UInt8>
  public var height: Int
  public var width: Int
  public var channels: Int
  /// Bytes from one pixel to the next; more than `channels` in a slice of a wider tensor.
  public var pixelStride: Int

  public init(
    base: UnsafeMutablePointer<UInt8>, height: Int, width: Int, channels: Int, pixelStride: Int? = nil
  ) {
    self.base = base
    self.height = height
    self.width = width
    self.channels = channels
    self.pixelStride = pixelStride ?? channels
  }
}

/// Pixels of quantized numbers for an element-wise kernel.
public struct BytePixels: @unchecked Sendable {
  public var base: UnsafeMutablePointer<UInt8>
  public var channels: Int
  /// Bytes from one pixel to the next.
  public var pixelStride: Int

  public init(_ base: UnsafeMutablePointer<UInt8>, channels: Int, pixelStride: Int) {
    self.base = base
    self.channels = channels
    self.pixelStride = pixelStride
  }
}

/// Pixels of floats for an element-wise kernel.
public struct FloatPixels: @unchecked Sendable {
  public var base: UnsafeMutablePointer<Float>
  /// Floats from one pixel to the next.
  public var pixelStride: Int

  public init(_ base: UnsafeMutablePointer<Float>, pixelStride: Int) {
    self.base = base
    self.pixelStride = pixelStride
  }
}
