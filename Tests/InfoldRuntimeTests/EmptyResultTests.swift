import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Pools of images that are smaller than their window, followed by other nodes.
@Suite struct EmptyResultTests {
  @Test(arguments: ["MaxPool", "AveragePool"], [[2, 5], [5, 2], [2, 2]]) func pools(opType: String, sizes: [Int]) throws
  {
    var network = NetworkBuilder()
    let x = network.input(Shape([1, 3] + sizes))
    let y = try network.node(opType, [x], ["kernel_shape": .ints([3, 3])])
    let graph = try network.finished(try network.node("Relu", [y]))
    let input = try Tensor(repeating: 1 as Float, shape: [1, 3] + sizes)
    for optimize in [true, false] {
      let result = try Session(graph.model, options: SessionOptions(optimize: optimize)).run(["x": input]).values.first
      #expect(result?.shape == [1, 3] + sizes.map { max($0 - 2, 0) })
    }
  }
}
