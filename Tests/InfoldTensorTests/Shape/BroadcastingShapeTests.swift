import InfoldGraph
import InfoldSystem
import InfoldTensor
import Testing

@Suite struct BroadcastingShapeTests {
  @Test(
    arguments: [
      ([2, 3, 4], [3, 1], [2, 3, 4]),
      (["N", 3, "H"], ["N", 1, "H"], ["N", 3, "H"]),
      (["N", 3], ["M", 1], [.unknown, 3]),
      (["N", .unknown], [5, 5], [5, 5]),
      ([.unknown, 1], [1, "W"], [.unknown, "W"]),
      ([0, 2], [1, 1], [0, 2]),
      (["N"], [0], [0]),
      ([], ["N"], ["N"]),
    ] as [(Shape, Shape, Shape)])
  func repeatsOnesOnBothSides(a: Shape, b: Shape, result: Shape) throws {
    #expect(try a.broadcast(with: b) == result)
    #expect(try b.broadcast(with: a) == result)
  }

  @Test(
    arguments: [
      (["N", 3, 4], [3, 1], ["N", 3, 4]),
      (["N", .unknown], [5, 5], [5, 5]),
      (["N"], ["M"], ["N"]),
    ] as [(Shape, Shape, Shape)])
  func keepsTheReceiver(a: Shape, b: Shape, result: Shape) throws {
    #expect(try a.broadcast(receiving: b) == result)
  }

  @Test func refusesWhatDoesNotFit() {
    #expect(throws: InfoldError.self) { try ([2, 3] as Shape).broadcast(with: [2]) }
    #expect(throws: InfoldError.self) { try ([2, 0] as Shape).broadcast(with: [2, 2]) }
    #expect(throws: InfoldError.self) { try ([2, 1] as Shape).broadcast(receiving: [2, 3]) }
    #expect(throws: InfoldError.self) { try ([2] as Shape).broadcast(receiving: [1, 2]) }
  }

  @Test(
    arguments: [
      (BroadcastRule.equalShapes, [2, "N"], [2, 3], [2, 3]),
      (.legacy(axis: nil), [2, 3, 4, 5], [4, 5], [2, 3, 4, 5]),
      (.legacy(axis: 1), [2, 3, 4, 5], [3, 4], [2, 3, 4, 5]),
      (.legacy(axis: -4), [2, 3, 4, 5], [2], [2, 3, 4, 5]),
      (.legacy(axis: 3), [2, 3, 4, 5], [1, 1], [2, 3, 4, 5]),
      (.legacy(axis: 0), ["N", 3], [], ["N", 3]),
    ] as [(BroadcastRule, Shape, Shape, Shape)])
  func followsTheRulesOfEarlyOpsets(rule: BroadcastRule, a: Shape, b: Shape, result: Shape) throws {
    #expect(try rule.resultShape(a, b) == result)
  }

  @Test(
    arguments: [
      (BroadcastRule.equalShapes, [2, 3], [1, 3]),
      (.legacy(axis: 1), [2, 3], [2, 3]),
      (.legacy(axis: 4), [2, 3], [3]),
      (.legacy(axis: nil), [2, 3], [2]),
      (.legacy(axis: nil), [1, 3], [2, 3]),
    ] as [(BroadcastRule, Shape, Shape)])
  func refusesWhatEarlyOpsetsForbid(rule: BroadcastRule, a: Shape, b: Shape) {
    #expect(throws: InfoldError.self) { try rule.resultShape(a, b) }
  }
}
