import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Nodes with data-dependent shapes, as after NonZero. They are planned during the run, in regions.
@Suite struct DataDependentRegionTests {
  private static let width = 24

  /// A small model of a detector: one input selects rows that go through layers; another input selects among the results.
  /// - Parameter counts: Whether the rows are also counted, and the count becomes part of a shape two levels later.
  private static func detector(counts: Bool = false) throws -> Graph {
    var network = NetworkBuilder(opset: 16)
    let x = network.input(["rows", .fixed(width)], "x"), chosen = network.input(["rows"], "chosen", of: .bool)
    let again = network.input(["rows"], "again", of: .bool)
    func rows(of mask: ValueID) throws -> ValueID {
      try network.node(
        "Squeeze", [network.node("NonZero", [mask]), network.constant(try .list(0))])
    }
    let indices = try rows(of: chosen)
    let features = try network.node("Gather", [x, indices], ["axis": .int(0)])
    var hidden = try network.node("Relu", [network.node("Gemm", [features, network.weights([width, 40])])])
    hidden = try network.node("MatMul", [hidden, network.weights([40, 16])])
    let image = try network.node("Reshape", [hidden, network.constant(try .list(-1, 4, 2, 2))])
    let convolved = try network.node(
      "Relu", [network.node("Conv", [image, network.weights([4, 4, 3, 3])], ["pads": .ints([1, 1, 1, 1])])])
    let flat = try network.node("Flatten", [convolved])
    let second = try rows(of: network.node("Gather", [again, indices]))
    let left = try network.node("Gather", [flat, second])
    var result = try network.node(
      "Softmax", [network.node("MatMul", [left, network.weights([16, 5])])], ["axis": .int(1)])
    if counts {
      // Zeros of shape [number of first selected rows, 5], next to the second selection.
      let first = try network.node("Shape", [flat], ["start": .int(0), "end": .int(1)])
      let shape = try network.node("Concat", [first, network.constant(try .list(5))], ["axis": .int(0)])
      let zeros = try network.node("ConstantOfShape", [shape])
      result = try network.node("Concat", [result, zeros], ["axis": .int(0)])
      result = try network.node("Relu", [network.node("MatMul", [result, network.weights([5, 6])])])
    }
    return try network.finished([result, features])
  }

  private static func inputs(
    _ rows: Int, where isChosen: (Int) -> Bool, and isChosenAgain: (Int) -> Bool
  ) throws -> [String: Tensor] {
    var random = SplitMix64(seed: 3)
    return [
      "x": try random.tensor([rows, width]),
      "chosen": try Tensor(shape: [rows], (0..<rows).map(isChosen)),
      "again": try Tensor(shape: [rows], (0..<rows).map(isChosenAgain)),
    ]
  }

  /// Results with any number of rows, including none, have the same bits with any number of threads.
  @Test(arguments: [false, true]) func selections(counts: Bool) throws {
    let graph = try Self.detector(counts: counts)
    let sessions = try [1, 2, 5].map { try Session(graph.model, options: SessionOptions(threads: $0)) }
    for rows in [1, 2, 9, 130] {
      for step in [1, 2, 3, 1000] {
        for other in [1, 4, 1000] {
          let inputs = try Self.inputs(rows, where: { $0 % step == step - 1 }, and: { $0 % other == 0 })
          try expectAgreement(graph, inputs, Expectation(referenceSteps: nil))
          let results = try sessions.map { try $0.run(inputs) }
          #expect(results.allSatisfy { $0 == results[0] })
        }
      }
    }
  }

  /// Everything runs with kernels, except the nodes that determine sizes.
  @Test(arguments: [false, true]) func algorithms(counts: Bool) throws {
    let session = try Session(Self.detector(counts: counts).model)
    let inputs = try Self.inputs(60, where: { $0 % 2 == 0 }, and: { $0 % 3 == 0 })
    _ = try session.run(inputs)
    let description = try session.planDescription(for: inputs.mapValues(\.shape))
    var reference: [String] = [], regions = 0
    func visit(_ parts: [PlanDescription.Part]) {
      for step in parts.flatMap(\.steps) {
        if step.algorithm == PlanDescription.referenceAlgorithm { reference.append(step.operation) }
        if !step.bodies.isEmpty { regions += 1 }
        visit(step.bodies)
      }
    }
    visit(description.parts)
    #expect(reference == ["NonZero", "NonZero"])
    #expect(regions == 2)
  }

  /// Mismatched sizes are an error of the node that detects them, however it is run.
  @Test func sizesThatDoNotFit() throws {
    var network = NetworkBuilder(opset: 16)
    let mask = network.input([6], "mask", of: .bool)
    let indices = try network.node("Cast", [network.node("NonZero", [mask])], ["to": .int(1)])
    let sum = try network.node("Add", [indices, network.weights([1, 3])], name: "sum")
    let graph = try network.finished(network.node("Relu", [sum]))
    for count in 0...6 {
      let inputs = ["mask": try Tensor(shape: [6], (0..<6).map { $0 < count })]
      if count == 1 || count == 3 {
        try expectAgreement(graph, inputs, Expectation(referenceSteps: nil))
      } else {
        for optimize in [true, false] {
          var options = SessionOptions()
          options.optimize = optimize
          let error = #expect(throws: InfoldError.self) { try Session(graph.model, options: options).run(inputs) }
          #expect(error?.node?.contains("sum") == true)
        }
      }
    }
  }

  /// However many different sizes occur, memory use does not exceed that of a few: plans are evicted, and packed weights are shared.
  @Test func manySizes() throws {
    let session = try Session(Self.detector().model, options: SessionOptions(threads: 1))
    var taken = 0
    for rows in (20...100).reversed() {
      let inputs = try Self.inputs(rows, where: { $0 % 2 == 0 }, and: { $0 % 3 != 0 })
      _ = try session.run(inputs)
      if rows == 80 { taken = session.takenByteCount }
    }
    #expect(session.takenByteCount <= taken)
  }

  /// Tasks that run one session with different sizes each get the same results as alone.
  @Test func manyTasksAtOnce() async throws {
    let model = try Self.detector(counts: true).model
    let session = try Session(model, options: SessionOptions(threads: 2)), alone = try Session(model)
    let inputs = try (0..<12).map { index in
      try Self.inputs(30, where: { $0 % 12 >= index }, and: { $0 % 5 <= index % 5 })
    }
    let expected = try inputs.map { try alone.runHere($0) }
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for task in 0..<8 {
        group.addTask {
          for run in 0..<24 {
            let place = (5 * task + run) % inputs.count
            if try await session.run(inputs[place]) != expected[place] { return false }
          }
          return true
        }
      }
      for try await isSame in group { #expect(isSame) }
    }
  }

  /// Branches between two regions read the result of the first. The second region and the caller also read a part of it.
  @Test func branches() throws {
    var network = NetworkBuilder()
    let x = network.input([12, 16], "x"), mask = network.input([12], "mask", of: .bool)
    let choice = network.input([], "choice", of: .bool)
    let indices = try network.node("Squeeze", [network.node("NonZero", [mask]), network.constant(try .list(0))])
    let rows = try network.node(
      "MatMul", [network.node("Gather", [x, indices]), network.weights([16, 8])], name: "rows")
    let chosen = try network.choice(
      choice,
      then: NetworkBuilder.Branch(of: network.graph[rows].name) { branch, rows in
        try branch.node("MatMul", [branch.node("Relu", [rows]), branch.weights([8, 8])])
      },
      else: NetworkBuilder.Branch(of: network.graph[rows].name) { branch, rows in
        try branch.node("Concat", [rows, branch.node("Neg", [rows])], ["axis": .int(0)])
      })
    let positive = try network.node("Relu", [chosen])
    let sum = try network.node("ReduceSum", [rows, network.constant(try .list(0))])
    let graph = try network.finished(
      try network.node("Add", [network.node("MatMul", [positive, network.weights([8, 8])]), sum]), rows, positive)
    for count in [0, 1, 5, 12] {
      for isChosen in [true, false] {
        var random = SplitMix64(seed: 7)
        let inputs = [
          "x": try random.tensor([12, 16]), "mask": try Tensor(shape: [12], (0..<12).map { $0 < count }),
          "choice": try Tensor(scalar: isChosen),
        ]
        try expectAgreement(graph, inputs, Expectation(referenceSteps: nil))
      }
    }
  }

  /// Images of a batch that are selected by their scores: computed image by image up to the selection, also if intermediate values are read
  /// again.
  @Test(arguments: [false, true]) func batches(takesMaps: Bool) throws {
    var network = NetworkBuilder()
    let x = network.input(["N", 3, 32, 32])
    let convolved = try network.node(
      "Relu", [network.node("Conv", [x, network.weights([16, 3, 3, 3])], ["pads": .ints([1, 1, 1, 1])])])
    let rows = try network.node(
      "MatMul", [network.node("Flatten", [network.node("GlobalAveragePool", [convolved])]), network.weights([16, 8])])
    let score = try network.node("ReduceSum", [rows, network.constant(try .list(1))], ["keepdims": .int(0)])
    let isHigh = try network.node("Greater", [score, network.constant(try Tensor(scalar: Float(0.2)))])
    let chosen = try network.node("Squeeze", [network.node("NonZero", [isHigh]), network.constant(try .list(0))])
    let taken = try network.node("Gather", [takesMaps ? convolved : rows, chosen])
    let result =
      takesMaps
      ? try network.node("Conv", [taken, network.weights([4, 16, 1, 1])])
      : try network.node("MatMul", [taken, network.weights([8, 4])])
    let graph = try network.finished(try network.node("Relu", [result]), chosen)
    for batch in [1, 4, 9] {
      var random = SplitMix64(seed: 5)
      let images = try random.tensor([batch, 3, 32, 32])
      try expectAgreement(graph, ["x": images], Expectation(referenceSteps: nil))
    }
  }
}
