import InfoldImage
import Testing

@Suite struct PictureTests {
  /// A picture whose red value is the column, and whose green value is the row.
  static func ramp(_ width: Int, _ height: Int) throws -> Picture {
    try Picture(
      width: width, height: height,
      pixels: (0..<height).flatMap { y in (0..<width).flatMap { x in [UInt8(x), UInt8(y), 0] } })
  }

  @Test func refusesAWrongCount() {
    expectError(.invalidArgument, "11 bytes") {
      _ = try Picture(width: 2, height: 2, pixels: .init(repeating: 0, count: 11))
    }
    expectError(.invalidArgument, "0×4") { _ = try Picture(width: 0, height: 4, pixels: []) }
    expectError(.invalidArgument, "-1×-1") { _ = try Picture(width: -1, height: -1, pixels: [0, 0, 0]) }
    expectError(.invalidArgument, "0 bytes") { _ = try Picture(width: .max, height: .max, pixels: []) }
  }

  @Test func crops() throws {
    let cropped = try Self.ramp(6, 5).cropped(x: 2, y: 1, width: 2, height: 3)
    #expect(cropped.width == 2 && cropped.height == 3)
    #expect(cropped.pixels == [2, 1, 0, 3, 1, 0, 2, 2, 0, 3, 2, 0, 2, 3, 0, 3, 3, 0])
  }

  @Test(arguments: [
    (-1, 0, 2, 2), (0, -1, 2, 2), (5, 0, 2, 2), (0, 4, 2, 2), (0, 0, 0, 2), (0, 0, 2, -1), (.max, 0, 2, 2),
    (1, 1, .max, 2),
  ])
  func refusesACropOutside(x: Int, y: Int, width: Int, height: Int) throws {
    let picture = try Self.ramp(6, 5)
    expectError(.invalidArgument, "is not inside") { _ = try picture.cropped(x: x, y: y, width: width, height: height) }
  }

  /// Width, height, fraction, aspect, and the expected left, top, width and height.
  static let centerCrops: [(size: (Int, Int), fraction: Double, aspect: (Int, Int), expected: [Int])] = [
    ((100, 60), 1, (1, 1), [20, 0, 60, 60]),
    ((60, 100), 1, (1, 1), [0, 20, 60, 60]),
    ((45, 30), 0.875, (1, 1), [9, 2, 26, 26]),
    ((7, 5), 0.001, (1, 1), [3, 2, 1, 1]),
    ((100, 50), 1, (4, 1), [0, 12, 100, 25]),
    ((100, 50), 0.5, (4, 1), [25, 19, 50, 12]),
    ((50, 100), 1, (1, 4), [12, 0, 25, 100]),
    ((100, 100), 0.9, (224, 224), [5, 5, 90, 90]),
    ((20, 20), 1, (.max, 1), [0, 9, 20, 1]),
  ]

  @Test(arguments: centerCrops.indices)
  func cropsTheCenter(index: Int) throws {
    let (size, fraction, aspect, expected) = Self.centerCrops[index]
    let cropped = try Self.ramp(size.0, size.1).centerCropped(fraction: fraction, aspect: aspect)
    #expect([Int(cropped.pixels[0]), Int(cropped.pixels[1]), cropped.width, cropped.height] == expected)
  }

  @Test(arguments: [0, -0.5, 1.0001, .nan, .infinity])
  func refusesACropFraction(fraction: Double) throws {
    let picture = try Self.ramp(6, 5)
    expectError(.invalidArgument, "crop fraction") { _ = try picture.centerCropped(fraction: fraction) }
  }

  @Test func refusesAnAspect() throws {
    let picture = try Self.ramp(6, 5)
    expectError(.invalidArgument, "aspect 0:1") { _ = try picture.centerCropped(fraction: 1, aspect: (0, 1)) }
    expectError(.invalidArgument, "aspect 1:-1") { _ = try picture.centerCropped(fraction: 1, aspect: (1, -1)) }
  }
}
