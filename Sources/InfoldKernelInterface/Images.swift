/// Images in channels-last order (NHWC).
///
/// Rows and images are contiguous: a row has `width * pixelStride` elements, and an image has
/// `height` rows.
public struct Images<Base: BitwiseCopyable>: @unchecked Sendable {
  /// A pointer to the first channel of the first pixel.
  public var base: Base
  public var count: Int
  public var height: Int
  public var width: Int
  public var channels: Int
  /// The distance between pixels in elements. It exceeds `channels` in a slice of a wider tensor.
  public var pixelStride: Int

  @inlinable @inline(__always)
  public init(base: Base, count: Int, height: Int, width: Int, channels: Int, pixelStride: Int? = nil) {
    self.base = base
    self.count = count
    self.height = height
    self.width = width
    self.channels = channels
    self.pixelStride = pixelStride ?? channels
  }
}

/// Images that a kernel reads.
public typealias InputImages<Element: BitwiseCopyable> = Images<UnsafePointer<Element>>

/// Images that a kernel writes. Elements between a pixel's channels and the next pixel are left
/// unchanged.
public typealias OutputImages<Element: BitwiseCopyable> = Images<UnsafeMutablePointer<Element>>

/// The elements of an element-wise kernel, as a sequence of pixels.
public struct Pixels<Element: BitwiseCopyable>: @unchecked Sendable {
  public var base: UnsafeMutablePointer<Element>
  public var channels: Int
  /// The distance between pixels in elements.
  public var pixelStride: Int

  @inlinable @inline(__always)
  public init(_ base: UnsafeMutablePointer<Element>, channels: Int, pixelStride: Int) {
    self.base = base
    self.channels = channels
    self.pixelStride = pixelStride
  }
}

/// The movement of a window over images. The padding after the last row and column follows from the
/// output's size.
public struct ImageWindow: Sendable {
  public var height: Int
  public var width: Int
  public var strideY: Int
  public var strideX: Int
  public var dilationY: Int
  public var dilationX: Int
  /// The rows of padding above the image.
  public var padTop: Int
  /// The columns of padding before the image.
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
