import InfoldImage
import Testing
import TextReading

@Suite struct GeometryTests {
  @Test func hullHasOnlyCorners() {
    let grid = (0...3).flatMap { x in (0...2).map { y in Point(Double(x), Double(y)) } }
    #expect(convexHull(grid) == [Point(0, 0), Point(3, 0), Point(3, 2), Point(0, 2)])
    #expect(convexHull([Point(1, 1), Point(1, 1)]) == [Point(1, 1)])
    #expect(convexHull([Point(2, 0), Point(0, 0), Point(1, 0)]).count == 2)
  }

  @Test func smallestRectangleLiesAskew() throws {
    let diamond = [Point(0, 3), Point(4, 0), Point(7, 4), Point(3, 7)]
    let rectangle = try #require(RotatedRectangle(around: diamond))
    #expect(abs(rectangle.area - 25) < 1e-9)
    #expect(abs(rectangle.grown(by: 1).area - 49) < 1e-9)
    #expect(abs(rectangle.perimeter - 20) < 1e-9)
    #expect(rectangle.contains(Point(3.5, 3.5)) && !rectangle.contains(Point(0.5, 0.5)))
    #expect(RotatedRectangle(around: []) == nil)
    #expect(RotatedRectangle(around: [Point(5, 6)])?.area == 0)
  }

  @Test func componentsTouchAtCorners() {
    let map = "#..#" + ".#.." + "...#"
    let mask = Mask(width: 4, height: 3) { Array(map)[$0] == "#" }
    #expect(mask.components.map { Set($0) } == [[Point(0, 0), Point(1, 1)], [Point(3, 0)], [Point(3, 2)]])
    #expect(mask.dilated.components.count == 1)
  }

  @Test func textRunsFromLeftToRightAndDown() {
    func box(_ x: Double, _ y: Double) -> Quadrilateral {
      Quadrilateral(upright: [Point(x + 20, y), Point(x, y), Point(x, y + 8), Point(x + 20, y + 8)])
    }
    let boxes = [box(0, 40), box(50, 3), box(0, 9), box(25, 0)]
    #expect(boxes.inReadingOrder() == [box(0, 9), box(25, 0), box(50, 3), box(0, 40)])
    #expect(box(0, 0).turned(2).corners == [Point(20, 8), Point(0, 8), Point(0, 0), Point(20, 0)])
  }

  @Test func cropsTurnLines() throws {
    let pixels: [UInt8] = (0..<6).flatMap { [$0, $0, $0] as [UInt8] }
    let picture = try Picture(width: 3, height: 2, pixels: pixels)
    let box = Quadrilateral(upright: [Point(0, 0), Point(3, 0), Point(0, 2), Point(3, 2)])
    #expect(try picture.line(in: box) == picture)
    let turned = try picture.line(in: box.turned(1))
    #expect(turned.width == 2 && turned.height == 3)
  }
}
