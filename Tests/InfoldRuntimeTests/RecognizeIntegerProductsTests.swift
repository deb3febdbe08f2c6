import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Networks that are quantized at run time, as ONNX Runtime's `quantize_dynamic` writes them.
@Suite struct RecognizeIntegerProductsTests {
  struct Form: Sendable {
    var opType = "ConvInteger"
    var input = [2, 3, 6, 5]
    var weights = [4, 3, 3, 2]
    var attributes: AttributeList = ["pads": .ints([1, 0, 1, 1]), "strides": .ints([2, 1])]
    var weightType = ElementType.int8
    /// The zero points of the weights; `nil` for none.
    var points: Int? = 1
    var showsSums = false
  }

  private static let forms = [
    Form(), Form(weightType: .uint8), Form(points: nil), Form(points: 4),
    Form(opType: "MatMulInteger", input: [2, 3, 7], weights: [7, 5], attributes: [:]),
    Form(opType: "MatMulInteger", input: [3, 7], weights: [7, 5], attributes: [:], points: 5),
    Form(opType: "MatMulInteger", input: [1, 1], weights: [1, 1], attributes: [:], weightType: .uint8),
  ]

  private func graph(_ form: Form) throws -> Graph {
    var network = NetworkBuilder(opset: 13)
    let x = network.input(Shape(form.input))
    let parts = try network.nodes("DynamicQuantizeLinear", [x], outputs: 3)
    let range: ClosedRange<Float> = form.weightType == .int8 ? -100...100 : 0...200
    let weights = network.constant(try network.random.tensor(form.weights, in: range).cast(to: form.weightType))
    var inputs = [parts[0], weights, parts[2]]
    if let points = form.points {
      let shape = points == 1 ? [] : [points]
      let numbers: ClosedRange<Float> = form.weightType == .int8 ? -3...3 : 90...110
      inputs.append(network.constant(try network.random.tensor(shape, in: numbers).cast(to: form.weightType)))
    }
    let sums = try network.node(form.opType, inputs, form.attributes)
    let scale = try network.node("Mul", [parts[1], network.constant(try Tensor(scalar: Float(0.01)))])
    let y = try network.node("Mul", [network.node("Cast", [sums], ["to": .int(1)]), scale])
    return try network.finished([y] + (form.showsSums ? [sums] : []))
  }

  @Test(arguments: forms) func runsByKernels(form: Form) throws {
    let graph = try graph(form)
    let pass = try RecognizeIntegerProducts().run(on: graph)
    #expect(pass.changes.count == 1)
    let left = try RemoveDeadCode().run(on: pass.graph).graph.nodes.map(\.opType)
    #expect(!left.contains(form.opType) && !left.contains("Cast"))

    var random = SplitMix64(seed: 6)
    let x = try random.tensor(form.input, in: -2...3)
    let expected = try ReferenceEvaluator(graph).run([graph.inputs[0]: x])[0].numbers()
    let most = expected.map(abs).max()!
    let session = try Session(Model(graph: graph, opsetImports: [Model.OpsetImport(version: 13)]))
    var results: [Tensor] = []
    try session.run([x], into: &results)
    #expect(try zip(results[0].numbers(), expected).allSatisfy { abs($0 - $1) <= 1e-6 * most })
    let steps = try session.plannedSteps(for: ["x": form.input])
    #expect(!steps.contains { $0.algorithm == "reference" }, "\(steps.map(\.algorithm))")
  }

  /// Integers that another node reads, and sums that may exceed int32.
  @Test(arguments: [
    Form(showsSums: true), Form(opType: "MatMulInteger", input: [1, 40_000], weights: [40_000, 1], attributes: [:]),
  ])
  func othersStay(form: Form) throws {
    #expect(try RecognizeIntegerProducts().run(on: graph(form)).changes.isEmpty)
  }
}
