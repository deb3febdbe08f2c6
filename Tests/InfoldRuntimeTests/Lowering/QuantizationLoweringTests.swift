import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// QuantizeLinear and DequantizeLinear on their own.
@Suite struct QuantizationLoweringTests {
  /// Attention masks contain the lowest finite float.
  @Test(arguments: [Float.greatestFiniteMagnitude / 255, 1e34, 1e-30])
  func conversionsByExtremeScales(scale: Float) throws {
    var network = NetworkBuilder(opset: 21, seed: 6)
    let x = network.input([1, 2, 3, 7])
    let step = network.constant(try Tensor(scalar: scale)), point = network.constant(try Tensor(scalar: 255 as UInt8))
    let bytes = try network.node("QuantizeLinear", [x, step, point])
    let y = try network.node("DequantizeLinear", [bytes, step, point])
    let graph = try network.finished(bytes, y)
    let most = Float.greatestFiniteMagnitude
    let numbers = (0..<42).map {
      [0, -most, most, -.infinity, .nan, -scale, -2.5 * scale, -254.6 * scale][$0 % 8] as Float
    }
    let inputs = ["x": try Tensor(shape: [1, 2, 3, 7], numbers)]
    let expected = try ReferenceEvaluator(graph).run([x: inputs["x"]!])
    for kernels in KernelChoice.names {
      let session = try Session(graph.model, options: SessionOptions(threads: 2), kernelsNamed: kernels)
      let results = try session.run(inputs)
      for (id, tensor) in zip(graph.outputs, expected) { #expect(results[graph[id].name] == tensor, "\(kernels)") }
      #expect(try session.layerTimes(inputs, runs: 1).allSatisfy { $0.algorithm != "reference" }, "\(kernels)")
    }
  }
}
