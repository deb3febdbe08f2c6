import InfoldGraph
import InfoldONNX
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Five networks with seeded weights, compared with the results of ONNX Runtime in `Tests/Recorded/zoo`, and with double precision.
@Suite(.enabled(if: isOptimizedBuild, "whole networks take minutes without optimization"))
struct ZooTests {
  static let networks = ["densenet121", "inception_v1", "inception_v2", "shufflenet", "squeezenet"]

  /// How a network is run.
  private static let configurations = [
    SessionOptions(optimize: false), SessionOptions(precision: .exact), SessionOptions(precision: .fast),
  ]

  /// The results of the network in double precision.
  private func truth(_ model: Model, _ input: Tensor) throws -> [Double] {
    let outputs = try ReferenceEvaluator(model.graph, precision: .double).run([model.graph.inputs[0]: input])
    return try outputs[0].elements()
  }

  @Test(arguments: networks) func agreesWithONNXRuntimeAndTheTruth(_ network: String) throws {
    let model = try Zoo.model(network)
    let expected = try Recording("zoo/\(network)").rows
    let inputs = try expected.indices.map { try Tensor.random(seed: $0, [1, 3, 224, 224]) }
    let truth = try truth(model, inputs[0])
    let errorOfONNXRuntime = difference(expected[0].map(Double.init), from: truth)
    for options in Self.configurations {
      let session = try Session(model, options: options)
      for batch in [1, 3] {
        let output = try session.run([session.inputs[0].name: .batch(Array(inputs.prefix(batch)))])
        let rows = try #require(output[session.outputs[0].name]).images()
        try #require(rows.count == batch)
        for (row, expected) in zip(rows, expected) { #expect(difference(row, from: expected) <= 1e-4) }
        #expect(difference(rows[0].map(Double.init), from: truth) <= 3 * max(errorOfONNXRuntime, 3e-7))
      }
    }
  }
}
