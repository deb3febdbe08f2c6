import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// A custom operator that declares its element function, and so gets the same kernels as ONNX's own operators, without further code.
@Suite struct OwnFunctionTests {
  /// x, limited to the range from 0 to 2.
  struct Ramp: UnaryOperator {
    static let name = "Ramp"
    static let domain = "test"
    static let versions = [1]

    init(_ attributes: inout AttributeReader) throws(InfoldError) {}

    func elementFunction(_ inputs: OperatorInputs) -> ElementFunction? { .clip(lower: 0, upper: 2) }

    func apply<Element: FloatingPointElement>(_ x: Element) -> Element { x < 0 ? 0 : x > 2 ? 2 : x }
  }

  /// a · b.
  struct Gate: ArithmeticOperator {
    static let name = "Gate"
    static let domain = "test"
    static let versions = [1]
    let broadcast = BroadcastRule.multidirectional

    init(_ attributes: inout AttributeReader) throws(InfoldError) {}

    var elementCombination: ElementCombination? { ElementCombination(.product, broadcast) }

    func apply<Element: FloatingPointElement>(_ a: Element, _ b: Element) -> Element { a * b }

    func apply<Element: IntegerElement>(_ a: Element, _ b: Element) -> Element { a &* b }
  }

  @Test func runsByKernels() throws {
    var network = NetworkBuilder()
    let x = network.input([2, 4, 6, 6])
    let convolved = try network.node("Conv", [x, try network.weights([4, 4, 3, 3])])
    var graph = try network.finished(convolved)
    func add(_ opType: String, _ inputs: ValueID...) throws -> ValueID {
      let output = graph.add(Value(name: "\(opType)\(graph.nodes.count)"))
      graph.add(
        try Node(
          opType: opType, domain: "test", opsetVersion: 1, inputs: inputs, outputs: [output],
          registry: .standard.adding(Ramp.self, Gate.self)))
      return output
    }
    let gated = try add(
      "Gate", try add("Ramp", convolved), graph.addConstant("factor", try network.random.tensor([4, 1, 1])))
    graph.outputs = [try add("Ramp", gated)]
    try graph.inferTypes()
    let model = Model(
      graph: graph, opsetImports: [Model.OpsetImport(version: 13), Model.OpsetImport(domain: "test", version: 1)])
    let session = try Session(model, options: SessionOptions(precision: .exact))
    let inputs = try graph.randomInputs()
    let layers = try session.layerTimes(inputs, runs: 1)
    #expect(layers.allSatisfy { $0.algorithm != "reference" })
    #expect(layers.contains { $0.operation == "Conv+Ramp" })
    let truth = try graph.truth(inputs).outputs[0].numbers()
    let result = try #require(try session.run(inputs).values.first).numbers()
    for (y, expected) in zip(result, truth) { #expect(abs(y - expected) <= 1e-5) }
  }
}
