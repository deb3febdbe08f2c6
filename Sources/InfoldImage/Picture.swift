import InfoldSystem
import InfoldTensor

/// A picture in memory: red, green and blue with 8 bits each, rows from top to bottom without padding.
public struct Picture: Sendable, Hashable {
  /// The number of channels of every picture.
  public static let channels = 3

  /// Pixels in a row, at least 1.
  public let width: Int
  /// Rows, at least 1.
  public let height: Int
  /// The bytes R, G, B of each pixel: `width · height · 3`.
  public let pixels: [UInt8]

  /// A picture of the given bytes.
  /// - Parameters:
  ///   - width: Pixels in a row, at least 1.
  ///   - height: Rows, at least 1.
  ///   - pixels: R, G, B of each pixel, row by row.
  /// - Throws: `InfoldError` with `.invalidArgument` when a size is below 1 or `pixels` has another count than
  ///   `width · height · 3`.
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

  /// A picture whose sizes are known to fit its bytes.
  package init(checkedWidth width: Int, height: Int, pixels: [UInt8]) {
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}

extension Picture: CustomStringConvertible {
  public var description: String { "\(width)×\(height) picture" }
}
