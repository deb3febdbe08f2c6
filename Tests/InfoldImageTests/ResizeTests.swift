import InfoldImage
import Testing

/// The parameters of a recorded result of Pillow, from its name: `SOURCE-FILTER-WIDTHxHEIGHT` or `FILTER-WIDTHxHEIGHT`.
private func parameters(of name: String) throws -> (filter: ResizeFilter, width: Int, height: Int) {
  let parts = name.prefix { $0 != "." }.split(separator: "-").suffix(2)
  let size = try #require(parts.last).split(separator: "x").compactMap { Int($0) }
  let filter = try #require(parts.first.flatMap { ResizeFilter(rawValue: String($0)) })
  try #require(size.count == 2)
  return (filter, size[0], size[1])
}

@Suite struct ResizeTests {
  static let recorded = Fixture.names(in: "resize", [".png"]).filter { $0.contains("-") }
  static let edgeCases = Fixture.names(in: "resize-edge-cases", [".ppm"]).filter { $0.contains("-") }

  @Test func fixturesAreThere() {
    #expect(Self.recorded.count == 60)
    #expect(Self.edgeCases.count == 13)
  }

  @Test(arguments: recorded)
  func equalsPillow(name: String) throws {
    let (filter, width, height) = try parameters(of: name)
    let source = try Picture(path: Fixture.path("resize/\(name.prefix { $0 != "-" }).png"))
    let resized = try source.resized(width: width, height: height, filter: filter)
    #expect(largestDifference(resized, try Picture(path: Fixture.path("resize/\(name)"))) == 0)
  }

  @Test(arguments: edgeCases)
  func equalsPillowInEdgeCases(name: String) throws {
    let (filter, width, height) = try parameters(of: name)
    let source = try Fixture.ppm("resize-edge-cases/source.ppm")
    let resized = try source.resized(width: width, height: height, filter: filter)
    #expect(largestDifference(resized, try Fixture.ppm("resize-edge-cases/\(name)")) == 0)
  }

  @Test(arguments: ResizeFilter.allCases)
  func keepsAPictureOfTheSameSize(filter: ResizeFilter) throws {
    let picture = try PictureTests.ramp(9, 7)
    #expect(try picture.resized(width: 9, height: 7, filter: filter) == picture)
  }

  @Test(arguments: ResizeFilter.allCases)
  func keepsAConstant(filter: ResizeFilter) throws {
    let picture = try Picture(width: 9, height: 7, pixels: .init(repeating: 201, count: 9 * 7 * 3))
    for (width, height) in [(1, 1), (4, 5), (30, 2), (100, 90)] {
      let resized = try picture.resized(width: width, height: height, filter: filter)
      #expect(resized.pixels == .init(repeating: 201, count: width * height * 3))
    }
  }

  @Test(arguments: [(0, 1), (1, 0), (-1, 5)])
  func refusesASizeBelowOne(width: Int, height: Int) throws {
    let picture = try PictureTests.ramp(2, 2)
    expectError(.invalidArgument, "cannot be resized") {
      _ = try picture.resized(width: width, height: height, filter: .box)
    }
  }

  @Test(arguments: ResizeFilter.allCases)
  func refusesAHugeSize(filter: ResizeFilter) throws {
    let picture = try PictureTests.ramp(2, 200)
    for (width, height) in [(60_000, 60_000), (.max, 1), (1, .max), (.max, .max)] {
      expectError(.limitExceeded, "limit") { _ = try picture.resized(width: width, height: height, filter: filter) }
    }
  }

  /// The result is small, but the intermediate picture, resized along the rows only, would exceed the limit.
  @Test func refusesALargeIntermediate() throws {
    let picture = try PictureTests.ramp(2, 200)
    let limits = ImageLimits(maximumPixels: 1000)
    #expect(throws: Never.self) { try picture.resized(width: 5, height: 200, filter: .bilinear, limits: limits) }
    expectError(.limitExceeded, "6×200") {
      _ = try picture.resized(width: 6, height: 2, filter: .bilinear, limits: limits)
    }
  }
}
