import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

/// Reshape, Transpose and Reshape that shuffle channels, and similar ones that do not.
@Suite struct RecognizeChannelShufflesTests {
  /// Expects these operators after the pass for an input of `shape` that is reshaped to `split`, transposed by `axes` and reshaped to
  /// `joined`, and identical results.
  private func expect(
    _ operators: [String], shape: [Int], split: [Int64], axes: [Int64], joined: [Int64], reads: Bool = false,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var network = NetworkBuilder()
    let x = network.input(Shape(shape))
    let a = try network.node("Reshape", [x, network.constant(try Tensor(shape: [split.count], split))])
    let b = try network.node("Transpose", [a], ["perm": .ints(axes)])
    let c = try network.node("Reshape", [b, network.constant(try Tensor(shape: [joined.count], joined))])
    let graph = reads ? try network.finished(c, b) : try network.finished(c)
    let rewritten = try RemoveDeadCode().run(on: try RecognizeChannelShuffles().run(on: graph).graph).graph
    #expect(rewritten.nodes.map(\.opType) == operators, sourceLocation: sourceLocation)
    try rewritten.checkTypes()
    let inputs = try graph.randomInputs()
    #expect(
      try ReferenceEvaluator(rewritten).run(inputs) == ReferenceEvaluator(graph).run(inputs),
      sourceLocation: sourceLocation)
  }

  private let untouched = ["Reshape", "Transpose", "Reshape"]

  @Test func shuffles() throws {
    try expect(
      ["ChannelShuffle"], shape: [2, 6, 3, 4], split: [2, 2, 3, 3, 4], axes: [0, 2, 1, 3, 4], joined: [2, 6, 3, 4])
    try expect(
      ["ChannelShuffle"], shape: [2, 6, 3, 4], split: [2, 3, 2, 3, 4], axes: [0, 2, 1, 3, 4], joined: [0, -1, 3, 4])
    try expect(["ChannelShuffle"], shape: [2, 12, 5], split: [2, 4, 3, 5], axes: [0, 2, 1, 3], joined: [2, 12, 5])
    try expect(
      ["Reshape", "Transpose", "ChannelShuffle"], shape: [2, 6, 3, 4], split: [2, 2, 3, 3, 4], axes: [0, 2, 1, 3, 4],
      joined: [2, 6, 3, 4], reads: true)
  }

  @Test func otherRearrangements() throws {
    // Another transposition.
    try expect(
      untouched, shape: [2, 6, 4, 4], split: [2, 2, 3, 4, 4], axes: [0, 2, 1, 4, 3], joined: [2, 6, 4, 4])
    try expect(
      untouched, shape: [2, 6, 4, 4], split: [2, 2, 3, 4, 4], axes: [0, 1, 2, 3, 4], joined: [2, 6, 4, 4])
    // A different split: of the rows, or across dimensions.
    try expect(
      untouched, shape: [2, 6, 6, 4], split: [2, 6, 2, 3, 4], axes: [0, 2, 1, 3, 4], joined: [2, 6, 6, 4])
    try expect(
      untouched, shape: [2, 6, 4, 4], split: [2, 4, 3, 2, 4], axes: [0, 2, 1, 3, 4], joined: [2, 6, 4, 4])
    try expect(
      untouched, shape: [4, 6, 3, 4], split: [2, 2, 6, 3, 2, 2], axes: [0, 2, 1, 3, 4, 5],
      joined: [4, 6, 3, 4])
    // A different final shape.
    try expect(
      untouched, shape: [2, 6, 3, 4], split: [2, 2, 3, 3, 4], axes: [0, 2, 1, 3, 4], joined: [2, 6, 4, 3])
    try expect(untouched, shape: [2, 6], split: [2, 2, 3], axes: [0, 2, 1], joined: [2, 6])
  }
}
