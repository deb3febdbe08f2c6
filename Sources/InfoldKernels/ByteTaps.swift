import InfoldKernelInterface

extension ByteSet {
  typealias ByteRows = UnsafePointer<UnsafePointer<UInt8>>
}

/// The addresses of the taps of quantized images, in scratch memory after one pixel of padding.
struct ByteTaps {
  private let padding: UnsafePointer<UInt8>
  private let places: UnsafeMutablePointer<UnsafePointer<UInt8>>

  /// Uses scratch memory. All channels of the padding are set to `value`.
  @inline(__always)
  init(_ scratch: UnsafeMutableRawPointer, channels: Int, padding value: UInt8) {
    let byteCount = Self.paddingByteCount(channels)
    let bytes = scratch.assumingMemoryBound(to: UInt8.self)
    bytes.initialize(repeating: value, count: byteCount)
    padding = UnsafePointer(bytes)
    places = (scratch + byteCount).assumingMemoryBound(to: UnsafePointer<UInt8>.self)
  }

  /// Returns the scratch memory for `count` addresses.
  static func scratchByteCount(channels: Int, count: Int) -> Int {
    paddingByteCount(channels) + count * MemoryLayout<UnsafePointer<UInt8>>.stride
  }

  private static func paddingByteCount(_ channels: Int) -> Int { (channels + byteSlack + 63) & ~63 }

  /// The addresses that were located last.
  @inline(__always)
  var pointers: ByteSet.ByteRows { UnsafePointer(places) }

  /// Locates the taps of some output positions. See `locateTaps`.
  @inline(never)
  func locate(
    _ pixels: Range<Int>, _ window: ImageWindow, _ input: InputImages<UInt8>, _ output: OutputImages<UInt8>,
    tileRows: Int
  ) {
    locateTaps(pixels, window, input, output, tileRows: tileRows, padding: padding, into: places)
  }
}
