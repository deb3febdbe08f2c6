import Infold
import InfoldOperators
import InfoldPasses
import TestSupport
import Testing

/// Models with sequences: in a session, without optimization, and in double precision.
@Suite struct ReplaceSequencesTests {
  private func int(_ name: String, _ value: Int) -> [Wire] { Onnx.attribute(name, type: 2, [.int(3, value)]) }

  private func scalar(_ name: String, _ value: Int) -> Wire {
    Onnx.initializer(name, type: 7, [], [.packed(7, [value])])
  }

  private func list(_ name: String, _ values: [Int]) -> Wire {
    Onnx.initializer(name, type: 7, [values.count], [.packed(7, values)])
  }

  private func tensor(_ shape: [Int], _ elements: [Float]) throws -> Tensor { try Tensor(shape: shape, elements) }

  private func expect(
    _ graph: [Wire], _ inputs: [String: Tensor], gives expected: [String: Tensor], opset: Int = 13,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    let bytes = Onnx.model(opsets: [("", opset)], graph: graph)
    for options in [SessionOptions(threads: 1), SessionOptions(optimize: false)] {
      let results = try Session(Model(bytes: bytes), options: options).run(inputs)
      for (name, tensor) in expected { #expect(results[name] == tensor, sourceLocation: location) }
    }
    let truth = try ReferenceSession(Model(bytes: bytes)).run(inputs)
    for (name, tensor) in expected {
      #expect(try truth[name]?.cast(to: tensor.elementType) == tensor, sourceLocation: location)
    }
  }

  /// Tensors are inserted, read and erased at known positions.
  @Test(arguments: [11, 13, 18]) func ofKnownLength(opset: Int) throws {
    try expect(
      [
        Onnx.input("x", [Onnx.dim(2)]), Onnx.input("z", [Onnx.dim("n")]), Onnx.output("y"), Onnx.output("l", type: 7),
        Onnx.output("f"), Onnx.node("SequenceConstruct", ["x", "z"], ["s"]),
        Onnx.node("Neg", ["x"], ["m"]), Onnx.node("SequenceInsert", ["s", "m", "zero"], ["t"]),
        Onnx.node("SequenceInsert", ["t", "x"], ["u"]), Onnx.node("Identity", ["u"], ["v"]),
        Onnx.node("SequenceErase", ["v", "two"], ["w"]), Onnx.node("SequenceLength", ["w"], ["l"]),
        Onnx.node("SequenceAt", ["w", "minus"], ["f"]),
        Onnx.node("ConcatFromSequence", ["w"], ["y"], attributes: [int("axis", -1)]),
        scalar("zero", 0), scalar("two", 2), scalar("minus", -3),
      ], ["x": tensor([2], [1, 2]), "z": tensor([1], [7])],
      gives: [
        "y": tensor([6], [-1, -2, 1, 2, 1, 2]), "l": Tensor(scalar: Int64(3)), "f": tensor([2], [-1, -2]),
      ], opset: opset)
  }

  @Test func fromNothing() throws {
    try expect(
      [
        Onnx.input("x", [Onnx.dim(2)]), Onnx.output("y"), Onnx.node("SequenceEmpty", [], ["e"]),
        Onnx.node("SequenceInsert", ["e", "x"], ["s"]), Onnx.node("SequenceInsert", ["s", "x"], ["t"]),
        Onnx.node("ConcatFromSequence", ["t"], ["y"], attributes: [int("axis", 1), int("new_axis", 1)]),
      ], ["x": tensor([2], [3, 4])], gives: ["y": tensor([2, 2], [3, 3, 4, 4])])
  }

  @Test(arguments: [11, 13]) func splits(opset: Int) throws {
    let x = try Tensor.counting([2, 3])
    for (keeps, shape) in [(1, [2, 1]), (0, [2])] {
      try expect(
        [
          Onnx.input("x", [Onnx.dim(2), Onnx.dim(3)]), Onnx.output("y"),
          Onnx.node("SplitToSequence", ["x"], ["s"], attributes: [int("axis", 1), int("keepdims", keeps)]),
          Onnx.node("SequenceAt", ["s", "one"], ["y"]), scalar("one", 1),
        ], ["x": x], gives: ["y": tensor(shape, [1, 4])], opset: opset)
    }
    for (sizes, place, expected) in [
      (list("p", [1, 2]), 1, try tensor([2, 2], [1, 2, 4, 5])), (scalar("p", 2), 1, try tensor([2, 1], [2, 5])),
    ] {
      try expect(
        [
          Onnx.input("x", [Onnx.dim(2), Onnx.dim(3)]), Onnx.output("y"), Onnx.output("l", type: 7),
          Onnx.node("SplitToSequence", ["x", "p"], ["s"], attributes: [int("axis", -1)]),
          Onnx.node("SequenceLength", ["s"], ["l"]), Onnx.node("SequenceAt", ["s", "i"], ["y"]), sizes,
          scalar("i", place),
        ], ["x": x], gives: ["y": expected, "l": Tensor(scalar: Int64(2))], opset: opset)
    }
  }

  /// Parts together with another tensor of the same shape, at a position that is computed at run time.
  @Test func partsLookedUp() throws {
    try expect(
      [
        Onnx.input("x", [Onnx.dim(1), Onnx.dim(2)]), Onnx.input("i", type: 7, []), Onnx.output("y"),
        Onnx.node("Neg", ["x"], ["m"]), Onnx.node("SplitToSequence", ["x"], ["s"]),
        Onnx.node("SequenceInsert", ["s", "m", "zero"], ["t"]), Onnx.node("SequenceAt", ["t", "i"], ["y"]),
        scalar("zero", 0),
      ], ["x": tensor([1, 2], [3, 4]), "i": Tensor(scalar: Int64(1))], gives: ["y": tensor([1, 2], [3, 4])])
  }

  /// Parts whose sizes are computed at run time. Their number is known.
  @Test(arguments: [6, 7]) func splitsOfComputedSizes(type: Int) throws {
    let sizes = try Tensor(shape: [3], [Int64(1), 0, 2])
    try expect(
      [
        Onnx.input("x", [Onnx.dim(2), Onnx.dim("n")]), Onnx.input("p", type: type, [Onnx.dim(3)]), Onnx.output("y"),
        Onnx.output("z"), Onnx.output("l", type: 7),
        Onnx.node("SplitToSequence", ["x", "p"], ["s"], attributes: [int("axis", 1), int("keepdims", 0)]),
        Onnx.node("SequenceAt", ["s", "two"], ["y"]), Onnx.node("SequenceLength", ["s"], ["l"]),
        Onnx.node("SequenceErase", ["s", "zero"], ["t"]),
        Onnx.node("ConcatFromSequence", ["t"], ["z"], attributes: [int("axis", 1)]), scalar("two", 2),
        scalar("zero", 0),
      ], ["x": .counting([2, 3]), "p": sizes.cast(to: type == 6 ? .int32 : .int64)],
      gives: [
        "y": tensor([2, 2], [1, 2, 4, 5]), "z": tensor([2, 2], [1, 2, 4, 5]), "l": Tensor(scalar: Int64(3)),
      ])
  }

  /// Slices of size 1 keep their axis, whatever `keepdims` is, and have the same shape, so that their number may be known only at run time.
  @Test(arguments: ["n", "known"]) func splitsOfOne(size: String) throws {
    for axis in [0, 1] {
      let expected: [Float] = axis == 0 ? [2, 3] : [1, 3, 5]
      try expect(
        [
          Onnx.input("x", [size == "n" ? Onnx.dim("n") : Onnx.dim(3), Onnx.dim(2)]), Onnx.input("i", type: 7, []),
          Onnx.output("y"), Onnx.output("l", type: 7),
          Onnx.node("SplitToSequence", ["x", "one"], ["s"], attributes: [int("axis", axis), int("keepdims", 0)]),
          Onnx.node("SequenceAt", ["s", "i"], ["y"]), Onnx.node("SequenceLength", ["s"], ["l"]), scalar("one", 1),
        ], ["x": .counting([3, 2]), "i": Tensor(scalar: Int64(1))],
        gives: [
          "y": tensor(axis == 0 ? [1, 2] : [3, 1], expected), "l": Tensor(scalar: Int64(axis == 0 ? 3 : 2)),
        ])
    }
  }

  /// A dynamic length, split at a position that is computed at run time, and concatenated again.
  @Test func ofOpenLength() throws {
    for (axis, keeps, shape) in [(0, 0, [2]), (0, 1, [1, 2]), (1, 0, [3]), (1, 1, [3, 1])] {
      let elements: [Float] = axis == 0 ? [2, 3] : [1, 3, 5]
      let expected: [Float] = axis == 0 || keeps == 1 ? [0, 1, 2, 3, 4, 5] : [0, 2, 4, 1, 3, 5]
      let joined = keeps == 1 ? [3, 2] : axis == 0 ? [6] : [6]
      try expect(
        [
          Onnx.input("x", [Onnx.dim("n"), Onnx.dim("m")]), Onnx.input("i", type: 7, []), Onnx.output("y"),
          Onnx.output("l", type: 7), Onnx.output("j"),
          Onnx.node("SplitToSequence", ["x"], ["s"], attributes: [int("axis", axis), int("keepdims", keeps)]),
          Onnx.node("SequenceAt", ["s", "i"], ["y"]), Onnx.node("SequenceLength", ["s"], ["l"]),
          Onnx.node("ConcatFromSequence", ["s"], ["j"], attributes: [int("axis", keeps == 1 ? axis : 0)]),
        ], ["x": .counting([3, 2]), "i": Tensor(scalar: Int64(1))],
        gives: [
          "y": tensor(shape, elements), "l": Tensor(scalar: Int64(axis == 0 ? 3 : 2)), "j": tensor(joined, expected),
        ])
    }
  }

  /// A Loop with `body`, whose nodes can read the iteration number `i`, and the loop-carried value `s` if there is one.
  private func loop(
    _ nodes: [Wire], carries: [String] = [], gives outputs: [String], _ inputs: [String], _ made: [String]
  ) -> Wire {
    let body =
      [Onnx.input("i", type: 7, []), Onnx.input("c", type: 9, [])] + carries.map { Wire.message(11, [.text(1, $0)]) }
      + [Onnx.output("c2", type: 9, [])] + outputs.map { Wire.message(12, [.text(1, $0)]) }
      + [Onnx.node("Identity", ["c"], ["c2"])] + nodes
    return Onnx.node(
      "Loop", name: "loop", inputs, made, attributes: [Onnx.attribute("body", type: 5, [.message(6, body)])])
  }

  /// A list that a loop fills, as exporters write it.
  @Test(arguments: [(0, 0), (1, 0), (0, 1), (1, 1)]) func thatALoopFills(axis: Int, isNew: Int) throws {
    let grows = loop(
      [
        Onnx.node("Gather", ["x", "i"], ["row"]), Onnx.node("Neg", ["row"], ["r"]),
        Onnx.node("SequenceInsert", ["s", "r"], ["t"]),
      ], carries: ["s"], gives: ["t"], ["n", "", "e"], ["f"])
    let expected: Tensor =
      switch (axis, isNew) {
      case (0, 0): try tensor([3, 2], [-0.0, -1, -2, -3, -4, -5])
      case (1, 0): try tensor([1, 6], [-0.0, -1, -2, -3, -4, -5])
      case (0, _): try tensor([3, 1, 2], [-0.0, -1, -2, -3, -4, -5])
      default: try tensor([1, 3, 2], [-0.0, -1, -2, -3, -4, -5])
      }
    let graph = [
      Onnx.input("x", [Onnx.dim("n"), Onnx.dim(1), Onnx.dim(2)]), Onnx.input("n", type: 7, []), Onnx.output("y"),
      Onnx.node("SequenceEmpty", [], ["e"]), grows,
      Onnx.node("ConcatFromSequence", ["f"], ["y"], attributes: [int("axis", axis), int("new_axis", isNew)]),
    ]
    try expect(
      graph, ["x": .counting([3, 1, 2]), "n": Tensor(scalar: Int64(3))], gives: ["y": expected])
  }

  /// Two tensors in every iteration, after one that is there before.
  @Test func thatALoopGoesOnWith() throws {
    let grows = loop(
      [
        Onnx.node("Gather", ["x", "i"], ["row"]), Onnx.node("Neg", ["row"], ["r"]),
        Onnx.node("SequenceInsert", ["s", "row"], ["t"]), Onnx.node("SequenceInsert", ["t", "r"], ["u"]),
      ], carries: ["s"], gives: ["u"], ["n", "", "e"], ["f"])
    try expect(
      [
        Onnx.input("x", [Onnx.dim(2), Onnx.dim(1)]), Onnx.output("y"), Onnx.output("l", type: 7), Onnx.output("a"),
        Onnx.node("SequenceConstruct", ["first"], ["e"]), grows, Onnx.node("SequenceLength", ["f"], ["l"]),
        Onnx.node("ConcatFromSequence", ["f"], ["y"], attributes: [int("axis", 0)]),
        Onnx.node("SequenceAt", ["f", "n"], ["a"]), scalar("n", 2), Onnx.initializer("first", [1], [Onnx.raw([9])]),
      ], ["x": tensor([2, 1], [5, 6])],
      gives: [
        "y": tensor([5], [9, 5, -5, 6, -6]), "l": Tensor(scalar: Int64(5)), "a": tensor([1], [-5]),
      ])
  }

  /// A loop reads a sequence of the enclosing graph in each iteration, and a sequence that it carries unchanged stays the same.
  @Test func thatALoopReads() throws {
    let sums = loop(
      [
        Onnx.node("SequenceAt", ["s", "i"], ["row"]), Onnx.node("SequenceAt", ["k", "zero"], ["first"]),
        Onnx.node("Mul", ["row", "first"], ["p"]), Onnx.node("Add", ["sum", "p"], ["next"]),
      ],
      carries: ["sum", "k"], gives: ["next", "k"], ["n", "", "x", "s"], ["y", "z"])
    try expect(
      [
        Onnx.input("x", [Onnx.dim(1)]), Onnx.output("y"), Onnx.output("a"), Onnx.node("Neg", ["x"], ["m"]),
        Onnx.node("SequenceConstruct", ["x", "m", "x"], ["s"]), sums, Onnx.node("SequenceAt", ["z", "one"], ["a"]),
        scalar("n", 3), scalar("zero", 0), scalar("one", 1),
      ], ["x": tensor([1], [3])], gives: ["y": tensor([1], [12]), "a": tensor([1], [-3])])
  }

  @Test func inBranches() throws {
    func branch(_ name: String, _ place: String) -> [Wire] {
      Onnx.attribute(
        name, type: 5, [.message(6, [Onnx.output("o"), Onnx.node("SequenceAt", ["s", place], ["o"])])])
    }
    for condition in [true, false] {
      try expect(
        [
          Onnx.input("x", [Onnx.dim(1)]), Onnx.input("c", type: 9, []), Onnx.output("y"),
          Onnx.node("Neg", ["x"], ["m"]), Onnx.node("SequenceConstruct", ["x", "m"], ["s"]),
          Onnx.node(
            "If", ["c"], ["y"], attributes: [branch("then_branch", "zero"), branch("else_branch", "one")]),
          scalar("zero", 0), scalar("one", 1),
        ], ["x": tensor([1], [3]), "c": Tensor(scalar: condition)], gives: ["y": tensor([1], [condition ? 3 : -3])])
    }
  }

  /// If one branch has sequences, nothing is known about the shape of the If's output.
  @Test func inOneBranchOfAnotherShape() throws {
    func branch(_ name: String, _ nodes: [Wire]) -> [Wire] {
      Onnx.attribute(name, type: 5, [.message(6, nodes + [Onnx.output("o")])])
    }
    let joined = [
      Onnx.node("Neg", ["x"], ["a"]), Onnx.node("Neg", ["a"], ["b"]),
      Onnx.node("SplitToSequence", ["b", "q"], ["r"]), Onnx.node("SequenceInsert", ["r", "x"], ["s"]),
      Onnx.node("ConcatFromSequence", ["s"], ["o"], attributes: [int("axis", 0)]),
    ]
    for condition in [true, false] {
      try expect(
        [
          Onnx.input("x", [Onnx.dim(2)]), Onnx.input("c", type: 9, []), Onnx.output("y"), Onnx.output("n", type: 7),
          list("q", [1, 1]),
          Onnx.node(
            "If", ["c"], ["i"],
            attributes: [branch("then_branch", joined), branch("else_branch", [Onnx.node("Neg", ["x"], ["o"])])]),
          Onnx.node("Neg", ["i"], ["m"]), Onnx.node("Shape", ["i"], ["n"]), Onnx.node("Reshape", ["m", "p"], ["y"]),
          list("p", condition ? [2, 2] : [2, 1]),
        ], ["x": tensor([2], [3, 4]), "c": Tensor(scalar: condition)],
        gives: [
          "y": condition ? tensor([2, 2], [-3, -4, -3, -4]) : tensor([2, 1], [3, 4]),
          "n": Tensor(shape: [1], [Int64(condition ? 4 : 2)]),
        ])
    }
  }

  /// An unneeded sequence does not prevent a branch from running.
  @Test func thatNobodyNeedsInABranch() throws {
    let branches = ["then_branch", "else_branch"].map { name in
      Onnx.attribute(
        name, type: 5,
        [
          .message(
            6,
            [
              Onnx.node("SplitToSequence", ["x", "p"], ["s"]), Onnx.node("SequenceLength", ["s"], ["l"]),
              Onnx.node("Neg", ["x"], ["o"]), Onnx.output("o"),
            ])
        ])
    }
    try expect(
      [
        Onnx.input("x", [Onnx.dim(2)]), Onnx.input("c", type: 9, []), Onnx.input("p", type: 7, []), Onnx.output("y"),
        Onnx.node("If", ["c"], ["y"], attributes: branches),
      ], ["x": tensor([2], [3, 4]), "c": Tensor(scalar: true), "p": Tensor(scalar: Int64(1))],
      gives: ["y": tensor([2], [-3, -4])])
  }

  /// Sequences that tensors cannot replace are refused by name, with advice.
  @Test func thatStay() throws {
    let dynamic = [
      Onnx.input("x", [Onnx.dim(1)]), Onnx.input("i", type: 7, []), Onnx.output("y"),
      Onnx.node("SequenceConstruct", ["x", "x"], ["s"]), Onnx.node("SequenceInsert", ["s", "x", "i"], ["t"]),
      Onnx.node("ConcatFromSequence", ["t"], ["y"], attributes: [int("axis", 0)]),
    ]
    let erasing = loop(
      [Onnx.node("SequenceErase", ["s"], ["t"])], carries: ["s"], gives: ["t"], ["n", "", "e"], ["f"])
    let cases: [([Wire], String)] = [
      (dynamic, "SequenceInsert"),
      (
        [
          Onnx.input("x", [Onnx.dim(1)]), Onnx.input("n", type: 7, []), Onnx.output("y"),
          Onnx.node("SequenceConstruct", ["x"], ["e"]), erasing,
          Onnx.node("ConcatFromSequence", ["f"], ["y"], attributes: [int("axis", 0)]),
        ], "Loop"
      ),
      (
        [
          .message(11, [.text(1, "s"), .message(2, [.message(4, [.message(1, [.message(1, [.int(1, 1)])])])])]),
          Onnx.output("y"), Onnx.node("SequenceAt", ["s", "i"], ["y"]), scalar("i", 0),
        ], "SequenceAt"
      ),
      (
        [
          Onnx.input("x", [Onnx.dim(1)]), Onnx.output("y"), Onnx.node("SequenceConstruct", ["x"], ["s"]),
          Onnx.node("SequenceAt", ["s", "i"], ["y"]), scalar("i", 1),
        ], "the position 1 is out of range for a sequence of 1 tensor"
      ),
      (
        [
          Onnx.input("x", [Onnx.dim(1)]), Onnx.output("y"), Onnx.node("SequenceConstruct", ["x"], ["y"]),
        ], "SequenceConstruct"
      ),
      (
        [
          Onnx.input("x", [Onnx.dim(4)]), Onnx.input("p", type: 7, []), Onnx.output("y"),
          Onnx.node("SplitToSequence", ["x", "p"], ["s"]),
          Onnx.node("ConcatFromSequence", ["s"], ["y"], attributes: [int("axis", 0)]),
        ], "the number of parts"
      ),
      (
        [
          Onnx.input("x", [Onnx.dim("n")]), Onnx.output("y"), Onnx.node("SplitToSequence", ["x", "p"], ["s"]),
          Onnx.node("ConcatFromSequence", ["s"], ["y"], attributes: [int("axis", 0)]), scalar("p", 2),
        ], "the number of parts"
      ),
      (
        [
          Onnx.input("x", [Onnx.dim("n"), Onnx.dim(3)]), Onnx.input("z", [Onnx.dim(2), Onnx.dim(3)]), Onnx.output("y"),
          Onnx.node("SplitToSequence", ["x"], ["s"], attributes: [int("keepdims", 0)]),
          Onnx.node("SequenceInsert", ["s", "z"], ["t"]), Onnx.node("SequenceAt", ["t", "i"], ["y"]), scalar("i", -1),
        ], "a tensor of another shape"
      ),
    ]
    for (graph, part) in cases {
      do {
        _ = try Session(Model(bytes: Onnx.model(graph: graph)))
        Issue.record("\(part) runs")
      } catch {
        #expect(error.code == .unsupported && error.description.contains(part), "\(error)")
        #expect(error.hint != nil)
      }
    }
  }

  /// Unknown attributes, sizes that overflow, and omitted inputs and outputs.
  @Test func thatMeanHarm() throws {
    let x = Onnx.input("x", [Onnx.dim(2)])
    let large = Onnx.initializer("p", type: 7, [1], [.packed(7, [.max])])
    for nodes in [
      [Onnx.node("SequenceConstruct", ["x", ""], ["s"])], [Onnx.node("SequenceConstruct", [], ["s"])],
      [Onnx.node("SplitToSequence", ["x", "p"], ["s"]), large],
      [Onnx.node("SplitToSequence", ["x"], ["s"], attributes: [int("axis", .max)])],
      [Onnx.node("SplitToSequence", ["x"], ["s"], attributes: [int("parts", 2)])],
      [Onnx.node("SequenceConstruct", ["x"], ["q"]), Onnx.node("SequenceErase", ["q", "p"], ["s"]), large],
      [Onnx.node("SequenceConstruct", ["x"], ["q"]), Onnx.node("SequenceInsert", ["q", "x", "p"], ["s"]), large],
    ] {
      let graph =
        [x, Onnx.output("y")] + nodes
        + [Onnx.node("ConcatFromSequence", ["s"], ["y"], attributes: [int("axis", 0)])]
      #expect(throws: InfoldError.self) { _ = try Session(Model(bytes: Onnx.model(graph: graph))) }
    }
  }
}
