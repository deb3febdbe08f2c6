import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldPasses
import InfoldRuntime
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

/// Models with functions, loops and computed weights: folded, written, read, run and validated.
@Suite struct NestedValidationTests {
  private static let parameters = ["w", "g", "b", "m", "v"]
  private let opsets = [("", 13), ("local", 1)]

  /// Random numbers, which depend only on the seed.
  private func numbers(_ count: Int, seed: UInt64, in range: ClosedRange<Float> = -1...1) throws -> [Float] {
    var random = SplitMix64(seed: seed)
    return try random.tensor([count], in: range).elements()
  }

  private func initializers() throws -> [Wire] {
    [
      Onnx.initializer("w", [4, 3, 3, 3], [Onnx.raw(try numbers(108, seed: 1))]),
      Onnx.initializer("g", [4], [Onnx.raw(try numbers(4, seed: 2, in: 0.5...2))]),
      Onnx.initializer("b", [4], [Onnx.raw(try numbers(4, seed: 3))]),
      Onnx.initializer("m", [4], [Onnx.raw(try numbers(4, seed: 4))]),
      Onnx.initializer("v", [4], [Onnx.raw(try numbers(4, seed: 5, in: 0.5...2))]),
    ]
  }

  private var x: Wire { Onnx.input("x", [1, 3, 8, 8].map { Onnx.dim($0) }) }

  private func convBN(_ name: String = "ConvBN", opset: Int = 13) -> Wire {
    Onnx.function(
      name, ["a"] + Self.parameters, ["o"],
      [
        Onnx.node("Conv", ["a", "w"], ["c"]),
        Onnx.node("BatchNormalization", ["c", "g", "b", "m", "v"], ["o"]),
      ], opsets: [("", opset), ("local", 1)])
  }

  private func model(_ nodes: [Wire], _ functions: [Wire], opsets: [(String, Int)]? = nil) throws -> Model {
    try Model(
      bytes: Onnx.model(
        ir: 8, opsets: opsets ?? self.opsets, graph: [.text(2, "g"), x, Onnx.output("y")] + nodes + initializers(),
        more: functions), operators: .standard)
  }

  /// Folds the model, writes and reads it, and compares both networks with double precision.
  /// - Returns: The folded model, the report of the folding, and that of the validation.
  private func fold(_ original: Model) throws -> (Model, FoldReport, ValidationReport) {
    let outcome = try FoldBatchNormalization().fold(original)
    let (folded, report) = (outcome.model, outcome.report)
    let written = try Model(bytes: folded.serialized(), operators: .standard)
    var random = SplitMix64(seed: 9)
    let inputs = ["x": try random.tensor([1, 3, 8, 8])]
    let truth = try ReferenceEvaluator(InlineBodies().run(on: original.graph).graph, precision: .double)
      .run([original.graph.inputs[0]: inputs["x"]!])
    let exact: [Double] = try truth[0].elements()
    for model in [original, written] {
      let result = try #require(try Session(model).run(inputs)["y"]?.numbers())
      let largest = exact.map(\.magnitude).max()!
      #expect(zip(result, exact).allSatisfy { abs($0 - $1) <= 1e-5 * largest })
    }
    let samples = [FoldValidation.Sample(name: "one", inputs: inputs)]
    let proof = try FoldValidation(original).run(samples)
    #expect(proof.passed, "\(proof.reasons)")
    if report.foldedNormalizations > 0 {
      let other = try FoldValidation(original, folded: written).run(samples)
      #expect(other.passed, "\(other.reasons)")
      #expect(other.constants.notCorrectlyRounded == 0)
    }
    return (written, report, proof)
  }

  @Test func aFunctionThatTakesItsWeights() throws {
    let call = Onnx.node("ConvBN", domain: "local", ["x"] + Self.parameters, ["y"])
    let (folded, report, proof) = try fold(model([call], [convBN()]))
    #expect(report.foldedNormalizations == 1 && report.refusals.isEmpty)
    #expect(folded.graph.nodes.map(\.opType) == ["Conv"])
    #expect(proof.normalizations.total == 1 && proof.normalizations.folded == 1 && proof.sites.count == 1)
    // The function is no longer called.
    #expect(try !folded.serialized().contains("ConvBN"))
  }

  /// Only the call that is folded into is inlined. Other calls and their function stay.
  @Test func otherCallsStay() throws {
    let twice = Onnx.function("Twice", ["a"], ["o"], [Onnx.node("Add", ["a", "a"], ["o"])])
    let nodes = [
      Onnx.node("ConvBN", domain: "local", ["x"] + Self.parameters, ["h"]),
      Onnx.node("Twice", domain: "local", ["h"], ["y"]),
    ]
    let (folded, report, _) = try fold(model(nodes, [convBN(), twice]))
    #expect(report.foldedNormalizations == 1)
    #expect(folded.graph.nodes.map(\.opType) == ["Conv", "Twice"])
    #expect(folded.graph.nodes[1].body != nil)
    #expect(try folded.serialized().contains("Twice") && !folded.serialized().contains("ConvBN"))
  }

  /// Conv in a function and the normalization outside of it; and a function within another.
  @Test func aNormalizationBehindAFunctionInAFunction() throws {
    let inner = Onnx.function("Inner", ["a", "w"], ["o"], [Onnx.node("Conv", ["a", "w"], ["o"])])
    let outer = Onnx.function("Outer", ["a", "w"], ["o"], [Onnx.node("Inner", domain: "local", ["a", "w"], ["o"])])
    let nodes = [
      Onnx.node("Outer", domain: "local", ["x", "w"], ["h"]),
      Onnx.node("BatchNormalization", ["h", "g", "b", "m", "v"], ["y"]),
    ]
    let (folded, report, _) = try fold(model(nodes, [inner, outer]))
    #expect(report.foldedNormalizations == 1)
    #expect(folded.graph.nodes.map(\.opType) == ["Conv"])
  }

  /// A function with operators that changed before the model's opset is not folded in a file, and
  /// is reported. A session folds it.
  @Test func aFunctionOfAnotherOpset() throws {
    // BatchNormalization changed with opset 14, Conv with 11.
    let call = Onnx.node("ConvBN", domain: "local", ["x"] + Self.parameters, ["y"])
    let (folded, report, proof) = try fold(model([call], [convBN(opset: 15)]))
    #expect(report.foldedNormalizations == 0)
    #expect(folded.graph.nodes.map(\.opType) == ["ConvBN"])
    #expect(report.refusals.count == 1)
    #expect(report.refusals.first?.reason.contains("other opsets") == true, "\(report.refusals)")
    #expect(proof.normalizations.total == 1 && proof.normalizations.folded == 1)
  }

  /// Nested loops with a function call in each. The work does not grow exponentially with the
  /// depth.
  @Test func loopsInLoopsWithCalls() throws {
    let twice = Onnx.function("Twice", ["a"], ["o"], [Onnx.node("Add", ["a", "a"], ["o"])])
    var inner: [Wire] = []
    for level in (0..<12).reversed() {
      let state = "s\(level)", goes = "t\(level)"
      var nodes = [Onnx.node("Twice", domain: "local", [state], ["d\(level)"])]
      if inner.isEmpty {
        nodes += [
          Onnx.node("Conv", ["d\(level)", "w"], ["c\(level)"]),
          Onnx.node("BatchNormalization", ["c\(level)", "g", "b", "m", "v"], ["n\(level)"]),
          Onnx.node("Pad", ["n\(level)", "pads"], ["p\(level)"]),
          Onnx.node("Slice", ["p\(level)", "from", "to", "axes"], ["r\(level)"]),
        ]
      } else {
        nodes.append(
          Onnx.node(
            "Loop", ["trips", "yes", "d\(level)"], ["r\(level)"],
            attributes: [Onnx.attribute("body", type: 5, [.message(6, inner)])]))
      }
      nodes.append(Onnx.node("Identity", [goes], ["u\(level)"]))
      inner =
        [
          .text(2, "body\(level)"), Onnx.input("i\(level)", type: 7, []), Onnx.input(goes, type: 9, []),
          Onnx.input(state, [1, 3, 8, 8].map { Onnx.dim($0) }), Onnx.output("u\(level)", type: 9, []),
          Onnx.output("r\(level)"),
        ] + nodes
    }
    let loop = Onnx.node(
      "Loop", ["trips", "yes", "x"], ["y"], attributes: [Onnx.attribute("body", type: 5, [.message(6, inner)])])
    let constants = [
      Onnx.initializer("trips", type: 7, [], [.packed(7, [1])]),
      Onnx.initializer("yes", type: 9, [], [.packed(5, [1])]),
      Onnx.initializer("pads", type: 7, [8], [.packed(7, [0, 0, 1, 1, 0, 0, 1, 1])]),
      Onnx.initializer("from", type: 7, [1], [.packed(7, [0])]),
      Onnx.initializer("to", type: 7, [1], [.packed(7, [3])]),
      Onnx.initializer("axes", type: 7, [1], [.packed(7, [1])]),
    ]
    let outcome = try FoldBatchNormalization().fold(model([loop] + constants, [twice]))
    let (folded, report) = (outcome.model, outcome.report)
    #expect(report.foldedNormalizations == 1)
    _ = try Model(bytes: folded.serialized(), operators: .standard)
  }

  @Test func aFunctionInWhichNothingFoldsIsNamed() throws {
    let relu = Onnx.function(
      "ReluBN", ["a", "g", "b", "m", "v"], ["o"],
      [Onnx.node("Relu", ["a"], ["c"]), Onnx.node("BatchNormalization", ["c", "g", "b", "m", "v"], ["o"])])
    let nodes = [
      Onnx.node("Conv", ["x", "w"], ["h"]), Onnx.node("ReluBN", domain: "local", ["h", "g", "b", "m", "v"], ["y"]),
    ]
    let (folded, report, _) = try fold(model(nodes, [relu]))
    #expect(folded.graph.nodes.map(\.opType) == ["Conv", "ReluBN"])
    #expect(report.refusals.map(\.reason).contains { $0.contains("has no weights to fold into") }, "\(report.refusals)")
  }

  /// A convolution with quantized weights and a normalization, which is folded into the scales of
  /// the weights.
  @Test func aQuantizedConvolution() throws {
    var network = NetworkBuilder()
    let x = try network.rounded(network.input([1, 3, 8, 8]), scale: 0.02, zeroPoint: 128)
    let y = try network.node("Conv", [x, network.quantizedWeights([4, 3, 3, 3])], name: "conv")
    let z = try network.normalization(y, channels: 4, name: "bn")
    let graph = try network.finished(network.rounded(z, scale: 0.05, zeroPoint: 128))
    let original = Model(graph: graph, irVersion: 8, opsetImports: [Model.OpsetImport(version: 13)])
    let outcome = try FoldBatchNormalization().fold(original)
    let (folded, report) = (outcome.model, outcome.report)
    #expect(report.scaledQuantizations == ["node \"bn\" (BatchNormalization)"] && report.foldedNormalizations == 1)
    #expect(!folded.graph.nodes.contains { $0.opType == "BatchNormalization" })
    // Weights stay bytes.
    let weights = folded.graph.valueIDs.compactMap(folded.graph.constant).filter { $0.count == 108 }
    #expect(weights.map(\.elementType) == [.int8])
    var random = SplitMix64(seed: 9)
    let samples = [FoldValidation.Sample(name: "one", inputs: ["x": try random.tensor([1, 3, 8, 8])])]
    let own = try FoldValidation(original).run(samples)
    #expect(own.passed, "\(own.reasons)")
    let other = try FoldValidation(original, folded: Model(bytes: folded.serialized(), operators: .standard)).run(
      samples)
    #expect(other.passed, "\(other.reasons)")
    #expect(own.sites.map(\.state) == [.folded])
  }
}

extension [UInt8] {
  fileprivate func contains(_ text: String) -> Bool {
    let part = Array(text.utf8)
    return indices.contains { self[$0...].starts(with: part) }
  }
}
