import InfoldONNX
import InfoldRuntime
import TestSupport
import Testing

/// The light networks of the package onnx. Because their weights are constant, every input gives the output that is stored next to them.
@Suite(.enabled(if: isOptimizedBuild, "whole networks take minutes without optimization"))
struct LightNetworkTests {
  static let small = ["densenet121", "inception_v1", "inception_v2", "shufflenet", "squeezenet"]
  static let large = ["bvlc_alexnet", "resnet50", "vgg19", "zfnet512"]

  private func run(_ network: String, optimize: Bool) throws {
    let expected = try TensorFile(path: Zoo.path("light/light_\(network)_output_0.pb")).tensor
    let session = try Session(Zoo.model("light/light_\(network)"), options: SessionOptions(optimize: optimize))
    let outputs = try session.run([session.inputs[0].name: .random(seed: 0, [1, 3, 224, 224])])
    let output = try #require(outputs[session.outputs[0].name])
    #expect(output.shape == expected.shape)
    #expect(try difference(output.elements(as: Float.self), from: expected.elements()) <= 1e-5)
  }

  @Test(arguments: small + large) func runs(_ network: String) throws {
    try run(network, optimize: true)
  }

  @Test(arguments: small) func runsAsWritten(_ network: String) throws {
    try run(network, optimize: false)
  }
}
