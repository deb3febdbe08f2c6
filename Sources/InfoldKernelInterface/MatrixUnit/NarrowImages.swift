/// The addresses of images whose elements are stored as bfloat16 numbers, for convolutions by a
/// matrix unit. They replace the addresses in the arguments. Strides are counted in elements, as in
/// those.
///
/// With split factors, images have two planes. The second contains the second parts of all
/// elements.
public struct NarrowImages: @unchecked Sendable {
  /// The input, or `nil` if its elements are float32 numbers.
  public var input: UnsafePointer<UInt16>?
  /// The output, or `nil` if its elements are float32 numbers. Results are converted when they are
  /// stored, as the next convolution would convert them when it reads them.
  public var output: UnsafeMutablePointer<UInt16>?
  /// The distance between the two parts of an element of the input, for split factors.
  public var inputPlaneStride: Int
  /// The distance between the two parts of an element of the output, for split factors.
  public var outputPlaneStride: Int

  public init(
    input: UnsafePointer<UInt16>? = nil, output: UnsafeMutablePointer<UInt16>? = nil, inputPlaneStride: Int = 0,
    outputPlaneStride: Int = 0
  ) {
    self.input = input
    self.output = output
    self.inputPlaneStride = inputPlaneStride
    self.outputPlaneStride = outputPlaneStride
  }
}
