import InfoldConformance
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// The operator cases with one number replaced by an extreme one. Each ends quickly with a result or an error, with the same kind of error
/// whether optimized or not. The time limit ends tests that hang, and is not a measurement.
@Suite(.timeLimit(.minutes(60))) struct ExtremeNumbersTests {
  private static let integers: [Int64] = [.min, .max, 1 << 62, 1 << 31, -1 << 31, -1, 0]
  /// Loops end at the same limit for all large numbers, after some work.
  private static let fewIntegers: [Int64] = [.min, .max, -1, 0]
  private static let floats: [Float] = [.infinity, -.infinity, .nan, .greatestFiniteMagnitude, -1, 0]
  private static let parts = 16

  private static let options = [true, false].map {
    SessionOptions(threads: 1, optimize: $0, memoryLimit: 16 << 20)
  }

  @Test(arguments: 0..<parts) func attributes(part: Int) throws {
    var tried = 0
    for (index, operatorCase) in OperatorCase.all.enumerated() where index % Self.parts == part {
      guard let subject = Subject(operatorCase.testCase) else { continue }
      for id in subject.graph.nodeIDs {
        for entry in subject.graph[id].attributes.entries {
          for value in Self.extremes(of: entry.value) {
            var graph = subject.graph
            let node = graph[id]
            var attributes = node.attributes
            attributes[entry.name] = value
            do throws(InfoldError) {
              graph[id] = try Node(
                name: node.name, opType: node.opType, domain: node.domain, opsetVersion: subject.opset(node),
                attributes: attributes, inputs: node.inputs, outputs: node.outputs, captures: node.captures)
            } catch { continue }
            expectAnEnd(of: graph, subject.inputs, "\(operatorCase): \(entry.name) = \(value)")
            tried += 1
          }
        }
      }
    }
    #expect(tried > 200)
  }

  @Test(arguments: 0..<parts) func inputs(part: Int) throws {
    var tried = 0
    for (index, operatorCase) in OperatorCase.all.enumerated() where index % Self.parts == part {
      guard let subject = Subject(operatorCase.testCase) else { continue }
      for (position, tensor) in subject.inputs.enumerated() where tensor.count <= 16 {
        for changed in try Self.extremes(of: tensor, subject.hasLoop ? Self.fewIntegers : Self.integers) {
          var inputs = subject.inputs
          inputs[position] = changed
          expectAnEnd(of: subject.graph, inputs, "\(operatorCase): input \(position) = \(changed)")
          // The same as a constant, which shape inference reads.
          var graph = subject.graph
          let id = graph.inputs.remove(at: position)
          graph[id].initializer = Initializer(changed)
          graph[id].type = TensorType(changed.elementType, Shape(changed.shape))
          inputs.remove(at: position)
          expectAnEnd(of: graph, inputs, "\(operatorCase): constant \(position) = \(changed)")
          tried += 1
        }
      }
    }
    #expect(tried > 200)
  }

  /// A case's graph, without the declared types of results, and its inputs.
  private struct Subject {
    var graph: Graph
    var inputs: [Tensor]
    private var model: Model

    init?(_ testCase: ConformanceCase) {
      guard let model = try? Model(path: testCase.model, operators: .standard),
        (try? model.graph.requireNoOpaqueNodes()) != nil,
        let inputs = try? testCase.inputs(of: model), inputs.allSatisfy({ $0.count <= 100_000 })
      else { return nil }
      self.model = model
      self.inputs = inputs
      graph = model.graph
      for node in graph.nodes {
        for output in node.definitions { graph[output].type = nil }
      }
    }

    var hasLoop: Bool { graph.nodes.contains { $0.opType == "Loop" } }

    func opset(_ node: Node) -> Int {
      model.opsetImports.first { normalizedDomain($0.domain) == normalizedDomain(node.domain) }?.version ?? 1
    }
  }

  private func expectAnEnd(of graph: Graph, _ inputs: [Tensor], _ what: @autoclosure () -> String) {
    let named = Dictionary(zip(graph.inputs.map { graph[$0].name }, inputs)) { first, _ in first }
    var errors: [InfoldError?] = []
    for options in Self.options {
      let begin = threadSeconds()
      do throws(InfoldError) {
        _ = try Session(Model(graph: graph, opsetImports: [Model.OpsetImport(version: 17)]), options: options)
          .run(named)
        errors.append(nil)
      } catch {
        errors.append(error)
      }
      #expect(threadSeconds() - begin < smallWork, "\(what())")
    }
    // Optimized plans need less memory.
    guard !errors.contains(where: { $0?.code == .limitExceeded }) else { return }
    #expect(
      errors[0]?.code == errors[1]?.code,
      "\(what()): optimized \(errors[0]?.description ?? "runs"), else \(errors[1]?.description ?? "runs")")
  }

  private static func extremes(of attribute: Attribute) -> [Attribute] {
    switch attribute {
    case .int: integers.map { .int($0) }
    case .float: floats.map { .float($0) }
    case .ints(let list):
      Set([0, list.count - 1]).filter(list.indices.contains).flatMap { index in
        integers.map { value in
          var list = list
          list[index] = value
          return .ints(list)
        }
      } + [.ints([]), .ints(list + list)]
    case .floats(let list):
      Set([0, list.count - 1]).filter(list.indices.contains).flatMap { index in
        floats.map { value in
          var list = list
          list[index] = value
          return .floats(list)
        }
      } + [.floats([])]
    default: []
    }
  }

  /// The tensor with its first or last element replaced.
  private static func extremes(of tensor: Tensor, _ integers: [Int64]) throws -> [Tensor] {
    func replaced<Element: TensorElement>(_ numbers: [Element]) throws -> [Tensor] {
      let elements = try tensor.elements(as: Element.self)
      return try Set([0, elements.count - 1]).filter(elements.indices.contains).flatMap { index in
        try numbers.map { number in
          var elements = elements
          elements[index] = number
          return try Tensor(shape: tensor.shape, elements)
        }
      }
    }
    switch tensor.elementType {
    case .int64: return try replaced(integers)
    case .int32: return try replaced([Int32.min, .max, -1, 0])
    case .float32: return try replaced(floats)
    case .float64: return try replaced(floats.map(Double.init))
    default: return []
    }
  }
}
