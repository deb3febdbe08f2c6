import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct ReferenceSessionTests {
  /// Conv, BatchNormalization and Relu on [n, 2, h, 4].
  private func model() throws -> Model {
    var network = NetworkBuilder()
    let x = network.input(["n", 2, "h", 4])
    let y = try network.node("Conv", [x, network.weights([3, 2, 3, 3])], ["pads": .ints([1, 1, 1, 1])])
    let z = try network.node("Relu", [network.normalization(y, channels: 3)])
    return Model(graph: try network.finished(z), opsetImports: [Model.OpsetImport(version: 13)])
  }

  private func input(_ shape: [Int], seed: UInt64 = 1) throws -> [String: Tensor] {
    var random = SplitMix64(seed: seed)
    return ["x": try random.tensor(shape)]
  }

  @Test func takesAndGivesWhatASessionDoes() throws {
    let model = try model()
    let session = try Session(model), reference = try ReferenceSession(model)
    #expect(session.inputs == reference.inputs && session.outputs == reference.outputs)
    for shape in [[1, 2, 3, 4], [2, 2, 5, 4], [1, 2, 3, 4]] {
      let inputs = try input(shape)
      let results = try session.run(inputs), exact = try reference.run(inputs)
      #expect(results.keys == exact.keys)
      for (name, tensor) in exact {
        #expect(tensor.elementType == .float64 && tensor.shape == results[name]!.shape)
        #expect(try difference(results[name]!, tensor, tolerance: 1e-5) == nil)
      }
    }
  }

  /// With the passes of a session, the results are the same, except for rounding.
  @Test func optimized() throws {
    let model = try model()
    let inputs = try input([1, 2, 3, 4])
    let written = try ReferenceSession(model).run(inputs)
    let optimized = try ReferenceSession(model, optimize: true).run(inputs)
    for (name, tensor) in written { #expect(try difference(optimized[name]!, tensor, tolerance: 1e-6) == nil) }
  }

  /// In the model's types, the results are those of the evaluator.
  @Test func inDeclaredPrecision() throws {
    let model = try model()
    let inputs = try input([1, 2, 3, 4])
    let expected = try ReferenceEvaluator(model.graph).run([model.graph.inputs[0]: inputs["x"]!])
    #expect(try ReferenceSession(model, precision: .declared).run(inputs["x"]!) == expected[0])
  }

  @Test func refusesWhatDoesNotFit() throws {
    let reference = try ReferenceSession(model())
    #expect(try errorCode { _ = try reference.run([:]) } == .invalidArgument)
    #expect(try errorCode { _ = try reference.run(input([1, 3, 3, 4])) } == .invalidArgument)
    #expect(try errorCode { _ = try reference.run(["y": input([1, 2, 3, 4])["x"]!]) } == .invalidArgument)
  }

  @Test func keepsItsLimits() throws {
    let model = try model()
    let inputs = try input([1, 2, 64, 4])
    #expect(try errorCode { _ = try ReferenceSession(model, memoryLimit: 1000).run(inputs) } == .limitExceeded)
    #expect(
      try errorCode { _ = try ReferenceSession(model, timeLimit: .nanoseconds(1)).run(inputs) } == .limitExceeded)
  }

  @Test func tellsHowFarItIs() throws {
    var seen: [Double] = []
    _ = try ReferenceSession(model()).run(input([1, 2, 3, 4])) { seen.append($0) }
    #expect(seen.count == 3 && seen == seen.sorted() && seen.last == 1)
  }

  /// Values of the prepared graph are passed on once each: inputs, and results of nodes.
  @Test func handsOnValues() throws {
    let model = try model()
    let reference = try ReferenceSession(model, precision: .declared)
    let graph = model.graph
    let wanted: Set<ValueID> = [graph.inputs[0], graph.nodes[0].outputs[0]!]
    var seen: [ValueID: [Int]] = [:]
    _ = try reference.run(input([1, 2, 3, 4]), observing: wanted) { id, tensor in
      #expect(seen[id] == nil)
      seen[id] = tensor.shape
    }
    #expect(seen == [graph.inputs[0]: [1, 2, 3, 4], graph.nodes[0].outputs[0]!: [1, 3, 3, 4]])
  }
}
