import InfoldConformance
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// The operators of com.microsoft, compared with recorded results of ONNX Runtime (`tools/record-contributed.py`).
@Suite struct RecordedContributedTests {
  private static let cases: [String] = {
    let found = (try? ConformanceCase.find(in: repositoryFolder + "/Tests/Recorded/contributed")) ?? []
    return found.map(\.path)
  }()

  private static let operators = OperatorRegistry.standard.all.filter { type in
    type.domain == OperatorRegistry.contributedDomain || type.name == "SimplifiedLayerNormalization"
  }

  private static func model(_ path: String) throws -> Model {
    try Model(path: ConformanceCase(path: path).model, operators: .standard)
  }

  @Test func isComplete() throws {
    #expect(Self.cases.count == 148)
    let tried = Set(try Self.cases.flatMap { try Self.model($0).graph.nodes.map { $0.domain + $0.opType } })
    for type in Self.operators { #expect(tried.contains(type.domain + type.name), "no case for \(type.name)") }
    #expect(Self.operators.count == 27)
  }

  /// The largest permitted error of floats. Integers may differ by one.
  private static func bound(_ path: String) -> Double {
    // With several sequences, ONNX Runtime quantizes the states by a common range.
    if path.contains("/lstm-"), !path.contains("/lstm-one-") { return 0.02 }
    return path.contains("/dynamic-") ? 1e-4 : 2e-5
  }

  @Test(arguments: cases) func hasTheResultsOfONNXRuntime(path: String) throws {
    let testCase = ConformanceCase(path: path)
    let model = try Self.model(path)
    for results in try testCase.resultsInEveryWay(model) {
      for (index, result) in results.enumerated() {
        let expected = try TensorFile(path: "\(path)/test_data_set_0/output_\(index).pb").tensor
        #expect(result.shape == expected.shape)
        // Numbers halfway between two integers may be rounded to either.
        let bound = expected.elementType.isFloatingPoint ? Self.bound(path) : 1
        let differences = zip(try result.numbers(), try expected.numbers()).map { abs($0 - $1) / max(1, abs($1)) }
        if expected.elementType.isFloatingPoint {
          #expect(differences.allSatisfy { $0 <= bound }, "\(differences.max() ?? 0)")
        } else {
          let absolute = zip(try result.numbers(), try expected.numbers()).map { abs($0 - $1) }
          // ONNX Runtime sums rounded powers for its softmax.
          let most = path.contains("/softmax-") ? absolute.count / 4 : 1 + absolute.count / 20
          #expect(absolute.allSatisfy { $0 <= 1 } && absolute.count { $0 > 0 } <= most)
        }
      }
    }
  }

  /// The output types can also be inferred with dynamic dimensions, and do not contradict the results.
  @Test(arguments: cases) func openShapes(path: String) throws {
    let model = try Self.model(path)
    var graph = model.graph
    for (index, id) in graph.inputs.enumerated() {
      let shape = graph[id].type!.shape!
      graph[id].type?.shape = Shape(shape.indices.map { .symbol("d\(index)_\($0)") })
    }
    for id in graph.outputs {
      graph[id].type = nil
      graph[id].claim = nil
    }
    try graph.inferTypes()
    for (id, own) in zip(graph.outputs, model.graph.outputs) {
      let found = try #require(graph[id].type), declared = try #require(model.graph[own].claim ?? model.graph[own].type)
      #expect(found.elementType == declared.elementType)
      if let shape = found.shape, let sizes = declared.shape?.sizes {
        #expect(shape.rank == sizes.count && zip(shape, sizes).allSatisfy { $0.size == nil || $0.size == $1 })
      }
    }
    let testCase = ConformanceCase(path: path)
    let inputs = try testCase.inputs(of: model)
    var open: [Tensor] = [], fixed: [Tensor] = []
    try Session(Model(graph: graph, opsetImports: model.opsetImports)).run(inputs, into: &open)
    try Session(model).run(inputs, into: &fixed)
    #expect(open == fixed)
  }

  /// Unknown attributes are refused, and inputs of any rank or type give an error or a result.
  @Test(arguments: cases) func hostileUses(path: String) throws {
    let model = try Self.model(path)
    let node = model.graph.nodes[0]
    var attributes = node.attributes
    attributes["rate"] = .int(1)
    #expect(throws: InfoldError.self) { _ = try node.replacing(attributes: attributes, registry: .standard) }
    for entry in node.attributes.entries {
      let values: [Attribute] = [
        .int(-1), .int(.max), .ints([]), .ints([0, -1, .max]), .string(Array("other".utf8)), .float(.nan),
      ]
      for value in values {
        var attributes = node.attributes
        attributes[entry.name] = value
        guard let other = try? node.replacing(attributes: attributes, registry: .standard) else { continue }
        _ = try? other.inferOutputs(model.graph.operatorInputs(of: node))
      }
    }
    let types = node.inputs.map { $0.flatMap { model.graph[$0].type } }
    for index in types.indices where types[index] != nil {
      for shape in [[], [0], [1], [2, 0, 3], [1, 1, 1, 1], [1 << 40, 1 << 40], [3, 1, 2, 1, 2, 1]] as [[Int]] {
        for type in [types[index]!.elementType, .int64, .float16, .bool, .string] {
          var others = types
          others[index] = TensorType(type, Shape(shape))
          let constants = node.inputs.indices.map { $0 == index ? nil : node.inputs[$0].flatMap(model.graph.constant) }
          _ = try? node.inferOutputs(types: others, constants: constants)
        }
      }
    }
  }

  /// Every operator that has kernels runs with them.
  @Test(
    arguments: cases.filter { path in
      // Without kernels: that function, and the normalization that also returns mean and deviation.
      !["/gemm-thresholdedrelu", "/layer-opset-11"].contains(where: path.hasSuffix)
    })
  func runsByKernels(path: String) throws {
    let model = try Self.model(path)
    let shapes = Dictionary(
      uniqueKeysWithValues: model.graph.inputs.map { (model.graph[$0].name, model.graph[$0].type!.shape!.sizes!) })
    let steps = try Session(model).planDescription(for: shapes).parts.flatMap(\.steps)
    #expect(!steps.contains { $0.algorithm == "reference" }, "\(steps.map(\.algorithm))")
  }
}
