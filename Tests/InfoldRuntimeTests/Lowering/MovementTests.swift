import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct MovementTests {
  /// Runs one node on `shape` in every layout. Its result is both an output and an operand of another kernel.
  private func expect(
    _ opType: String, _ shape: [Int], opset: Int = 13, _ attributes: AttributeList = [:], _ others: [Tensor?] = [],
    outputs: [Int] = [], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for layout in OperandLayout.allCases {
      var network = NetworkBuilder(opset: opset)
      let x = try network.operand(shape, layout)
      let constants = others.map { $0.map { network.constant($0) } }
      let first = try network.node(opType, [x] + constants, attributes, outputs: max(outputs.count, 1))
      let results = (0..<max(outputs.count, 1)).map { index in
        network.graph.valueIDs.first { $0.index == first.index + index }!
      }
      var ends = results
      let types = try network.finished(results)
      for result in results {
        ends.append(try network.consumed(result, rank: try #require(types[result].type?.shape).rank))
      }
      try expectKernels(
        network.finished(ends), opset: opset, tolerance: 0, "\(opType) of \(shape), \(layout)",
        sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: [[2, 8, 5, 7], [1, 8, 6, 5], [2, 8, 9], [8, 6], [1, 2, 8, 3, 4]])
  func slices(shape: [Int]) throws {
    for axis in shape.indices {
      let axes = try Tensor.list(Int64(axis))
      for (start, end, step) in [(0, 2, 1), (1, 100, 1), (-1, -100, -1), (0, 100, 2), (-2, -100, -2)]
      where start < shape[axis] {
        let bounds = [try Tensor.list(Int64(start)), try .list(Int64(end)), axes, try .list(Int64(step))]
        try expect("Slice", shape, [:], bounds)
      }
    }
    try expect(
      "Slice", [2, 3, 4, 5], [:], [try .list(1, 1, 0), try .list(2, 3, 100), try .list(0, 2, 3), try .list(1, 1, 2)])
  }

  @Test(arguments: [[2, 6, 4, 5], [1, 9, 3, 3], [2, 6, 7], [6, 4], [3, 2, 4, 2, 3]])
  func splits(shape: [Int]) throws {
    for axis in shape.indices where shape[axis] > 2 {
      let parts = [1, shape[axis] - 2, 1]
      try expect(
        "Split", shape, ["axis": .int(Int64(axis))], [try .list(1, Int64(shape[axis] - 2), 1)], outputs: parts)
    }
  }

  @Test(arguments: [[2, 4, 3, 5], [2, 3, 4], [4, 3], [2, 3, 2, 4, 5]])
  func gathers(shape: [Int]) throws {
    for axis in shape.indices {
      let attributes: AttributeList = ["axis": .int(Int64(axis))]
      try expect("Gather", shape, attributes, [try Tensor(scalar: Int64(0))])
      try expect("Gather", shape, attributes, [try .list(-1, 0, 0, 1)])
      try expect("Gather", shape, attributes, [try Tensor(shape: [2, 2], [1, 0, -1, 1] as [Int64])])
    }
  }

  @Test func transpositions() throws {
    for shape in [[2, 3, 4], [2, 5, 3, 4], [1, 8, 1, 9]] {
      for permutation in permutations(shape.count) {
        try expect("Transpose", shape, ["perm": .ints(permutation.map { Int64($0) })])
      }
    }
    for permutation in [[2, 0, 3, 1, 4], [4, 3, 2, 1, 0], [0, 3, 1, 4, 2], [1, 0, 2, 4, 3]] as [[Int64]] {
      try expect("Transpose", [2, 7, 3, 4, 5], ["perm": .ints(permutation)])
    }
    try expect("Transpose", [70, 3, 130], ["perm": .ints([2, 1, 0])])
  }

  private func permutations(_ count: Int) -> [[Int]] {
    guard count > 0 else { return [[]] }
    return permutations(count - 1).flatMap { shorter in
      (0..<count).map { place in Array(shorter[..<place]) + [count - 1] + Array(shorter[place...]) }
    }
  }

  @Test(arguments: ["constant", "reflect", "edge"], [[2, 3, 5, 6], [1, 4, 7], [4, 5]])
  func pads(mode: String, shape: [Int]) throws {
    let rank = shape.count
    for pads in [[0, 0, 1, 2, 0, 0, 3, 1], [0, 1, 0, 2, 0, 2, 1, 0], [1, 0, -1, 2, 0, 0, -2, 0]] as [[Int64]] {
      if mode == "reflect", pads[0] > 0 { continue }
      let list = pads[(4 - rank)..<4] + pads[(8 - rank)..<8]
      let tensor = try Tensor(shape: [2 * rank], Array(list))
      let value = mode == "constant" ? [try Tensor(scalar: Float(-1.5))] : []
      try expect("Pad", shape, ["mode": .string(Array(mode.utf8))], [tensor] + value)
    }
  }

  @Test func repetitions() throws {
    try expect("Expand", [3, 1, 4], [:], [try .list(2, 3, 5, 4)])
    try expect("Expand", [2, 3, 1, 1], [:], [try .list(2, 3, 4, 5)])
    try expect("Expand", [1, 1, 4, 5], [:], [try .list(2, 3, 4, 5)])
    try expect("Tile", [2, 3, 4, 5], [:], [try .list(1, 2, 3, 1)])
    try expect("Tile", [3, 4], [:], [try .list(2, 2)])
  }

  @Test(arguments: ["DCR", "CRD"]) func blocks(mode: String) throws {
    for block in [2, 3] {
      let area = block * block
      try expect(
        "DepthToSpace", [2, 3 * area, 4, 5], ["blocksize": .int(Int64(block)), "mode": .string(Array(mode.utf8))])
    }
    try expect("SpaceToDepth", [2, 3, 8, 6], ["blocksize": .int(2)])
    try expect("SpaceToDepth", [1, 1, 6, 9], ["blocksize": .int(3)])
  }
}
