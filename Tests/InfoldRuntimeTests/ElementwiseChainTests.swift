import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// A chain of element-wise nodes is one step, and gives the same results as separate nodes.
@Suite struct ElementwiseChainTests {
  /// A node that reads the previous value, and possibly a constant or the chain's input.
  private enum Link {
    case unary(String)
    case scalar(String, Float)
    case perChannel(String)
    case whole(String)
    case input(String)
  }

  // No scale next to a shift, because the two would become one node.
  private static let links: [Link] = [
    .scalar("Mul", 1.5), .unary("Tanh"), .perChannel("Add"), .unary("Erf"), .input("Sub"), .whole("Div"), .unary("Abs"),
    .unary("Sqrt"), .perChannel("Mul"), .scalar("Max", 0.25), .input("Mul"), .unary("Sigmoid"),
  ]

  /// The result of `links`. Each of them is given `value`, its constant.
  private func chain(
    _ network: inout NetworkBuilder, _ x: ValueID, _ shape: [Int], isKept: (Int) -> Bool = { _ in false }
  ) throws -> (last: ValueID, kept: [ValueID]) {
    var (y, kept) = (x, [ValueID]())
    for (index, link) in Self.links.enumerated() {
      switch link {
      case .unary(let name): y = try network.node(name, [y])
      case .scalar(let name, let number): y = try network.node(name, [y, network.constant(try Tensor(scalar: number))])
      case .perChannel(let name):
        y = try network.node(
          name, [y, try network.weights([shape[1]] + shape.dropFirst(2).map { _ in 1 }, in: 0.5...1.5)])
      case .whole(let name): y = try network.node(name, [y, try network.weights(shape, in: 0.5...1.5)])
      case .input(let name): y = try network.node(name, [y, x])
      }
      if isKept(index) { kept.append(y) }
    }
    return (y, kept)
  }

  @Test(
    arguments: [
      [2, 19, 5, 7], [1, 3, 40, 50], [3, 64, 9], [1, 24, 1, 1], [2, 19, 1, 2], [1, 5, 2, 1], [3, 4, 2, 2], [1, 24, 2],
    ],
    OperandLayout.allCases)
  func areOneStep(shape: [Int], layout: OperandLayout) throws {
    var network = NetworkBuilder(opset: 13)
    let x = try network.operand(shape, layout)
    let y = try chain(&network, x, shape).last
    let graph = try network.finished(y)
    try expectKernels(graph, range: 0.1...1, tolerance: 4e-6, "\(shape) \(layout)")
    guard layout == .rowMajor else { return }
    let steps = try Session(graph.model).layerTimes(graph.randomInputs(), runs: 1)
    #expect(steps.count(where: { $0.algorithm == "element-wise chain" }) == 1)
    #expect(steps.count(where: { $0.algorithm == "element-wise" }) == 0)
  }

  /// If every value of the chain is also an output of the graph, each has the same bits as the result of a chain that ends there.
  @Test(arguments: [[2, 19, 5, 7], [1, 3, 40, 50]], KernelChoice.names)
  func bitsStayTheSame(shape: [Int], kernels: String) throws {
    var network = NetworkBuilder(opset: 13, seed: 3)
    let x = network.input(Shape(shape))
    let single = try network.finished(try chain(&network, x, shape).last)
    network = NetworkBuilder(opset: 13, seed: 3)
    let again = network.input(Shape(shape))
    let all = try network.finished(try chain(&network, again, shape) { _ in true }.kept)
    let inputs = ["x": try SplitMix64(seed: 4).filled(shape)]
    let last = try #require(all.outputs.last.map { all[$0].name })
    for threads in [1, 2, 3, 7] {
      let options = SessionOptions(threads: threads)
      let chained = try Session(single.model, options: options, kernelsNamed: kernels).run(inputs)
      let separate = try Session(all.model, options: options, kernelsNamed: kernels).run(inputs)
      let bits = try #require(chained.values.first).elements(as: Float.self).map(\.bitPattern)
      #expect(try #require(separate[last]).elements(as: Float.self).map(\.bitPattern) == bits)
    }
  }

  /// A value that a step in between reads, a broadcast of a value that the chain would overwrite, a slice.
  @Test func whatCannotBeChained() throws {
    let shape = [2, 6, 5, 4]
    var network = NetworkBuilder(opset: 13)
    let x = network.input(Shape(shape))
    let a = try network.node("Exp", [x])
    let mean = try network.node("GlobalAveragePool", [a])
    let b = try network.node("Sub", [a, mean])
    let c = try network.node("Mul", [b, b])
    let transposed = try network.node("Transpose", [c], ["perm": .ints([0, 1, 3, 2])])
    let d = try network.node("Neg", [transposed])
    let both = try network.node("Concat", [c, try network.node("Abs", [b])], ["axis": .int(1)])
    try expectKernels(try network.finished(d, try network.node("Sqrt", [both]), mean), tolerance: 1e-5)
  }
}

extension SplitMix64 {
  fileprivate func filled(_ shape: [Int]) throws -> Tensor {
    var generator = self
    return try generator.tensor(shape, in: 0.1...1)
  }
}
