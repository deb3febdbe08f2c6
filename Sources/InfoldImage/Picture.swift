import InfoldSystem
import InfoldTensor

/// A picture in memory: 8-bit red, green and blue samples, in rows from top to bottom without
/// padding.
public struct Picture: Sendable, Hashable {
  /// The number of channels of every picture.
  public static let channels = 3

  /// The number of pixels in a row, at least 1.
  public let width: Int
  /// The number of rows, at least 1.
  public let height: Int
  /// The samples R, G, B of each pixel: `width · height · 3` bytes.
  public let pixels: [UInt8]

  /// Creates a picture from samples.
  /// - Parameters:
  ///   - width: The number of pixels in a row, at least 1.
  ///   - height: The number of rows, at least 1.
  ///   - pixels: R, G, B of each pixel, row by row.
  /// - Throws: `InfoldError` with `.invalidArgument` if a size is below 1, or if the count of
  ///   `pixels` is not `width · height · 3`.
  public init(width: Int, height: Int, pixels: [UInt8]) throws(InfoldError) {
    guard width > 0, height > 0 else {
      throw InfoldError(.invalidArgument, "a picture cannot have \(width)×\(height) pixels")
    }
    guard let count = checkedProduct([width, height, Self.channels]), count == pixels.count else {
      throw InfoldError(
        .invalidArgument,
        "\(counted(pixels.count, "byte")) \(pixels.count == 1 ? "was" : "were") given for a picture of \(width)×\(height) pixels"
      )
    }
    self.init(checkedWidth: width, height: height, pixels: pixels)
  }

  /// Creates a picture whose size has been checked against the count of `pixels`.
  package init(checkedWidth width: Int, height: Int, pixels: [UInt8]) {
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}

extension Picture: CustomStringConvertible {
  public var description: String { "\(width)×\(height) picture" }
}
