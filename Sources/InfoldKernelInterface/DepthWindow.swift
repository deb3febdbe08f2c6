/// How a window moves through the depth of volumes, whose planes are pictures that follow one another.
public struct DepthWindow: Sendable, Hashable {
  /// The planes of a volume that is read, and of one that is written.
  public var inputDepth: Int
  public var outputDepth: Int
  /// The planes under a window.
  public var size: Int
  public var stride: Int
  public var dilation: Int
  /// Planes of padding before the volume.
  public var padFront: Int

  public init(
    inputDepth: Int, outputDepth: Int, size: Int, stride: Int = 1, dilation: Int = 1, padFront: Int = 0
  ) {
    self.inputDepth = inputDepth
    self.outputDepth = outputDepth
    self.size = size
    self.stride = stride
    self.dilation = dilation
    self.padFront = padFront
  }

  /// Pictures without depth, of which each is read for one.
  public static var flat: DepthWindow { DepthWindow(inputDepth: 1, outputDepth: 1, size: 1) }

  /// The planes of a window that lie inside the volume.
  @inlinable @inline(__always)
  public func taps(at z: Int) -> WindowTaps {
    WindowTaps(position: z, size: size, stride: stride, dilation: dilation, pad: padFront, extent: inputDepth)
  }
}
