/// Images of a few channels, to be written with the channels last and with padding around them, so that a convolution
/// reads the pixels of a row of its window as one run of numbers.
public struct InterleaveArguments: @unchecked Sendable {
  public var input: UnsafeRawPointer
  public var images: Int
  public var height: Int
  public var width: Int
  public var channels: Int
  /// The distances in the input, in elements. Rows follow without gaps.
  public var channelStride: Int
  public var pixelStride: Int
  public var imageStride: Int
  public var padTop: Int
  public var padLeft: Int
  /// [images, outputHeight, outputWidth, channels]. What lies outside of the input becomes `padding`; what does not fit is left
  /// out.
  public var output: UnsafeMutableRawPointer
  public var outputHeight: Int
  public var outputWidth: Int
  /// The bytes of an element: 1 or 4.
  public var elementByteCount: Int
  /// The bits of an element that lies outside of the input.
  public var padding: UInt32

  public init(
    input: UnsafeRawPointer, images: Int, height: Int, width: Int, channels: Int, channelStride: Int,
    pixelStride: Int, imageStride: Int, padTop: Int, padLeft: Int, output: UnsafeMutableRawPointer,
    outputHeight: Int, outputWidth: Int, elementByteCount: Int = 4, padding: UInt32 = 0
  ) {
    self.input = input
    self.images = images
    self.height = height
    self.width = width
    self.channels = channels
    self.channelStride = channelStride
    self.pixelStride = pixelStride
    self.imageStride = imageStride
    self.padTop = padTop
    self.padLeft = padLeft
    self.output = output
    self.outputHeight = outputHeight
    self.outputWidth = outputWidth
    self.elementByteCount = elementByteCount
    self.padding = padding
  }
}
