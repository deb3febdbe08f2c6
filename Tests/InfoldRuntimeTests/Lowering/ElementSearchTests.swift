import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// Hardmax has a kernel.
@Suite struct ElementSearchTests {
  @Test(arguments: [[1], [2], [7], [3, 1], [1, 5], [2, 3, 4], [2, 3, 4, 5]]) func hardmax(shape: [Int]) throws {
    for opset in [11, 13] {
      for axis in 0..<shape.count {
        var random = SplitMix64(seed: 5)
        var network = NetworkBuilder(opset: opset)
        let y = try network.node("Hardmax", [network.input(Shape(shape))], ["axis": .int(Int64(axis))])
        // Some are equal, and some are NaN.
        var numbers = try random.tensor(shape, in: -2...2).elements(as: Float.self).map { $0.rounded() }
        for index in numbers.indices where index % 5 == 3 { numbers[index] = .nan }
        try expectAgreement(
          network.finished(y), ["x": Tensor(shape: shape, numbers)], Expectation(), "\(shape), \(axis), \(opset)")
      }
    }
  }
}
