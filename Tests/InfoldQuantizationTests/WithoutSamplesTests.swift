import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldQuantization
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct WithoutSamplesTests {
  private func quantizer(
    _ shape: Shape, options: QuantizationOptions = QuantizationOptions(),
    _ build: (inout NetworkBuilder, ValueID) throws -> ValueID
  ) throws -> StaticQuantizer {
    var network = NetworkBuilder()
    let x = network.input(shape)
    let y = try build(&network, x)
    return try StaticQuantizer(
      Model(graph: try network.finished([y]), irVersion: 8, opsetImports: [Model.OpsetImport(version: 13)]),
      options: options, session: SessionOptions(threads: 1))
  }

  /// Without batch normalizations, all ranges come from random pictures.
  @Test func withoutNormalizations() throws {
    let quantizer = try quantizer([1, 3, 8, 8]) { network, x in
      let a = try network.node("Relu", [network.node("Conv", [x, network.weights([4, 3, 3, 3])])])
      return try network.node("Conv", [a, network.weights([2, 4, 1, 1])])
    }
    let network = try quantizer.quantizeWithoutSamples()
    #expect(network.activations.allSatisfy { $0.origin == .noise && $0.histogram != nil })
    let comparison = try quantizer.compareWithoutSamples(network)
    #expect(try #require(comparison.outputs[0].quality.pooled.decibels) > 30)
  }

  /// Values without known moments get ranges from random pictures, with batch normalization
  /// statistics recomputed for them.
  @Test func mixesBoth() throws {
    let quantizer = try quantizer(["N", 3, 8, 8]) { network, x in
      let a = try network.node(
        "Relu", [network.normalization(network.node("Conv", [x, network.weights([4, 3, 3, 3])]), channels: 4)])
      let b = try network.node("Sigmoid", [network.node("Conv", [a, network.weights([4, 4, 1, 1])])])
      let c = try network.node("Mul", [b, a])
      return try network.node("Conv", [c, network.weights([2, 4, 1, 1])])
    }
    let network = try quantizer.quantizeWithoutSamples(ranges: ["x": -1...1])
    let origins = Set(network.activations.map(\.origin))
    #expect(origins == [.given, .statistics, .estimate, .noise])
    #expect(
      try #require(quantizer.compareWithoutSamples(network, ranges: ["x": -1...1]).outputs[0].quality.pooled.decibels)
        > 20)
  }

  /// Random pictures have the brightness that the first batch normalization implies.
  @Test func findsTheBrightness() throws {
    let quantizer = try quantizer([1, 3, 16, 16]) { network, x in
      let a = try network.node("Conv", [x, network.weights([4, 3, 1, 1])])
      var parameters = [a]
      // The stored variance implies numbers that are a hundred times as large.
      for number in [1, 0, 0, 10_000] as [Float] {
        parameters.append(network.constant(try Tensor(shape: [4], [Float](repeating: number, count: 4))))
      }
      return try network.node("BatchNormalization", parameters)
    }
    let input = try #require(try quantizer.quantizeWithoutSamples().activations.first)
    #expect(input.origin == .noise && input.range.upperBound > 50 && input.range.upperBound < 2000)
  }

  @Test func openSizesMustBeGiven() throws {
    let quantizer = try quantizer(["N", 3, "h", "w"]) { network, x in
      try network.node(
        "Relu", [network.normalization(network.node("Conv", [x, network.weights([4, 3, 3, 3])]), channels: 4)])
    }
    #expect(try errorCode { _ = try quantizer.quantizeWithoutSamples() } == .invalidArgument)
    #expect(
      try errorCode { _ = try quantizer.quantizeWithoutSamples(shapes: ["x": [1, 2, 8, 8]]) } == .invalidArgument)
    #expect(
      try errorCode { _ = try quantizer.quantizeWithoutSamples(shapes: ["y": [1, 3, 8, 8]]) } == .invalidArgument)
    let shapes = ["x": [2, 3, 8, 9]]
    #expect(
      try errorCode { _ = try quantizer.quantizeWithoutSamples(shapes: shapes, ranges: ["x": 0 ... .infinity]) }
        == .invalidArgument)
    #expect(try quantizer.quantizeWithoutSamples(shapes: shapes).activations.count == 2)
  }

  /// Invalid statistics are ignored: ranges come from random pictures, or the error is clear.
  @Test(arguments: [Float.nan, -1, 0, .infinity]) func hostileStatistics(variance: Float) throws {
    let build = { (network: inout NetworkBuilder, x: ValueID) throws -> ValueID in
      let a = try network.node("Conv", [x, network.weights([2, 3, 1, 1])])
      var parameters = [a]
      for number in [1, 0, 0, variance] as [Float] {
        parameters.append(network.constant(try Tensor(shape: [2], [number, 1])))
      }
      let b = try network.node("BatchNormalization", parameters, ["epsilon": .float(0)])
      return try network.node("Conv", [b, network.weights([2, 2, 1, 1])])
    }
    let code = try errorCode {
      let network = try quantizer([1, 3, 4, 4], build).quantizeWithoutSamples()
      #expect(network.activations.allSatisfy { $0.scale.scale > 0 && $0.scale.scale.isFinite })
    }
    #expect(code == nil || code == .invalidArgument || code == .unsupported)
  }

  @Test func refusesBadOptions() throws {
    for options in [
      QuantizationOptions(rounding: .search(limit: 0)), QuantizationOptions(rounding: .search(limit: .nan)),
      QuantizationOptions(floatBudget: -1), QuantizationOptions(floatBudget: 101),
      QuantizationOptions(floatBudget: .nan),
      QuantizationOptions(method: .percentile(50)),
    ] {
      #expect(
        try errorCode {
          _ = try quantizer([1, 3], options: options) { try $0.node("MatMul", [$1, $0.weights([3, 2])]) }
        } == .invalidArgument)
    }
  }

  @Test func emptyInputs() throws {
    let quantizer = try quantizer(["N", 3, 4, 4]) { network, x in
      try network.node("Conv", [x, network.weights([2, 3, 1, 1])])
    }
    #expect(try errorCode { _ = try quantizer.quantize(count: 0) { _ in [:] } } == .invalidArgument)
    let empty = try quantizer.quantizeWithoutSamples(shapes: ["x": [0, 3, 4, 4]])
    #expect(empty.activations.allSatisfy { $0.range == 0...0 })
  }
}
