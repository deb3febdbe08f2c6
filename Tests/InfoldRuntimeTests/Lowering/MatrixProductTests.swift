import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct MatrixProductTests {
  private static let shapes: [[[Int]]] = [
    [[3, 4], [4, 5]], [[2, 3, 4], [2, 4, 5]], [[2, 3, 4], [4, 5]], [[3, 4], [2, 4, 5]], [[2, 1, 3, 4], [5, 4, 6]],
    [[5, 3, 4], [2, 1, 4, 6]], [[2, 3, 7, 9], [2, 3, 9, 17]], [[1, 3, 4], [5, 4, 2]], [[4], [4, 5]], [[3, 4], [4]],
    [[4], [4]], [[2, 3, 4], [4]], [[4], [2, 4, 3]],
  ]

  @Test(arguments: shapes, [true, false]) func products(shapes: [[Int]], isConstant: Bool) throws {
    var network = NetworkBuilder()
    let a = network.input(Shape(shapes[0]), "a")
    let b = isConstant ? try network.weights(shapes[1]) : network.input(Shape(shapes[1]), "b")
    try expectKernels(network.finished(try network.node("MatMul", [a, b])))
    guard !isConstant else { return }
    var mirrored = NetworkBuilder()
    let constant = try mirrored.weights(shapes[0]), right = mirrored.input(Shape(shapes[1]), "b")
    try expectKernels(mirrored.finished(try mirrored.node("MatMul", [constant, right])))
  }

  @Test(arguments: [true, false], [true, false]) func gemms(transA: Bool, transB: Bool) throws {
    let (m, n, k) = (7, 19, 11)
    for isConstant in [true, false] {
      for (alpha, beta) in [(1, 1), (0.5, 1), (1, -2), (0.25, 0)] as [(Float, Float)] {
        for c in [nil, [n], [m, n], [m, 1], [1], []] as [[Int]?] {
          var network = NetworkBuilder()
          let a = network.input(Shape(transA ? [k, m] : [m, k]), "a")
          let sizes = transB ? [n, k] : [k, n]
          var inputs = [a, isConstant ? try network.weights(sizes) : network.input(Shape(sizes), "b")]
          if let c { inputs.append(isConstant ? try network.weights(c) : network.input(Shape(c), "c")) }
          let attributes: AttributeList = [
            "transA": .int(transA ? 1 : 0), "transB": .int(transB ? 1 : 0), "alpha": .float(alpha),
            "beta": .float(beta),
          ]
          let y = try network.node("Gemm", inputs, attributes)
          try expectKernels(network.finished(try network.node("Relu", [y])), "C \(c as Any), α \(alpha), β \(beta)")
        }
      }
    }
  }
}
