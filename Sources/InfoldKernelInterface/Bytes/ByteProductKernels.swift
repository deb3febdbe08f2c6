/// Products of quantized numbers: convolutions of unsigned 8-bit images with signed weights.
///
/// Kernels may read up to `byteSlack` bytes after the last element of an input. These bytes must be
/// readable and may have any value. An element of the result is computed by the same operations
/// whatever the range of the work. Products are accumulated in 32 bits, which wrap around, so all
/// sets give the same bits. Kernels allocate no memory and check no arguments.
public protocol ByteProductKernels: Sendable {
  /// The name of the instruction set, such as `avx2`.
  static var name: String { get }

  /// The number of columns (output channels) of a panel of packed weights. The column ranges of
  /// `convolve` begin at multiples of this.
  static var panelWidth: Int { get }

  /// Returns the size of packed weights in bytes.
  static func packedByteCount(taps: Int, channels: Int, columns: Int) -> Int

  /// Packs weights into panels.
  static func pack(_ arguments: BytePackArguments)

  /// Returns the scratch memory in bytes that one call of `convolve` needs for a window of `taps`
  /// positions.
  static func convolutionScratch(taps: Int, channels: Int) -> Int

  /// Convolves channels-last images without an im2col matrix. Writes quantized numbers, or the raw
  /// sums.
  static func convolve(_ arguments: ByteConvolutionArguments)
}
