import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// LSTM, GRU and RNN.
@Suite struct RecurrentLoweringTests {
  /// A recurrent operator for [length, batch, inputSize] with hidden states of `size`, in one form or another.
  private struct Form {
    var operation = "LSTM"
    var direction = "forward"
    var length = 4
    var batch = 2
    var inputSize = 5
    var size = 9
    var isBatchFirst = false
    var hasBias = true
    /// The lengths of the sequences, which are inputs of the run.
    var lengths: [Int32]?
    /// Which initial states are given.
    var states = [true, true]
    var hasPeepholes = false
    var outputs: [Int]?
    var attributes: AttributeList = [:]

    var gateCount: Int { operation == "LSTM" ? 4 : operation == "GRU" ? 3 : 1 }
    var stateCount: Int { operation == "LSTM" ? 2 : 1 }
    var directions: Int { direction == "bidirectional" ? 2 : 1 }

    func graph() throws -> Graph {
      var network = NetworkBuilder(opset: 14)
      // Larger weights would amplify every rounding error from position to position.
      let bound = min(0.5, 1.5 / Float(size).squareRoot())
      let sizes = isBatchFirst ? [batch, length, inputSize] : [length, batch, inputSize]
      var inputs: [ValueID?] = [
        network.input(Shape(sizes)),
        try network.weights([directions, gateCount * size, inputSize], in: -0.5...0.5),
        try network.weights([directions, gateCount * size, size], in: -bound...bound),
        hasBias ? try network.weights([directions, 2 * gateCount * size]) : nil,
        lengths.map { network.input([.fixed($0.count)], "lengths", of: .int32) },
      ]
      let shape = Shape(isBatchFirst ? [batch, directions, size] : [directions, batch, size])
      for index in 0..<stateCount { inputs.append(states[index] ? network.input(shape, "state \(index)") : nil) }
      if hasPeepholes { inputs.append(try network.weights([directions, 3 * size])) }
      while inputs.last == .some(nil) { inputs.removeLast() }
      var attributes = attributes
      attributes["direction"] = .string(Array(direction.utf8))
      attributes["hidden_size"] = .int(Int64(size))
      attributes["layout"] = .int(isBatchFirst ? 1 : 0)
      let results = try network.nodes(operation, inputs, attributes, outputs: 1 + stateCount)
      return try network.finished((outputs ?? Array(0...stateCount)).map { results[$0] })
    }

    func check(_ comment: String = "") throws {
      let graph = try graph()
      var inputs = try graph.randomInputs()
      if let lengths { inputs["lengths"] = try Tensor(shape: [lengths.count], lengths) }
      try expectAgreement(
        graph, inputs, Expectation(tolerance: 5e-6, precisions: [.exact]), "\(operation), \(direction), \(comment)")
    }
  }

  private static let operations = ["LSTM", "GRU", "RNN"]
  private static let directions = ["forward", "reverse", "bidirectional"]

  @Test(arguments: operations, directions) func sequences(operation: String, direction: String) throws {
    for isBatchFirst in [true, false] {
      for (length, batch, size) in [(1, 1, 64), (7, 3, 17), (20, 2, 40), (3, 1, 1), (2, 8, 8), (5, 13, 2)] {
        try Form(
          operation: operation, direction: direction, length: length, batch: batch, size: size,
          isBatchFirst: isBatchFirst
        ).check("\(length), \(batch), \(size), \(isBatchFirst)")
      }
    }
  }

  @Test(arguments: directions, [true, false]) func resetsBehindTheProduct(direction: String, isBatchFirst: Bool) throws
  {
    for hasBias in [true, false] {
      for (batch, size) in [(1, 40), (3, 7)] {
        try Form(
          operation: "GRU", direction: direction, length: 6, batch: batch, size: size, isBatchFirst: isBatchFirst,
          hasBias: hasBias, attributes: ["linear_before_reset": .int(1)]
        ).check("\(batch), \(size), \(hasBias), \(isBatchFirst)")
      }
    }
  }

  /// Sequences that end before the others, or have no position at all.
  @Test(arguments: operations, directions) func lengths(operation: String, direction: String) throws {
    for isBatchFirst in [true, false] {
      for lengths in [[5, 5, 5], [5, 2, 4], [0, 5, 5], [1, 1, 0], [0, 0, 0], [2, 2, 5]] as [[Int32]] {
        for outputs in [nil, [1], [0]] as [[Int]?] {
          for states in [[true, true], [false, false]] {
            try Form(
              operation: operation, direction: direction, length: 5, batch: 3, isBatchFirst: isBatchFirst,
              lengths: lengths, states: states, outputs: outputs
            ).check("\(lengths), \(String(describing: outputs)), \(states), \(isBatchFirst)")
          }
        }
      }
    }
  }

  /// Like the reference evaluation, kernels refuse lengths that exceed X.
  @Test(arguments: [-1, 6, .min, .max] as [Int32]) func wrongLengths(length: Int32) throws {
    let graph = try Form(length: 5, batch: 3, lengths: [5, length, 1]).graph()
    var inputs = try graph.randomInputs()
    inputs["lengths"] = try Tensor(shape: [3], [5, length, 1])
    var messages: [String] = []
    for optimize in [true, false] {
      for threads in [1, 3] {
        let session = try Session(graph.model, options: SessionOptions(threads: threads, optimize: optimize))
        do {
          _ = try session.run(inputs)
          Issue.record("the length \(length) was not refused")
        } catch {
          messages.append(error.description)
        }
      }
    }
    #expect(Set(messages).count == 1, "\(messages)")
  }

  /// Large enough for several threads.
  @Test(arguments: operations) func threads(operation: String) throws {
    for (direction, batch) in [("bidirectional", 4), ("forward", 9)] {
      let form = Form(operation: operation, direction: direction, length: 60, batch: batch, size: 48)
      try form.check()
      let graph = try form.graph(), inputs = try graph.randomInputs()
      let results = try [1, 2, 5].map {
        try Session(graph.model, options: SessionOptions(threads: $0)).run(inputs)
      }
      #expect(results[0] == results[1] && results[0] == results[2])
    }
  }

  /// Fewer sequences than threads. The threads share the hidden units of states that are large enough, and fill panels of weights.
  @Test(arguments: operations, directions) func sharedUnits(operation: String, direction: String) throws {
    for size in [576, 256, 200] {
      for (batch, isBatchFirst, states, outputs) in [
        (1, false, [true, true], nil), (2, true, [false, false], [1]), (1, true, [true, false], [0]),
      ] as [(Int, Bool, [Bool], [Int]?)] {
        let form = Form(
          operation: operation, direction: direction, length: 5, batch: batch, size: size, isBatchFirst: isBatchFirst,
          states: states, outputs: outputs, attributes: operation == "GRU" ? ["linear_before_reset": .int(1)] : [:])
        try form.check("\(batch), \(size), \(isBatchFirst)")
        let graph = try form.graph(), inputs = try graph.randomInputs()
        let results = try [1, 2, 5].map {
          try Session(graph.model, options: SessionOptions(threads: $0)).run(inputs)
        }
        #expect(results[0] == results[1] && results[0] == results[2], "\(batch), \(size), \(isBatchFirst)")
      }
    }
  }

  /// Omitted inputs and outputs.
  @Test(arguments: [[true, true], [true, false], [false, true], [false, false]], [[0], [1], [2], [2, 0]])
  func whatIsLeftOut(states: [Bool], outputs: [Int]) throws {
    for hasBias in [true, false] {
      try Form(hasBias: hasBias, states: states, outputs: outputs).check("\(hasBias)")
    }
  }

  private static let activations = [
    "Relu", "Tanh", "Sigmoid", "Affine", "LeakyRelu", "ThresholdedRelu", "ScaledTanh", "HardSigmoid", "Elu", "Softsign",
    "Softplus",
  ]

  /// Every activation in every position, with parameters and clipping.
  @Test(arguments: operations, activations) func everyActivation(operation: String, name: String) throws {
    let defaults =
      operation == "LSTM" ? ["Sigmoid", "Tanh", "Tanh"] : operation == "GRU" ? ["Sigmoid", "Tanh"] : ["Tanh"]
    for place in defaults.indices {
      var names = defaults
      names[place] = name
      var attributes: AttributeList = ["activations": .strings((names + defaults).map { Array($0.utf8) })]
      if ["Affine", "LeakyRelu", "ThresholdedRelu", "ScaledTanh", "HardSigmoid", "Elu"].contains(name) {
        attributes["activation_alpha"] = .floats([0.3])
      }
      if ["Affine", "ScaledTanh", "HardSigmoid"].contains(name) { attributes["activation_beta"] = .floats([0.6]) }
      for clip in [nil, 0.4, 0] as [Float?] {
        attributes["clip"] = clip.map { .float($0) }
        try Form(operation: operation, direction: "bidirectional", attributes: attributes).check(
          "\(name) in place \(place), \(String(describing: clip))")
      }
    }
  }

  @Test(arguments: directions) func peepholes(direction: String) throws {
    for couples in [0, 1] as [Int64] {
      for hasPeepholes in [true, false] {
        for batch in [1, 3] {
          try Form(
            direction: direction, batch: batch, lengths: batch == 3 ? [4, 2, 3] : nil, hasPeepholes: hasPeepholes,
            attributes: ["input_forget": .int(couples)]
          ).check("\(couples), \(hasPeepholes)")
        }
      }
    }
  }
}
