import InfoldGraph
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Networks in Python packages, for speech, music, pictures and file types, compared with the results of ONNX Runtime in
/// `Tests/Recorded/packages`.
@Suite(.enabled(if: isOptimizedBuild, "whole networks take minutes without optimization"))
struct PackageNetworkTests {
  /// A network, and how its inputs are made.
  struct Network: Sendable, CustomTestStringConvertible {
    enum Input: Sendable {
      case floats([Int])
      case bytes
      case value(Int64)

      func tensor(seed: Int) throws -> Tensor {
        switch self {
        case .floats(let shape): return try .random(seed: seed, shape)
        case .bytes:
          var random = SplitMix64(seed: UInt64(seed))
          return try Tensor(shape: [1, 2048], (0..<2048).map { _ in Int32(random.next() >> 56) })
        case .value(let value): return try Tensor(shape: [], [value])
        }
      }
    }

    let name: String
    let inputs: KeyValuePairs<String, Input>

    var testDescription: String { name }

    func inputs(ofRun run: Int) throws -> [String: Tensor] {
      var tensors: [String: Tensor] = [:]
      for (index, input) in inputs.enumerated() {
        tensors[input.key] = try input.value.tensor(seed: run * inputs.count + index)
      }
      return tensors
    }
  }

  private static let networks = [
    Network(name: "basic-pitch", inputs: ["serving_default_input_2:0": .floats([1, 43844, 1])]),
    Network(name: "magika", inputs: ["bytes": .bytes]),
    Network(name: "nudenet", inputs: ["images": .floats([1, 3, 320, 320])]),
    Network(
      name: "silero-vad", inputs: ["input": .floats([1, 576]), "state": .floats([2, 1, 128]), "sr": .value(16000)]),
    Network(name: "silero-vad-half", inputs: ["input": .floats([1, 576]), "state": .floats([2, 1, 128])]),
    Network(
      name: "silero-vad-sequence",
      inputs: ["input": .floats([5, 576]), "h": .floats([1, 1, 128]), "c": .floats([1, 1, 128])]),
  ]

  @Test(arguments: networks) func agreesWithONNXRuntime(_ network: Network) throws {
    let session = try Session(Zoo.model(network.name))
    for (index, info) in session.outputs.enumerated() {
      let recording = try Recording("packages/\(network.name)-\(index)")
      for (run, expected) in recording.rows.enumerated() {
        let output = try #require(session.run(network.inputs(ofRun: run))[info.name])
        #expect(
          try difference(recorded(output), from: expected) <= 1e-4, "\(network.name), \(info.name), run \(run)")
      }
    }
  }

  /// The recorded part of an output: all elements, or a summary if there are many.
  private func recorded(_ output: Tensor) throws -> [Float] {
    let elements: [Float] = try output.elements()
    return elements.count > 2048 ? summary(elements, rowLength: output.shape.last!) : elements
  }
}
