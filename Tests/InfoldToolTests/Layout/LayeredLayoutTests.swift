import InfoldOperators
import InfoldReports
import InfoldSystem
import InfoldTensor
import InfoldTool
import Testing

@Suite struct LayeredLayoutTests {
  private func problem(_ count: Int, _ edges: [(Int, Int)], width: Double = 100) -> LayoutProblem {
    LayoutProblem(
      sizes: Array(repeating: .init(width: width, height: 40), count: count),
      edges: edges.map { .init(source: $0.0, target: $0.1, value: $0.0) })
  }

  @Test func putsAChainIntoOneLine() throws {
    let layout = try LayeredLayout.run(problem(4, [(0, 1), (1, 2), (2, 3)]))
    #expect(layout.centers.map(\.x) == [50, 50, 50, 50])
    #expect(layout.centers.map(\.y) == layout.centers.map(\.y).sorted())
    #expect(layout.routes.allSatisfy { route in route.allSatisfy { $0.x == 50 } })
    #expect(layout.width == 100)
  }

  /// A connection that skips a box, as in a residual block, keeps clear of it and runs straight
  /// down.
  @Test func leadsAConnectionAroundABox() throws {
    let layout = try LayeredLayout.run(problem(4, [(0, 1), (1, 2), (0, 3), (2, 3)]))
    let around = layout.routes[2]
    for box in [1, 2] {
      let center = layout.centers[box]
      let beside = around.filter { ($0.y - center.y).magnitude <= 20 }
      #expect(!beside.isEmpty)
      #expect(beside.allSatisfy { ($0.x - center.x).magnitude > 50 })
    }
    let straight = around.filter { $0.y > layout.centers[1].y - 20 && $0.y < layout.centers[2].y + 20 }
    #expect(Set(straight.map(\.x)).count == 1)
  }

  /// Connections from 0 to 2 and 1 to 3, then 2 to 5 and 3 to 4. An order without crossings exists,
  /// and it is not that of the numbers.
  @Test func avoidsCrossings() throws {
    let layout = try LayeredLayout.run(problem(6, [(0, 2), (1, 3), (2, 5), (3, 4)]))
    #expect((layout.centers[2].x < layout.centers[3].x) == (layout.centers[5].x < layout.centers[4].x))
    #expect((layout.centers[0].x < layout.centers[1].x) == (layout.centers[2].x < layout.centers[3].x))
  }

  @Test func placesNothing() throws {
    let layout = try LayeredLayout.run(problem(0, []))
    #expect(layout.width == 0 && layout.height == 0)
    #expect(try LayeredLayout.run(problem(3, [])).centers.count == 3)
  }

  @Test(arguments: 1...12)
  func placesRandomNetworks(seed: UInt64) throws {
    var generator = SplitMix64(seed: seed)
    func random(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }
    let count = 2 + random(60)
    var edges: [LayoutProblem.Edge] = []
    for target in 1..<count {
      for _ in 0...random(3) {
        let source = random(target)
        edges.append(.init(source: source, target: target, value: source * 2 + random(2)))
      }
    }
    let sizes = (0..<count).map { _ in
      LayoutProblem.Size(width: Double(20 + random(200)), height: Double(20 + random(80)))
    }
    let layout = try LayeredLayout.run(LayoutProblem(sizes: sizes, edges: edges))
    for (a, (center, size)) in zip(layout.centers, sizes).enumerated() {
      #expect(center.x - size.width / 2 >= -1e-6 && center.x + size.width / 2 <= layout.width + 1e-6)
      #expect(center.y - size.height / 2 >= -1e-6 && center.y + size.height / 2 <= layout.height + 1e-6)
      for b in 0..<a {
        let isApart =
          (center.x - layout.centers[b].x).magnitude >= (size.width + sizes[b].width) / 2 + 20
          || (center.y - layout.centers[b].y).magnitude >= (size.height + sizes[b].height) / 2 + 20
        #expect(isApart, "boxes \(a) and \(b) touch")
      }
    }
    for (edge, route) in zip(edges, layout.routes) {
      #expect(route.count % 3 == 1 && route.count > 3)
      #expect(route.map(\.y) == route.map(\.y).sorted(), "a connection turns back")
      let (start, end) = (route[0], route[route.count - 1])
      #expect((start.y - layout.centers[edge.source].y - sizes[edge.source].height / 2).magnitude < 1e-6)
      #expect((end.y - layout.centers[edge.target].y + sizes[edge.target].height / 2).magnitude < 1e-6)
      #expect((start.x - layout.centers[edge.source].x).magnitude <= sizes[edge.source].width / 2)
      #expect((end.x - layout.centers[edge.target].x).magnitude <= sizes[edge.target].width / 2)
    }
  }

  /// Each box also has a connection to the last one, which would need millions of bends.
  @Test func refusesTooLongConnections() throws {
    let count = 3000
    let edges = (1..<count).flatMap { [($0 - 1, $0), ($0 - 1, count)] }
    let error = #expect(throws: InfoldError.self) { try LayeredLayout.run(problem(count + 1, edges)) }
    #expect(error?.code == .limitExceeded)
  }
}
