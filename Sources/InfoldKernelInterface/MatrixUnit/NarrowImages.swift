/// The addresses of images whose elements are stored as bfloat16 numbers, for convolutions by a
/// matrix unit with rounded factors. They replace the addresses in the arguments. Strides are
/// counted in elements, as in those.
public struct NarrowImages: @unchecked Sendable {
  /// The input, or `nil` if its elements are float32 numbers.
  public var input: UnsafePointer<UInt16>?
  /// The output, or `nil` if its elements are float32 numbers. Results are rounded when they are
  /// stored, as the next convolution would round them when it reads them.
  public var output: UnsafeMutablePointer<UInt16>?

  public init(input: UnsafePointer<UInt16>? = nil, output: UnsafeMutablePointer<UInt16>? = nil) {
    self.input = input
    self.output = output
  }
}
