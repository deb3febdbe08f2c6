import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Which values are written directly into the concatenation that they are a part of, and where.
@Suite struct ConcatPlacementTests {
  private struct Blocks {
    var network = NetworkBuilder()
    let x: ValueID

    init(of type: ElementType = .float32) { x = network.input([2, 3, 4, 4], of: type) }

    mutating func relu(_ x: ValueID) throws -> ValueID { try network.node("Relu", [x]) }

    mutating func concat(_ parts: ValueID..., axis: Int64 = 1) throws -> ValueID {
      try network.node("Concat", parts, ["axis": .int(axis)])
    }

    mutating func placement(_ outputs: ValueID...) throws -> ConcatPlacement {
      ConcatPlacement(try network.finished(outputs))
    }
  }

  @Test(arguments: [1, -3]) func channels(axis: Int64) throws {
    var blocks = Blocks()
    let a = try blocks.relu(blocks.x), b = try blocks.relu(a)
    let whole = try blocks.concat(a, b, axis: axis)
    let placement = try blocks.placement(whole)
    #expect(placement.part(a)?.whole == whole && placement.part(a)?.firstChannel == 0)
    #expect(placement.part(b)?.whole == whole && placement.part(b)?.firstChannel == 3)
    #expect(placement.part(whole) == nil && placement.part(blocks.x) == nil)
  }

  @Test(arguments: [0, 2, 3, -1]) func otherAxes(axis: Int64) throws {
    var blocks = Blocks()
    let a = try blocks.relu(blocks.x), b = try blocks.relu(a)
    let placement = try blocks.placement(blocks.concat(a, b, axis: axis))
    #expect(placement.part(a) == nil && placement.part(b) == nil)
  }

  @Test func nested() throws {
    var blocks = Blocks()
    let a = try blocks.relu(blocks.x), b = try blocks.relu(a), c = try blocks.relu(b)
    let inner = try blocks.concat(a, b), outer = try blocks.concat(c, inner)
    let placement = try blocks.placement(outer)
    #expect(placement.part(inner)?.whole == outer && placement.part(inner)?.firstChannel == 3)
    #expect(placement.part(b)?.whole == inner && placement.part(b)?.firstChannel == 3)
    #expect(placement.part(c)?.firstChannel == 0)
  }

  /// Of many nested concatenations, each is placed in the next, with rare exceptions.
  @Test func manyNested() throws {
    var blocks = Blocks()
    var wholes = [try blocks.relu(blocks.x)]
    for _ in 0..<100 { wholes.append(try blocks.concat(wholes.last!, try blocks.relu(blocks.x))) }
    let placement = try blocks.placement(wholes.last!)
    let isPlaced = wholes.dropLast().map { placement.part($0) != nil }
    #expect(isPlaced.count(where: { !$0 }) == 1 && isPlaced[0])
  }

  /// The value is placed in the first concatenation, and copied to the second.
  @Test func aPartOfTwo() throws {
    var blocks = Blocks()
    let a = try blocks.relu(blocks.x), b = try blocks.relu(a)
    let first = try blocks.concat(a, b), second = try blocks.concat(b, a)
    let placement = try blocks.placement(first, second)
    #expect(placement.part(a)?.whole == first && placement.part(b)?.whole == first)
  }

  @Test func aPartThatStandsTwice() throws {
    var blocks = Blocks()
    let a = try blocks.relu(blocks.x), b = try blocks.relu(a)
    let placement = try blocks.placement(blocks.concat(a, b, a))
    #expect(placement.part(a) == nil && placement.part(b)?.firstChannel == 3)
  }

  @Test func inputsAndOutputsAndConstants() throws {
    var blocks = Blocks()
    let a = try blocks.relu(blocks.x), constant = try blocks.network.weights([2, 3, 4, 4])
    let placement = try blocks.placement(blocks.concat(blocks.x, a, constant), a)
    for value in [blocks.x, a, constant] { #expect(placement.part(value) == nil) }
  }

  /// Types that planned memory supports, with four or five dimensions, and with elements.
  @Test func otherTypesAndShapes() throws {
    for type in [ElementType.float32, .uint8, .int8, .float16, .float64] {
      var blocks = Blocks(of: type)
      let a = try blocks.network.node("Identity", [blocks.x])
      let placement = try blocks.placement(blocks.concat(a, blocks.x))
      #expect(placement.part(a) != nil)
    }
    let shapes: [(sizes: Shape, isPlaced: Bool)] = [
      ([2, 3, 4, 4, 4], true), ([2, 3, 4], false), ([2, 3, 4, 2, 2, 2], false), ([2, 3, 0, 4], false),
      ([2, 3, 4, 0, 4], false), (["N", 3, 4, 4], false),
    ]
    for (shape, isPlaced) in shapes {
      var network = NetworkBuilder()
      let x = network.input(shape)
      let a = try network.node("Relu", [x])
      let graph = try network.finished(network.node("Concat", [a, x], ["axis": .int(1)]))
      #expect((ConcatPlacement(graph).part(a) != nil) == isPlaced)
    }
  }
}
