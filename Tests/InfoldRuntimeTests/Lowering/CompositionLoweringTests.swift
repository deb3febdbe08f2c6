import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Composed operators, which a session replaces with the networks that define them.
@Suite struct CompositionLoweringTests {
  @Test(arguments: [0, 1], [false, true]) func reversedSequences(batchAxis: Int, isKnown: Bool) throws {
    for shape in [[1, 1, 1], [2, 1, 3], [1, 2, 1], [5, 3, 20], [4, 4]] {
      var random = SplitMix64(seed: 9)
      for whole in [false, true] {
        var network = NetworkBuilder(opset: 10)
        let steps = Int64(shape[1 - batchAxis])
        let lengths = try Tensor(
          shape: [shape[batchAxis]],
          (0..<shape[batchAxis]).map { _ in whole ? steps : Int64.random(in: 0...steps, using: &random) })
        let x = network.input(Shape(shape))
        let given =
          isKnown ? network.constant(lengths) : network.input([.fixed(shape[batchAxis])], "lengths", of: .int64)
        let y = try network.node(
          "ReverseSequence", [x, given],
          ["batch_axis": .int(Int64(batchAxis)), "time_axis": .int(Int64(1 - batchAxis))])
        var tensors = ["x": try random.tensor(shape, in: -1...1)]
        if !isKnown { tensors["lengths"] = lengths }
        try expectAgreement(
          network.finished(y), tensors, Expectation(tolerance: 0, precisions: [.exact]), "\(shape) \(whole)")
      }
    }
  }

  @Test(arguments: [0, 1]) func affineGrids(alignsCorners: Int64) throws {
    for size in [[2, 3, 5, 7], [1, 1, 1, 2], [2, 1, 1, 1], [1, 2, 3, 4, 2]] as [[Int64]] {
      var random = SplitMix64(seed: 9)
      let shape = [Int(size[0]), size.count - 2, size.count - 1]
      var network = NetworkBuilder(opset: 20)
      let theta = network.input(Shape(shape), "theta"), x = network.input(Shape(size.map { Int($0) }))
      let grid = try network.node(
        "AffineGrid", [theta, network.constant(Tensor(shape: [size.count], size))],
        ["align_corners": .int(alignsCorners)])
      let y = try network.node("GridSample", [x, grid], ["align_corners": .int(alignsCorners)])
      let tensors = [
        "theta": try random.tensor(shape, in: -1...1), "x": try random.tensor(size.map { Int($0) }, in: -1...1),
      ]
      try expectAgreement(
        network.finished(y), tensors,
        Expectation(tolerance: 2e-5, precisions: [.exact], referenceSteps: size.count == 4 ? 0 : nil), "\(size)")
    }
  }
}
