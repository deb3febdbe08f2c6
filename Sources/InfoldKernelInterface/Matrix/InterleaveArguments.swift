/// Images with few channels to be rewritten in channels-last order with padding around them. A
/// convolution can then read the pixels in a row of its window as one contiguous run.
public struct InterleaveArguments: @unchecked Sendable {
  public var input: UnsafeRawPointer
  public var images: Int
  public var height: Int
  public var width: Int
  public var channels: Int
  /// The strides of the input in elements. Rows are contiguous.
  public var channelStride: Int
  public var pixelStride: Int
  public var imageStride: Int
  public var padTop: Int
  public var padLeft: Int
  /// The output, [images, outputHeight, outputWidth, channels]. Positions outside of the input
  /// become `padding`. Input that does not fit is cropped.
  public var output: UnsafeMutableRawPointer
  public var outputHeight: Int
  public var outputWidth: Int
  /// The size of an element in bytes: 1 or 4.
  public var elementByteCount: Int
  /// The bits of elements outside of the input.
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
