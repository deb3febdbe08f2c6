import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldPasses
import InfoldSystem
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

/// Files of other tools, with other changes besides folding. The other changes are accepted, and
/// wrong folds are found.
@Suite struct ForeignFoldTests {
  /// Pad and Conv, two branches of the same sizes, a sum, and a matrix product, each with a
  /// BatchNormalization or an equivalent.
  private func network() throws -> Model {
    var network = NetworkBuilder(seed: 11)
    let x = network.input([1, 3, 10, 10])
    let pads = network.constant(try Tensor(shape: [8], [0, 0, 1, 1, 0, 0, 1, 1] as [Int64]))
    let stem = try network.node(
      "Conv", [network.node("Pad", [x, pads]), network.weights([6, 3, 3, 3])], name: "stem")
    let y = try network.node("Relu", [network.normalization(stem, channels: 6)])
    var branches: [ValueID] = []
    for name in ["left", "right"] {
      let z = try network.node("Conv", [y, network.weights([6, 6, 1, 1])], name: name)
      branches.append(try network.node("Relu", [network.normalization(z, channels: 6)]))
    }
    let kept = try network.node("Identity", [network.node("Add", branches)])
    let scaled = try network.node("Conv", [kept, network.weights([5, 6, 3, 3]), network.weights([5])], name: "last")
    let factor = try network.weights([5, 1, 1], in: 0.5...2), summand = try network.weights([5, 1, 1])
    let w = try network.node(
      "Add", [network.node("Mul", [network.normalization(scaled, channels: 5), factor]), summand])
    let flat = try network.node("Flatten", [network.node("GlobalAveragePool", [network.node("Relu", [w])])])
    let scores = try network.node("Gemm", [flat, network.weights([5, 7]), network.weights([7])], name: "scores")
    return Model(
      graph: try network.finished(network.normalization(scores, channels: 7)),
      opsetImports: [Model.OpsetImport(version: 13)])
  }

  /// The network as another tool might write it: padding is moved into the convolution, Conv and
  /// Relu are one node, values are renamed, and Identity is removed.
  private func foreign(_ model: Model, reversed: Bool = false) throws -> Model {
    var file = model
    var graph = try FoldBatchNormalization().fold(model.graph).graph
    let index = graph.index
    func producer(_ id: ValueID?) -> Node? { id.flatMap { index.producer(of: $0) }.map { graph[$0] } }
    var nodes: [Node] = []
    var gone: Set<String> = []
    for id in graph.nodeIDs {
      var node = graph[id]
      if let source = producer(node.inputs.first ?? nil), source.opType == "Identity" {
        node.inputs[0] = source.inputs[0]
      }
      if node.opType == "Add" || node.opType == "Conv" || node.opType == "Relu" || node.opType == "Flatten" {
        node.inputs = node.inputs.map { input in
          if let source = producer(input), source.opType == "Identity" { source.inputs[0] } else { input }
        }
      }
      switch node.opType {
      case "Pad", "Identity": gone.insert(node.name)
      case "Conv":
        var attributes = node.attributes
        if let source = producer(node.inputs[0]), source.opType == "Pad" {
          node.inputs[0] = source.inputs[0]
          attributes["pads"] = .ints([1, 1, 1, 1])
        }
        let readers = index.consumers(of: node.outputs[0]!)
        if readers.count == 1, graph[readers[0]].opType == "Relu" {
          attributes["activation"] = .string(Array("Relu".utf8))
          gone.insert(graph[readers[0]].name)
          nodes.append(
            try Node(
              opType: "FusedConv", domain: "com.microsoft", opsetVersion: 1, attributes: attributes,
              inputs: node.inputs,
              outputs: graph[readers[0]].outputs))
        } else {
          nodes.append(try node.replacing(attributes: attributes))
        }
      default: if !gone.contains(node.name) { nodes.append(node) }
      }
    }
    if reversed, let left = nodes.firstIndex(where: { $0.opType == "FusedConv" && $0.inputs[0] != nodes[0].inputs[0] })
    {
      nodes.swapAt(left, left + 1)
    }
    for place in nodes.indices { nodes[place].name = "" }
    graph.replaceNodes(nodes)
    for id in graph.valueIDs where !graph.inputs.contains(id) && !graph.outputs.contains(id) {
      graph[id].name = "v\(id.index)"
    }
    try graph.inferTypes()
    file.graph = graph
    file.opsetImports = [Model.OpsetImport(version: 13), Model.OpsetImport(domain: "com.microsoft", version: 1)]
    return file
  }

  private func prove(_ model: Model, _ file: Model) throws -> ValidationReport {
    var random = SplitMix64(seed: 7)
    let samples = try (0..<2).map {
      FoldValidation.Sample(name: "\($0)", inputs: ["x": try random.tensor([1, 3, 10, 10])])
    }
    return try FoldValidation(model, folded: file, precisions: [.fast]).run(samples)
  }

  @Test(arguments: [false, true]) func passesWhatAlsoDidSomethingElse(reversed: Bool) throws {
    let model = try network()
    let file = try foreign(model, reversed: reversed)
    #expect(file.graph.nodes.contains { $0.opType == "FusedConv" } && !file.graph.nodes.contains { $0.opType == "Pad" })
    let report = try prove(model, file)
    #expect(report.passed, "\(report.reasons)")
    #expect(report.sites.count == 5 && report.sites.allSatisfy { $0.state == .folded && $0.passed })
    #expect(report.sites.allSatisfy { $0.numbers != nil })
    let matching = try #require(report.matching)
    #expect(matching.equal == true && matching.missing.isEmpty && matching.additional.isEmpty)
    #expect(matching.byWeights + matching.byName == 5 && matching.byWeights >= 3, "\(matching)")
    #expect(try #require(matching.values).compared > 3)
    #expect(matching.changes.contains { $0.contains("com.microsoft.FusedConv") }, "\(matching.changes)")
    #expect(report.notes.contains { $0.hasPrefix("the file: ") })
    #expect(ValidationPage(report).html.contains("How the file was matched"))
    #expect(report.sessions.allSatisfy { $0.passed })
  }

  /// Changes the numbers of an input of the `place`-th convolution of a file.
  private func change(
    _ file: inout Model, _ place: Int, input: Int, _ transform: (inout [Float], _ length: Int) -> Void
  ) throws {
    let node = file.graph.nodes.filter { ["Conv", "FusedConv"].contains($0.opType) }[place]
    let id = try #require(node.inputs[input])
    let tensor = try #require(file.graph.constant(id))
    var elements: [Float] = try tensor.elements()
    transform(&elements, elements.count / tensor.shape[0])
    file.graph[id].initializer = Initializer(try Tensor(shape: tensor.shape, elements))
  }

  struct Error: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let input: Int
    let change: @Sendable (inout [Float], Int) -> Void

    init(_ description: String, input: Int, _ change: @escaping @Sendable (inout [Float], Int) -> Void) {
      (testDescription, self.input, self.change) = (description, input, change)
    }
  }

  @Test(
    arguments: [
      Error("a weight is off by one part in ten thousand", input: 1) { numbers, length in numbers[length] *= 1.0001 },
      Error("the scale of one channel is that of another", input: 1) { numbers, length in
        for index in length..<(2 * length) { numbers[index] *= 1.3 }
      },
      Error("two channels are exchanged", input: 1) { numbers, length in
        for index in 0..<length { numbers.swapAt(index, length + index) }
      },
      Error("the bias is dropped", input: 2) { numbers, _ in
        for index in numbers.indices { numbers[index] = 0 }
      },
      Error("an epsilon of 1e-3 in the place of 1e-5", input: 1) { numbers, length in
        for index in 0..<length { numbers[index] *= (0.1 / (0.1 + 1e-3 as Float)).squareRoot() }
      },
    ], [0, 1, 3]) func findsWhatIsWrong(_ error: Error, at place: Int) throws
  {
    let model = try network()
    var file = try foreign(model)
    try change(&file, place, input: error.input, error.change)
    let report = try prove(model, file)
    #expect(report.outcome == .failed)
    #expect(report.sites.contains { !$0.passed }, "\(report.reasons)")
  }

  /// Correct weights with a wrong window.
  @Test func findsAWindowThatIsMoved() throws {
    let model = try network()
    let file = try foreign(model)
    var scaled = file
    scaled.graph.replaceNodes(
      try file.graph.nodes.map { node in
        guard node.opType == "FusedConv", let pads = node.attributes["pads"], case .ints = pads else { return node }
        var attributes = node.attributes
        attributes["pads"] = .ints([0, 0, 2, 2])
        return try node.replacing(attributes: attributes)
      })
    let report = try prove(model, scaled)
    #expect(report.outcome == .failed)
    #expect(report.matching?.equal == false)
    #expect(report.reasons.contains { $0.contains("the first value whose difference") }, "\(report.reasons)")
  }

  /// Another tool may fold although digits are lost. The result must be within the same bounds.
  @Test func takesAFoldThatInfoldRefuses() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 6, 6])
    let y = try network.node("Conv", [x, network.weights([3, 2, 1, 1])], name: "conv")
    let parameters = try [[1, 1, 1], [0, 0, 0], [1, 1, 1], [1e-9, 1e-9, 1e-9]].map {
      network.constant(try Tensor(shape: [3], $0 as [Float]))
    }
    let z = try network.node("BatchNormalization", [y] + parameters, ["epsilon": .float(1e-12)])
    let model = Model(graph: try network.finished(z), opsetImports: [Model.OpsetImport(version: 13)])
    #expect(try FoldBatchNormalization().fold(model.graph).report.foldedNormalizations == 0)
    let scale = 1 / (Double(1e-9 as Float) + Double(1e-12 as Float)).squareRoot()
    let weights: [Float] = try model.graph.constant(model.graph.nodes[0].inputs[1]!)!.elements()
    var file = model
    let weight = file.graph.addConstant(
      "w", try Tensor(shape: [3, 2, 1, 1], weights.map { Float(Double($0) * scale) }))
    let bias = file.graph.addConstant("b", try Tensor(shape: [3], [Float](repeating: Float(-scale), count: 3)))
    file.graph.replaceNodes([
      try Node(
        name: "conv", opType: "Conv", opsetVersion: 13, inputs: [x, weight, bias], outputs: [file.graph.outputs[0]])
    ])
    var random = SplitMix64(seed: 7)
    let sample = FoldValidation.Sample(name: "one", inputs: ["x": try random.tensor([1, 2, 6, 6])])
    let report = try FoldValidation(model, folded: file, precisions: []).run([sample])
    #expect(report.sites.map(\.state) == [.folded], "\(report.reasons)")
    #expect(report.constants.wrong == 0 && report.constants.count == 9, "\(report.reasons)")
  }

  /// Names that a file reuses for other values.
  @Test func namesThatMeanSomethingElse() throws {
    let model = try network()
    var file = try foreign(model)
    let names = model.graph.nodes.filter { $0.opType == "Conv" }.map { model.graph[$0.outputs[0]!].name }
    let convolutions = file.graph.nodes.filter { ["Conv", "FusedConv"].contains($0.opType) }
    for (node, name) in zip(convolutions.dropFirst().prefix(2), [names[2], names[1]]) {
      file.graph[node.outputs[0]!].name = name
    }
    let report = try prove(model, file)
    #expect(report.passed, "\(report.reasons)")
    #expect(report.sites.count == 5)
  }

  @Test func hostileFiles() throws {
    let model = try network()
    var file = try foreign(model)
    try change(&file, 0, input: 1) { numbers, _ in numbers[3] = .nan }
    let report = try prove(model, file)
    #expect(report.outcome == .failed)
    #expect(report.reasons.contains { $0.contains("outside the range") }, "\(report.reasons)")
    for pads in [[0, 0, Int64.max, Int64.max], [Int64.min, 0, 0, 0], [1 << 40, 1 << 40, 1 << 40, 1 << 40]] {
      #expect(throws: InfoldError.self) {
        var file = try foreign(model)
        file.graph.replaceNodes(
          try file.graph.nodes.map { node in
            guard node.opType == "FusedConv" else { return node }
            var attributes = node.attributes
            attributes["pads"] = .ints(pads)
            return try node.replacing(attributes: attributes)
          })
        _ = try prove(model, file)
      }
    }
    // Weights of another size leave operators without a counterpart.
    var smaller = NetworkBuilder(seed: 2)
    let x = smaller.input([1, 3, 10, 10])
    let y = try smaller.node("Flatten", [smaller.node("GlobalMaxPool", [x])])
    let z = try smaller.node("Gemm", [y, smaller.weights([3, 7])])
    var other = Model(graph: try smaller.finished(z), opsetImports: [Model.OpsetImport(version: 13)])
    other.graph[other.graph.outputs[0]].name = model.graph[model.graph.outputs[0]].name
    let unlike = try prove(model, other)
    #expect(unlike.outcome == .failed && unlike.matching?.missing.count == 5, "\(unlike.reasons)")
  }
}
