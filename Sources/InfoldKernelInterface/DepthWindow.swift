/// The movement of a window through the depth of a volume. The planes of a volume are stored as
/// consecutive images.
public struct DepthWindow: Sendable, Hashable {
  /// The planes of an input volume and of an output volume.
  public var inputDepth: Int
  public var outputDepth: Int
  /// The planes covered by a window.
  public var size: Int
  public var stride: Int
  public var dilation: Int
  /// The planes of padding before the volume.
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

  /// The window of images without depth.
  public static var flat: DepthWindow { DepthWindow(inputDepth: 1, outputDepth: 1, size: 1) }

  /// Returns the planes of a window that lie inside the volume.
  @inlinable @inline(__always)
  public func taps(at z: Int) -> WindowTaps {
    WindowTaps(position: z, size: size, stride: stride, dilation: dilation, pad: padFront, extent: inputDepth)
  }
}
