import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

/// Validation of sessions whose products a matrix unit computes. Its instructions are plain functions.
@Suite struct MatrixUnitValidationTests {
  private func report(
    _ graph: Graph, opset: Int = 13, _ unit: SessionOptions.EmulatedUnit? = .everywhere
  ) throws -> ValidationReport {
    var options = SessionOptions()
    options.emulatedUnit = unit
    var random = SplitMix64(seed: 3)
    let samples = try (0..<2).map { index in
      var tensors: [String: Tensor] = [:]
      for id in graph.requiredInputs { tensors[graph[id].name] = try random.tensor(graph[id].type!.shape!.sizes!) }
      return FoldValidation.Sample(name: "sample \(index)", inputs: tensors)
    }
    let model = Model(graph: graph, opsetImports: [Model.OpsetImport(version: opset)])
    return try FoldValidation(model, options: options, precisions: [.exact, .fast, .bfloat16]).run(samples)
  }

  private static func network() throws -> Graph {
    var network = NetworkBuilder()
    var y = network.input([1, 8, 14, 14])
    for (inputs, outputs, kernel) in [(8, 24, 1), (24, 24, 3), (24, 40, 1)] {
      let weights = try network.weights([outputs, inputs, kernel, kernel])
      let pad = Int64(kernel / 2)
      y = try network.node("Conv", [y, weights], ["pads": .ints([pad, pad, pad, pad])])
      let scale = try network.weights([outputs], in: 0.5...2), variance = try network.weights([outputs], in: 0.5...2)
      y = try network.node(
        "BatchNormalization",
        [y, scale, network.weights([outputs]), network.weights([outputs]), variance])
      y = try network.node("Relu", [y])
    }
    let flat = try network.node("Flatten", [network.node("GlobalAveragePool", [y])])
    return try network.finished(network.node("Gemm", [flat, network.weights([40, 10]), network.weights([10])]))
  }

  @Test func errorsAreWithinBounds() throws {
    let report = try report(Self.network())
    #expect(report.passed, "\(report.reasons)")
    #expect(report.sessions.map(\.precision) == ["exact", "fast", "bfloat16"])
    let bounds = report.sessions.map { $0.layers.compactMap(\.kernels).reduce(0) { max($0, $1.bound) } }
    #expect(bounds[0] < bounds[1] && bounds[1] < bounds[2])
    for (session, suffix) in zip(report.sessions.dropFirst(), ["split bfloat16", "bfloat16"]) {
      #expect(session.passed && session.notes.isEmpty, "\(session.failures) \(session.notes)")
      let layers = session.layers.filter { $0.algorithm?.hasSuffix(suffix) == true }
      #expect(layers.count >= 3)
      #expect(layers.allSatisfy { ($0.kernels?.shareOfBound ?? 0) > 0.001 })
      let least = try #require(session.leastAccurateLayer)
      let largest = session.layers.compactMap(\.kernels?.relativeError).max()
      #expect(session.layers[least].kernels?.relativeError == largest)
    }
    let errors = report.sessions.map { $0.outputs[0].relativeError }
    #expect(errors[0] < 1e-6 && errors[1] < 1e-5 && errors[2] > 1e-5 && errors[2] < 2e-2, "\(errors)")
    for session in report.sessions {
      let classes = try #require(session.outputs[0].classes)
      #expect(classes.rows == 2 && classes.same == 2)
    }
    // The page has a curve for each precision.
    let page = ValidationPage(report).html
    for style in ["first", "second", "third"] { #expect(page.contains("\(style) thin")) }
    #expect(page.contains("The least accurate layer"))
    #expect(page.contains("Its best class is that of double precision in 2 of 2 rows."))
  }

  /// Errors of rounded factors are not within the bounds of float32 products.
  @Test func boundsTellPrecisionsApart() throws {
    let report = try report(Self.network())
    let layers = report.sessions.map { session in session.layers.compactMap(\.kernels) }
    let exactBounds = layers[0].map(\.bound), errors = layers[2].map(\.error)
    #expect(zip(errors, exactBounds).contains { $0 > 4 * $1 })
  }

  /// A network with right sides that are computed at run time: attention as nodes and as an operator, and products by operators of
  /// each kind. Further steps complete some of them.
  private static func variableNetwork() throws -> Graph {
    var network = NetworkBuilder(opset: 23)
    let x = network.input([2, 40, 24])
    func projected() throws -> ValueID { try network.node("MatMul", [x, network.weights([24, 24])]) }
    let folded = try network.node(
      "BatchNormalization",
      [
        try network.node("Conv", [x, network.weights([40, 40, 1])]), network.weights([40], in: 0.5...2),
        network.weights([40]), network.weights([40]), network.weights([40], in: 0.5...2),
      ])
    let keys = try network.node("Transpose", [projected()], ["perm": .ints([0, 2, 1])])
    let scores = try network.node(
      "Mul", [network.node("MatMul", [projected(), keys]), network.constant(try Tensor(scalar: 0.2 as Float))])
    let composed = try network.node("MatMul", [network.node("Softmax", [scores], ["axis": .int(-1)]), folded])
    let mask = network.constant(try Tensor(shape: [40, 40], (0..<1600).map { $0 % 5 != 3 }))
    let operation = try network.node(
      "Attention", [composed, projected(), projected(), mask], ["q_num_heads": .int(3), "kv_num_heads": .int(3)])
    let products = try network.node("Einsum", [operation, composed], ["equation": .string(Array("bij,bkj->kbi".utf8))])
    let rows = try network.node("Reshape", [products, network.constant(try .list(80, 40))])
    let right = try network.node("Tanh", [network.node("Reshape", [x, network.constant(try .list(40, 48))])])
    let addend = try network.node("Slice", [right, network.constant(try .list(0)), network.constant(try .list(1))])
    let y = try network.node("Gemm", [rows, right, addend], ["alpha": .float(0.5)])
    return try network.finished(y, operation)
  }

  @Test func variableRightSides() throws {
    let report = try report(Self.variableNetwork(), opset: 23)
    #expect(report.passed, "\(report.reasons)")
    for (session, suffix) in zip(report.sessions.dropFirst(), ["split bfloat16", "bfloat16"]) {
      #expect(session.passed && session.notes.isEmpty, "\(session.failures) \(session.notes)")
      // The two forms of attention and two products, of which later steps complete three.
      let layers = session.layers.filter { layer in
        let exact = report.sessions[0].layers.first { $0.value == layer.value }?.kernels
        return layer.kernels.map { $0.bound > 2 * (exact?.bound ?? .infinity) } ?? false
      }
      #expect(layers.count >= 7, "\(layers.map(\.value))")
      for output in report.outputs {
        let layer = try #require(layers.first { $0.value == output.name }), share = layer.kernels?.shareOfBound ?? 0
        #expect(share > 1e-4 && share < 1, "\(layer)")
      }
      let algorithms = session.layers.compactMap(\.algorithm)
      #expect(algorithms.contains { $0.hasPrefix("attention") && $0.hasSuffix(suffix) }, "\(algorithms)")
    }
  }

  /// Without a unit, the report says that nothing was rounded.
  @Test func remarksThatNoUnitIsThere() throws {
    guard !SessionOptions.Precision.bfloat16.isDistinct(SessionOptions()) else { return }
    let report = try report(Self.network(), nil)
    #expect(report.passed)
    #expect(report.sessions[2].notes.count == 1 && report.sessions[1].notes.isEmpty)
    #expect(report.sessions[1].outputs[0].error == report.sessions[2].outputs[0].error)
  }
}
