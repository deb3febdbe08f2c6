import Foundation
import InfoldImage
import InfoldSystem
import Testing

enum Fixture {
  static func path(_ name: String) -> String {
    Bundle.module.resourceURL!.appendingPathComponent("Fixtures/\(name)").path
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  /// The file name extensions of pictures.
  static let endings = [".jpg", ".png", ".webp", ".gif", ".bmp"]

  /// The names of the files in `folder` that end with one of `suffixes`, without the folder.
  static func names(in folder: String, _ suffixes: [String]) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path(folder))) ?? []
    return names.filter { name in suffixes.contains { name.hasSuffix($0) } }.sorted()
  }

  /// A picture in the binary PPM format with 8 bits.
  static func ppm(_ name: String) throws -> Picture {
    let bytes = try bytes(name)
    let header = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 3, omittingEmptySubsequences: false)
    let sizes = String(decoding: header[1], as: UTF8.self).split(separator: " ").compactMap { Int($0) }
    return try Picture(width: sizes[0], height: sizes[1], pixels: Array(header[3]))
  }
}

/// The largest difference of two samples; `nil` if the sizes differ.
func largestDifference(_ a: Picture, _ b: Picture) -> Int? {
  guard a.width == b.width, a.height == b.height else { return nil }
  return zip(a.pixels, b.pixels).map { abs(Int($0) - Int($1)) }.max()
}

/// Expects that `body` throws an `InfoldError` of the given code, whose description contains every text in `texts`.
func expectError(
  _ code: InfoldError.Code, _ texts: String..., sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Void
) {
  let error = #expect(throws: InfoldError.self, sourceLocation: sourceLocation) { try body() }
  guard let error else { return }
  #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
  for text in texts {
    #expect(error.description.contains(text), "\(text) is not in: \(error)", sourceLocation: sourceLocation)
  }
}
