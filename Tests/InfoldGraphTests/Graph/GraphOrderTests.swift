import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import Testing

@Suite struct GraphOrderTests {
  private let float3 = TensorType(.float32, [3])

  private func relu(_ name: String, _ input: ValueID, _ output: ValueID) throws -> Node {
    try Node(name: name, opType: "Relu", opsetVersion: 14, inputs: [input], outputs: [output])
  }

  @Test func keepsAnOrderThatIsTopological() throws {
    var graph = Graph()
    let x = graph.addInput("x", float3)
    let a = graph.add(Value(name: "a")), b = graph.add(Value(name: "b")), c = graph.add(Value(name: "c"))
    graph.add(try relu("second branch", x, b))
    graph.add(try relu("first branch", x, a))
    graph.add(try relu("end", a, c))
    graph.outputs = [b, c]
    try graph.sort()
    #expect(graph.nodes.map(\.name) == ["second branch", "first branch", "end"])
  }

  @Test func bringsNodesIntoOrder() throws {
    var graph = Graph()
    let x = graph.addInput("x", float3)
    let values = (0..<20).map { graph.add(Value(name: "v\($0)")) }
    for index in (1..<20).reversed() { graph.add(try relu("n\(index)", values[index - 1], values[index])) }
    graph.add(try relu("n0", x, values[0]))
    graph.outputs = [values[19]]
    try graph.sort()
    #expect(graph.nodes.map(\.name) == (0..<20).map { "n\($0)" })
  }

  /// Of all nodes that could be next, the first one in the original order is taken.
  @Test(arguments: 1...20) func keepsThePresentOrderWhereverItCan(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let count = 40
    var graph = Graph()
    let x = graph.addInput("x", float3)
    let values = (0..<count).map { graph.add(Value(name: "v\($0)")) }
    // Each node reads results of nodes that precede it in a random order.
    let order = (0..<count).shuffled(using: &random)
    var makers = Array(repeating: [Int](), count: count)
    for (position, node) in order.enumerated() {
      makers[node] = (0..<min(position, 2)).map { _ in order[Int.random(in: 0..<position, using: &random)] }
    }
    for node in 0..<count {
      let inputs = makers[node].isEmpty ? [x] : makers[node].map { values[$0] }
      graph.add(
        try Node(name: "\(node)", opType: "Max", opsetVersion: 13, inputs: inputs, outputs: [values[node]]))
    }
    graph.outputs = values
    try graph.sort()

    var expected: [Int] = []
    while expected.count < count {
      let isReady = { (node: Int) in !expected.contains(node) && makers[node].allSatisfy(expected.contains) }
      expected.append(try #require((0..<count).first(where: isReady)))
    }
    #expect(graph.nodes.map(\.name) == expected.map { "\($0)" })
  }

  @Test func namesANodeOnACycle() throws {
    var graph = Graph()
    let a = graph.add(Value(name: "a")), b = graph.add(Value(name: "b")), c = graph.add(Value(name: "c"))
    graph.add(try relu("behind the cycle", b, c))
    graph.add(try relu("forth", a, b))
    graph.add(try relu("back", b, a))
    graph.outputs = [c]
    let error = #expect(throws: InfoldError.self) { try graph.sort() }
    #expect(error?.code == .invalidModel)
    #expect(error?.reason.contains("cycle") == true)
    #expect(["node \"forth\" (Relu)", "node \"back\" (Relu)"].contains(error?.node))
  }

  @Test func namesTheNodeThatDefinesAValueAgain() throws {
    var graph = Graph()
    let x = graph.addInput("x", float3)
    let y = graph.add(Value(name: "y"))
    graph.add(try relu("one", x, y))
    graph.add(try relu("two", x, y))
    let error = #expect(throws: InfoldError.self) { try graph.sort() }
    #expect(error?.node == "node \"two\" (Relu)")
  }

  @Test func refusesANodeThatDefinesAnInputOrAnInitializer() throws {
    var graph = Graph()
    let x = graph.addInput("x", float3)
    let w = graph.addConstant("w", try Tensor(shape: [3], [1, 2, 3] as [Float]))
    for target in [x, w] {
      var broken = graph
      broken.add(try relu("n", x, target))
      #expect(throws: InfoldError.self) { try broken.sort() }
    }
  }

  @Test func namesTheNodeWhoseInputIsMissing() throws {
    var graph = Graph()
    let ghost = graph.add(Value(name: "ghost")), y = graph.add(Value(name: "y"))
    graph.add(try relu("reader", ghost, y))
    let error = #expect(throws: InfoldError.self) { try graph.sort() }
    #expect(error?.node == "node \"reader\" (Relu)")
    #expect(error?.reason.contains("\"ghost\"") == true)
  }

  @Test func refusesAnOutputThatNobodyDefines() throws {
    var graph = Graph()
    graph.outputs = [graph.add(Value(name: "y"))]
    #expect(throws: InfoldError.self) { try graph.sort() }
  }

  @Test func sortsALongChainInLinearTime() throws {
    var graph = Graph()
    let count = 20_000
    let values = (0...count).map { graph.add(Value(name: "v\($0)")) }
    graph.inputs = [values[0]]
    for index in (0..<count).reversed() { graph.add(try relu("", values[index], values[index + 1])) }
    try graph.sort()
    #expect(graph.nodes.first?.inputs == [values[0]])
    #expect(graph.nodes.last?.outputs == [values[count]])
  }
}
