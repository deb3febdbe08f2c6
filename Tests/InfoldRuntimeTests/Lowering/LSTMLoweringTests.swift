import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

@Suite struct LSTMLoweringTests {
  /// An LSTM over [length, batch, 5] with states of `size`.
  private static func network(
    _ direction: String, length: Int, batch: Int, size: Int, isBatchFirst: Bool = false, hasBias: Bool = true,
    states: [Bool] = [true, true], outputs: [Int] = [0, 1, 2], _ further: AttributeList = [:]
  ) throws -> Graph {
    var network = NetworkBuilder(opset: 14)
    let directions = direction == "bidirectional" ? 2 : 1
    let x = network.input(isBatchFirst ? [.fixed(batch), .fixed(length), 5] : [.fixed(length), .fixed(batch), 5])
    var inputs: [ValueID?] = [
      x, try network.weights([directions, 4 * size, 5], in: -0.5...0.5),
      try network.weights([directions, 4 * size, size], in: -0.5...0.5),
      hasBias ? try network.weights([directions, 8 * size]) : nil, nil,
    ]
    let shape: Shape =
      isBatchFirst
      ? [.fixed(batch), .fixed(directions), .fixed(size)] : [.fixed(directions), .fixed(batch), .fixed(size)]
    for (name, isGiven) in zip(["hidden", "cell"], states) { inputs.append(isGiven ? network.input(shape, name) : nil) }
    var attributes = further
    attributes["direction"] = .string(Array(direction.utf8))
    attributes["hidden_size"] = .int(Int64(size))
    attributes["layout"] = .int(isBatchFirst ? 1 : 0)
    let results = try network.nodes("LSTM", inputs, attributes, outputs: 3)
    return try network.finished(outputs.map { results[$0] })
  }

  @Test(arguments: ["forward", "reverse", "bidirectional"], [true, false])
  func sequences(direction: String, isBatchFirst: Bool) throws {
    for (length, batch, size) in [(1, 1, 64), (7, 3, 17), (20, 2, 40), (3, 1, 1)] {
      try expectKernels(
        Self.network(direction, length: length, batch: batch, size: size, isBatchFirst: isBatchFirst), opset: 14,
        tolerance: 5e-6, "\(length), \(batch), \(size)")
    }
  }

  /// Large enough for several threads.
  @Test func threads() throws {
    let graph = try Self.network("bidirectional", length: 60, batch: 4, size: 48)
    try expectKernels(graph, opset: 14, tolerance: 5e-6)
    let inputs = try graph.randomInputs()
    let results = try [1, 2, 5].map {
      try Session(graph.model, options: SessionOptions(threads: $0)).run(inputs)
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  /// What is left out, of the inputs and of the outputs.
  @Test(arguments: [[true, true], [true, false], [false, true], [false, false]], [[0], [1], [2], [2, 0]])
  func whatIsLeftOut(states: [Bool], outputs: [Int]) throws {
    for hasBias in [true, false] {
      try expectKernels(
        Self.network("forward", length: 4, batch: 2, size: 9, hasBias: hasBias, states: states, outputs: outputs),
        opset: 14, tolerance: 5e-6)
    }
  }

  /// Other activations, clipping and coupled gates are left to the reference.
  @Test(
    arguments: [
      ["clip": .float(0.5)], ["input_forget": .int(1)],
      ["activations": .strings(["Sigmoid", "Relu", "Tanh"].map { Array($0.utf8) })],
    ] as [AttributeList]) func otherGates(attributes: AttributeList) throws
  {
    let graph = try Self.network("forward", length: 3, batch: 2, size: 6, attributes)
    try expectAgreement(graph, graph.randomInputs(), Expectation(referenceSteps: 1))
  }
}
