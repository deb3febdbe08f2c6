import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import InfoldValidation
import RandomGraphs
import Testing

/// Random networks of all operators. Networks after the passes of a session, and values in single
/// precision, are equal to the originals. A wrong weight is found.
@Suite struct RandomPairTests {
  private static func sample(_ graph: RandomGraph) -> ModelComparison.Sample {
    let named = graph.inputs.map { (graph.model.graph[$0].name, $1) }
    return ModelComparison.Sample(name: "random", inputs: Dictionary(named) { first, _ in first })
  }

  @Test(arguments: 0..<10 as Range<UInt64>) func optimized(block: UInt64) throws {
    for seed in (block * 12)..<(block * 12 + 12) {
      let graph = try RandomGraph(seed: seed)
      let optimized = try graph.model.optimized()
      let report = try ModelComparison(graph.model, optimized).run([Self.sample(graph)])
      #expect(report.equal, "seed \(seed): \(report.first as Any)\n\(graph)")
    }
  }

  /// Compares with every value, evaluated in the model's own types as another runtime would record
  /// it.
  @Test(arguments: 0..<10 as Range<UInt64>) func recorded(block: UInt64) throws {
    for seed in (block * 12)..<(block * 12 + 12) {
      let graph = try RandomGraph(seed: seed)
      let prepared = try PreparedModel(graph.model).graph
      let named = Self.sample(graph)
      var values: [String: Tensor] = [:], given: [ValueID: Tensor] = [:]
      for id in prepared.inputs { given[id] = named.inputs[prepared[id].name] }
      let results = try ReferenceEvaluator(prepared).run(given) { id, _, outputs in
        for case (let value?, let tensor?) in zip(prepared[id].outputs, outputs) {
          values[prepared[value].name] = tensor
        }
      }
      for (id, tensor) in zip(prepared.outputs, results) { values[prepared[id].name] = tensor }
      let report = try ModelComparison(graph.model, graph.model).run(named, recorded: values)
      #expect(report.equal, "seed \(seed): \(report.first as Any)\n\(graph)")
    }
  }

  /// Changes one weight of the last convolution by one part in ten thousand, if that changes any
  /// result.
  @Test func oneWeight() throws {
    var found = 0, seed: UInt64 = 0
    while found < 20 {
      let graph = try RandomGraph(seed: seed)
      seed += 1
      let types = Set(graph.model.graph.values.compactMap { $0.type?.elementType })
      guard !types.contains(.float16), let (changed, node) = try Self.changed(graph.model) else { continue }
      let report = try ModelComparison(graph.model, changed).run([Self.sample(graph)])
      // All factors of the weight may be zero, or no output may depend on it.
      guard report.outputs.contains(where: { $0.relativeDifference > 1e-9 }) else { continue }
      #expect(report.first?.node == node, "seed \(seed - 1): \(report)\n\(graph)")
      found += 1
    }
  }

  private static func changed(_ model: Model) throws -> (Model, node: String)? {
    let consumers = model.graph.consumers()
    guard let node = model.graph.nodes.last(where: { $0.opType == "Conv" }), let weight = node.inputs[1],
      let tensor = model.graph.constant(weight), tensor.elementType == .float32, consumers[weight.index].count == 1
    else { return nil }
    var numbers = try tensor.elements(as: Float.self)
    let largest = numbers.indices.max { numbers[$0].magnitude < numbers[$1].magnitude }!
    numbers[largest] *= 1.0001
    var changed = model
    changed.graph[weight].initializer = Initializer(try Tensor(shape: tensor.shape, numbers))
    let name = node.name.isEmpty ? model.graph[node.outputs[0]!].name : node.name
    return (changed, name)
  }
}
