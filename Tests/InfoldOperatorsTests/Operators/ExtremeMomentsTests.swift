import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// Normalizations of numbers whose mean is large compared with their spread, or whose squares are out of range.
@Suite struct ExtremeMomentsTests {
  /// Numbers center ± spread, which are normalized to ±1.
  private static let extremes: [(center: Double, spread: Double)] = [
    (0, 1e30), (0, 3e38), (1024, 0x1p-10), (-0x1p20, 1), (0, 1e-30), (0x1p-100, 0x1p-110), (0, 1e-44),
  ]
  /// The same for double precision only.
  private static let doubleExtremes: [(center: Double, spread: Double)] = [
    (0, 1e200), (0, 1.7e308), (0x1p50, 1), (0, 1e-200), (0, 0x1p-1030), (0x1p-900, 0x1p-910),
  ]

  private static let cases: [(type: ElementType, center: Double, spread: Double)] =
    extremes.map { (.float32, $0.center, $0.spread) } + extremes.map { (.float64, $0.center, $0.spread) }
    + doubleExtremes.map { (.float64, $0.center, $0.spread) }

  private func tensor(_ shape: [Int], _ numbers: [Double], _ type: ElementType) throws -> Tensor {
    try Tensor(shape: shape, numbers).converted(to: type)
  }

  private func expect(
    _ opType: String, opset: Int, _ shape: [Int], parameters: Int, _ attributes: AttributeList, which: Int,
    centered: Bool = true
  ) throws {
    let (type, center, spread) = Self.cases[which]
    guard centered || center == 0 else { return }
    var attributes = attributes
    if parameters > 0 || opType == "RMSNormalization" { attributes["epsilon"] = .float(0) }
    let x = try tensor(shape, [1, -1, -1, 1].map { center + $0 * spread }, type)
    let constants = try [1.0, 0].prefix(parameters).map { try tensor([1], [$0], type) }
    let result = try #require(
      try evaluate(opType, opset: opset, attributes: attributes, [x] + constants)[0])
    for (a, b) in zip(try result.numbers(), [1, -1, -1, 1] as [Double]) {
      // A subnormal number has few digits, and an error of 10⁻⁹ is large compared with a small deviation.
      #expect(abs(a - b) <= 1e-6, "\(opType) of \(center) ± \(spread) in \(type)")
    }
  }

  @Test(arguments: cases.indices) func instances(which: Int) throws {
    try expect("InstanceNormalization", opset: 6, [1, 1, 4], parameters: 2, [:], which: which)
  }

  @Test(arguments: cases.indices) func layers(which: Int) throws {
    try expect("LayerNormalization", opset: 17, [1, 4], parameters: 2, [:], which: which)
  }

  @Test(arguments: cases.indices) func groups(which: Int) throws {
    try expect("GroupNormalization", opset: 21, [1, 1, 4], parameters: 2, ["num_groups": .int(1)], which: which)
  }

  @Test(arguments: cases.indices) func rootMeanSquares(which: Int) throws {
    try expect("RMSNormalization", opset: 23, [1, 4], parameters: 1, [:], which: which, centered: false)
  }

  @Test(arguments: cases.indices) func lengths(which: Int) throws {
    let (type, center, spread) = Self.cases[which]
    guard center == 0 else { return }
    for p in [1, 2] {
      let x = try tensor([1, 4], [1, -1, -1, 1].map { $0 * spread }, type)
      let result = try #require(
        try evaluate("LpNormalization", opset: 22, attributes: ["p": .int(Int64(p))], [x])[0])
      for (a, b) in zip(try result.numbers(), [1, -1, -1, 1] as [Double]) {
        #expect(abs(a - b / (p == 1 ? 4 : 2)) <= 1e-6, "\(spread) in \(type)")
      }
    }
    // Their norm is that of one element, and 0 compared with it.
    let one = try tensor([1, 1, 4], [0, spread / 2, 0, 0], type)
    let half = try one.numbers()[1]
    for (opType, opset) in [("GlobalLpPool", 22), ("LpPool", 22), ("ReduceL2", 13)] {
      let attributes: AttributeList =
        opType == "LpPool" ? ["kernel_shape": .ints([4])] : opType == "ReduceL2" ? ["axes": .ints([2])] : [:]
      let result = try #require(try evaluate(opType, opset: opset, attributes: attributes, [one])[0]).numbers()
      #expect(abs(result[0] - half) <= 1e-6 * half, "\(opType) \(spread) in \(type)")
    }
  }

  @Test(arguments: cases.indices) func meansAndVariances(which: Int) throws {
    let (_, _, spread) = Self.cases[which]
    guard spread >= 1e-3 else { return }
    try expect(
      "MeanVarianceNormalization", opset: 13, [1, 1, 2, 2], parameters: 0, ["axes": .ints([0, 2, 3])], which: which)
  }

  /// The statistics of a batch.
  @Test(arguments: cases.indices) func batches(which: Int) throws {
    let (type, center, spread) = Self.cases[which]
    let x = try tensor([4, 1], [1, -1, -1, 1].map { center + $0 * spread }, type)
    let parameters = try [1.0, 0, 0, 1].map { try tensor([1], [$0], type) }
    let result = try #require(
      try evaluate(
        "BatchNormalization", opset: 15, attributes: ["training_mode": .int(1), "epsilon": .float(0)], [x] + parameters)[
          0])
    for (a, b) in zip(try result.numbers(), [1, -1, -1, 1] as [Double]) { #expect(abs(a - b) <= 1e-6) }
  }

  /// One number of 10³⁰ among its neighbors.
  @Test func responses() throws {
    let x = try Tensor(shape: [1, 3, 1], [1, 1e30, 2] as [Float])
    let y = try #require(
      try evaluate("LRN", opset: 13, attributes: ["size": .int(3), "alpha": .float(3)], [x])[0]
    ).numbers()
    // x ÷ (1 + 10⁶⁰)^0.75 = x · 10⁻⁴⁵. The first and the last result are subnormal.
    #expect(abs(y[1] / 1e-15 - 1) < 1e-5)
  }
}
