import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

/// Pairs of networks with one error. The first difference is reported at the wrong node.
@Suite struct WrongPairTests {
  struct Pair: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// The wrong node of the second network.
    let node: String
    let change: @Sendable (inout ImageNetwork) -> Void

    init(_ description: String, _ node: String, _ change: @escaping @Sendable (inout ImageNetwork) -> Void) {
      (testDescription, self.node, self.change) = (description, node, change)
    }
  }

  static let attributes = [
    Pair("another padding mode", "pad") { $0.padMode = "edge" },
    Pair("alpha rounded to float16", "leaky") { $0.alpha = 0.09997559 },
    Pair("another resize mode", "resize") { $0.resizeMode = "nearest" },
    Pair("cubic instead of linear", "resize") { $0.resizeMode = "cubic" },
    Pair("aligned corners", "resize") { $0.coordinates = "align_corners" },
    Pair("asymmetric coordinates", "resize") { $0.coordinates = "asymmetric" },
    Pair("another epsilon", "bn") { $0.epsilon = 1e-5 },
    Pair("padding is counted", "average") { $0.countsPadding = 1 },
    Pair("sizes rounded up", "pool") { $0.ceils = 1 },
    Pair("another stride", "average") { $0.poolStride = 1 },
    Pair("another limit of a clip", "clip") { $0.clipLimit = 5.99 },
    Pair("another dilation", "conv2") { $0.dilation = 2 },
    Pair("weights not transposed", "gemm") { $0.transposed = 0 },
    Pair("softmax over the batch", "softmax") { $0.softmaxAxis = 0 },
    Pair("parts in another order", "concat") { $0.order = [1, 0] },
    Pair("a difference instead of a sum", "add") { $0.addition = "Sub" },
    Pair("another activation", "swish") { $0.activation = "Mish" },
  ]

  private func expect(
    _ first: Graph, _ second: Graph, differAt node: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let report = try compared(first, second)
    #expect(!report.equal, sourceLocation: sourceLocation)
    let found = try #require(report.first, sourceLocation: sourceLocation)
    #expect(found.node == node, "\(found)", sourceLocation: sourceLocation)
    #expect(found.difference > found.allowed || found.difference > 0, sourceLocation: sourceLocation)
    #expect(report.outputs[0].largestDifference > 0, sourceLocation: sourceLocation)
    #expect(found.paths.map(\.output) == [second[second.outputs[0]].name], sourceLocation: sourceLocation)
  }

  @Test(arguments: attributes) func attribute(_ pair: Pair) throws {
    let first = try ImageNetwork().graph(), second = try ImageNetwork.with(pair.change)
    try expect(first, second, differAt: pair.node)
    try expect(first, second.renamed(), differAt: pair.node)
  }

  /// The same with folded normalizations.
  @Test(arguments: attributes.filter { $0.node != "bn" }) func attributeOfFolded(_ pair: Pair) throws {
    try expect(ImageNetwork().graph(), ImageNetwork.with(pair.change).folded(), differAt: pair.node)
  }

  @Test func swappedChannel() throws {
    let first = try ImageNetwork().graph()
    let second = try first.changing("w1") { weights in
      for index in 0..<27 { weights.swapAt(27 + index, 4 * 27 + index) }
    }.changing("b1") { $0.swapAt(1, 4) }
    try expect(first, second, differAt: "conv1")
  }

  @Test func swappedInputChannel() throws {
    let first = try ImageNetwork().graph()
    let second = try first.changing("w3") { weights in
      for row in 0..<8 { for tap in 0..<9 { weights.swapAt(row * 72 + 9 + tap, row * 72 + 27 + tap) } }
    }
    try expect(first, second, differAt: "conv3")
  }

  @Test func swappedClasses() throws {
    let first = try ImageNetwork().graph()
    let second = try first.changing("w6") { weights in for index in 0..<8 { weights.swapAt(index, 8 + index) } }
      .changing("b6") { $0.swapAt(0, 1) }
    try expect(first, second, differAt: "gemm")
  }

  @Test func ignoredEpsilon() throws {
    try expect(ImageNetwork().graph(), ImageNetwork.with { $0.epsilon = 0 }.folded(), differAt: "conv1")
  }

  @Test func exchangedLayers() throws {
    let first = try ImageNetwork().graph()
    var second = first
    let (w2, w3) = (first.value(named: "w2")!, first.value(named: "w3")!)
    second.setConstant(w2, first.constant(w3)!)
    second.setConstant(w3, first.constant(w2)!)
    try expect(first, second, differAt: "conv2")
  }

  /// One weight of a layer is wrong by one part in ten thousand.
  @Test(arguments: [
    ("w1", "conv1"), ("w2", "conv2"), ("w3", "conv3"), ("w4", "conv4"), ("w6", "gemm"), ("gamma", "bn"),
  ])
  func oneWeight(name: String, node: String) throws {
    let first = try ImageNetwork().graph()
    let second = try first.changing(name) { $0[$0.count / 2] *= 1.0001 }
    try expect(first, second, differAt: node)
    try expect(first, second.renamed(), differAt: node)
  }

  /// The same with a folded normalization, for a change that exceeds the rounding errors of all
  /// weights.
  @Test func oneWeightOfFolded() throws {
    let first = try ImageNetwork().graph()
    let second = try first.changing("w1") { $0[30] = $0[30] * 1.0001 + 1e-4 }.folded()
    try expect(first, second, differAt: "conv1")
  }

  @Test func forgottenBias() throws {
    let first = try ImageNetwork().graph()
    try expect(first, first.changing("b4") { $0[2] = 0 }, differAt: "conv4")
  }

  /// Rounding errors decide a comparison of equal numbers, so that its result has no bound.
  @Test func oppositeDecisions() throws {
    func network(_ comparison: String) throws -> Graph {
      var network = NetworkBuilder(opset: 18)
      let x = network.input([2, 3])
      let (half, fifth, tenth, one, two) = (
        network.constant(try Tensor(scalar: Float(0.5))), network.constant(try Tensor(scalar: Float(0.2))),
        network.constant(try Tensor(scalar: Float(0.1))), network.constant(try Tensor(scalar: Float(1))),
        network.constant(try Tensor(scalar: Float(2)))
      )
      let clipped = try network.node("Clip", [x, half, half], name: "clip")
      let product = try network.node("Mul", [clipped, fifth], name: "mul")
      if comparison == "Add" {
        let zero = network.constant(try Tensor(scalar: Float(0)))
        let nothing = try network.node("Mul", [product, zero], name: "nothing")
        return try network.finished(network.node("Add", [nothing, one], name: "add"))
      }
      let decision = try network.node(comparison, [product, tenth], name: "decision")
      return try network.finished(network.node("Where", [decision, one, two], name: "where"))
    }
    let first = try network("Less")
    #expect(try compared(first, network("Less")).notes.isEmpty)
    try expect(first, network("LessOrEqual"), differAt: "decision")
    try expect(first, network("Add"), differAt: "add")
  }

  @Test func twoDifferences() throws {
    let first = try ImageNetwork().graph()
    let second = try ImageNetwork.with { $0.clipLimit = 5.5 }.changing("w2") { $0[0] += 0.1 }
    let report = try compared(first, second)
    #expect(report.first?.node == "conv2")
    #expect(report.others.map(\.node) == ["clip"])
  }

  /// A factor that one layer introduces is not removed.
  @Test func factorThatStays() throws {
    let first = try ImageNetwork().graph()
    let second = try first.changing("w2") { weights in for index in 0..<72 { weights[index] *= 1.5 } }
    try expect(first, second, differAt: "conv2")
  }

  /// A channel of a float16 model overflows.
  @Test func overflow() throws {
    func network(isNarrow: Bool, factor: Float) throws -> Graph {
      var network = NetworkBuilder(opset: 18, seed: 3)
      func constant(_ shape: [Int], factor: Float = 1) throws -> ValueID {
        var numbers = try network.random.tensor(shape, in: 0.1...1).elements(as: Float.self)
        for index in 0..<(numbers.count / 4) { numbers[index] *= factor }
        let tensor = try Tensor(shape: shape, numbers)
        return network.constant(isNarrow ? try tensor.converted(to: .float16) : tensor)
      }
      var x = network.input([1, 3, 6, 6])
      if isNarrow { x = try network.node("Cast", [x], ["to": .int(10)], name: "narrow") }
      x = try network.node("Conv", [x, constant([4, 3, 3, 3], factor: factor)], name: "conv1")
      x = try network.node("Abs", [x], name: "abs")
      x = try network.node("Sigmoid", [x], name: "sigmoid")
      x = try network.node("Conv", [x, constant([4, 4, 1, 1])], name: "conv2")
      if isNarrow { x = try network.node("Cast", [x], ["to": .int(1)], name: "wide") }
      return try network.finished(x)
    }
    let report = try compared(network(isNarrow: false, factor: 30000), network(isNarrow: true, factor: 30000))
    #expect(report.first?.node == "conv1", "\(report)")
    let small = try compared(network(isNarrow: false, factor: 1), network(isNarrow: true, factor: 1))
    #expect(small.equal, "\(small)")
  }

  /// An output that is an input, and two outputs that are the same value.
  @Test func outputsWithoutNodes() throws {
    func network(_ build: (inout NetworkBuilder, ValueID) throws -> [ValueID]) throws -> Graph {
      var network = NetworkBuilder()
      let x = network.input([2, 3])
      let outputs = try build(&network, x)
      return try network.finished(outputs)
    }
    let passes = try network { _, x in [x] }
    let negates = try network { network, x in [try network.node("Neg", [x], name: "neg")] }
    #expect(try compared(passes, passes).equal)
    let report = try compared(passes, negates)
    #expect(report.first?.node == "neg" && report.first?.matchedNode == "input")
    #expect(try compared(negates, passes).first?.matchedNode == "neg")
    let two = try network { network, x in
      [try network.node("Abs", [x], name: "one"), try network.node("Abs", [x], name: "two")]
    }
    let same = try network { network, x in
      let y = try network.node("Abs", [x], name: "abs")
      return [y, y]
    }
    #expect(try compared(two, same).equal)
    let other = try network { network, x in
      let y = try network.node("Neg", [x], name: "neg")
      return [y, y]
    }
    #expect(try !compared(two, other).equal)
  }

  @Test func interfacesThatDoNotFit() throws {
    let first = try ImageNetwork().graph()
    var second = first
    _ = second.addInput("more", TensorType(.float32, [1]))
    #expect(throws: InfoldError.self) { try ModelComparison(first.model, second.model) }
    #expect {
      try ModelComparison(first.model, first.model).run([.init(name: "none", inputs: [:])])
    } throws: {
      ($0 as? InfoldError)?.code == .invalidArgument
    }
    #expect {
      try ModelComparison(first.model, first.model).run(
        .init(name: "one", inputs: ["x": Tensor(zeros: [1, 3, 13, 13], of: .float32)]), recorded: [:])
    } throws: {
      "\($0)".contains("is recorded for the output")
    }
  }
}
