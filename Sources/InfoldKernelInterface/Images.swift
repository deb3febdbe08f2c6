/// Pictures, channels last (NHWC).
///
/// Rows and pictures follow each other without gaps: a row has `width * pixelStride` elements, a picture `height` rows.
public struct Images<Base: BitwiseCopyable>: @unchecked Sendable {
  /// The first channel of the first pixel.
  public var base: Base
  public var count: Int
  public var height: Int
  public var width: Int
  public var channels: Int
  /// Elements from one pixel to the next; more than `channels` in a slice of a wider tensor.
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

/// Pictures that a kernel reads.
public typealias InputImages<Element: BitwiseCopyable> = Images<UnsafePointer<Element>>

/// Pictures that a kernel writes. What lies between a pixel's channels and the next pixel is not touched.
public typealias OutputImages<Element: BitwiseCopyable> = Images<UnsafeMutablePointer<Element>>

/// Elements for an element-wise kernel: pixels behind one another.
public struct Pixels<Element: BitwiseCopyable>: @unchecked Sendable {
  public var base: UnsafeMutablePointer<Element>
  public var channels: Int
  /// Elements from one pixel to the next.
  public var pixelStride: Int

  @inlinable @inline(__always)
  public init(_ base: UnsafeMutablePointer<Element>, channels: Int, pixelStride: Int) {
    self.base = base
    self.channels = channels
    self.pixelStride = pixelStride
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
