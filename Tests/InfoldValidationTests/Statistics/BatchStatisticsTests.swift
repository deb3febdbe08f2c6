import InfoldOperators
import InfoldSystem
import InfoldTensor
import InfoldValidation
import TestSupport
import Testing

@Suite struct BatchStatisticsTests {
  /// Two mini-batches, {0, 1} and {2, 3}.
  @Test(arguments: [
    (BatchStatistics.Estimator.population, 1.25), (.unbiased, 5.0 / 3), (.paper, 0.5),
  ])
  func estimators(_ estimator: BatchStatistics.Estimator, _ expected: Double) throws {
    var statistics = BatchStatistics(layout: .nchw, per: .featureMap)
    try statistics.add(Tensor(shape: [2, 1], [0, 1] as [Float]))
    try statistics.add(Tensor(shape: [2, 1], [2, 3] as [Float]))
    #expect(statistics.mean == [1.5])
    #expect(try abs(statistics.variance(estimator)[0] - expected) < 1e-15)
    #expect(statistics.batches == 2 && statistics.samples == 4 && statistics.count == 4)
    #expect(statistics.valuesPerBatch == 2)
  }

  /// m′ is m·p·q per feature map, and m per activation.
  @Test func paperEstimatorCountsPositions() throws {
    let batches = try [
      Tensor(shape: [2, 1, 1, 2], [0, 4, 2, 6] as [Float]), Tensor(shape: [2, 1, 1, 2], [1, 1, 3, 1]),
    ]
    var perMap = BatchStatistics(layout: .nchw, per: .featureMap)
    var perActivation = BatchStatistics(layout: .nchw, per: .activation)
    for batch in batches {
      try perMap.add(batch)
      try perActivation.add(batch)
    }
    // σ²_B of {0, 4, 2, 6} is 5, of {1, 1, 3, 1} it is 0.75; 4/3 · 5.75/2.
    #expect(distance(try perMap.variance(.paper), [23.0 / 6]) < 1e-15)
    // {0, 2} and {1, 3} have 1 and 1; {4, 6} and {1, 1} have 1 and 0.
    #expect(try perActivation.variance(.paper) == [2, 1])
    #expect(perMap.valuesPerBatch == 4 && perActivation.valuesPerBatch == 2)
    #expect(perMap.positions == [1, 2] && perActivation.positions == [1, 2])
    #expect(perActivation.shape == [1, 1, 2])
  }

  /// Compares with loops over [B, H, W, C]: statistics of shape [H, W, C] over the samples, and of
  /// shape [C] over samples and positions.
  @Test(arguments: [1, 2, 5]) func loopsAgree(batch: Int) throws {
    let (height, width, channels) = (3, 4, 2)
    var random = SplitMix64(seed: 7)
    let tensor = try random.tensor([batch, height, width, channels], in: -3...5)
    let x: [Float] = try tensor.elements()
    func value(_ b: Int, _ h: Int, _ w: Int, _ c: Int) -> Double {
      Double(x[((b * height + h) * width + w) * channels + c])
    }

    var activationMean: [Double] = [], activationVariance: [Double] = []
    for h in 0..<height {
      for w in 0..<width {
        for c in 0..<channels {
          var sum = 0.0, squares = 0.0
          for b in 0..<batch { sum += value(b, h, w, c) }
          let mean = sum / Double(batch)
          for b in 0..<batch { squares += (value(b, h, w, c) - mean) * (value(b, h, w, c) - mean) }
          activationMean.append(mean)
          activationVariance.append(squares / Double(batch))
        }
      }
    }
    var mapMean: [Double] = [], mapVariance: [Double] = []
    for c in 0..<channels {
      var sum = 0.0, squares = 0.0
      for b in 0..<batch {
        for h in 0..<height {
          for w in 0..<width { sum += value(b, h, w, c) }
        }
      }
      let mean = sum / Double(batch * height * width)
      for b in 0..<batch {
        for h in 0..<height {
          for w in 0..<width { squares += (value(b, h, w, c) - mean) * (value(b, h, w, c) - mean) }
        }
      }
      mapMean.append(mean)
      mapVariance.append(squares / Double(batch * height * width))
    }

    for (granularity, shape, mean, variance) in [
      (BatchStatistics.Granularity.activation, [height, width, channels], activationMean, activationVariance),
      (.featureMap, [channels], mapMean, mapVariance),
    ] {
      var statistics = BatchStatistics(layout: .nhwc, per: granularity)
      try statistics.add(tensor)
      #expect(statistics.shape == shape)
      #expect(distance(statistics.mean, mean) < 1e-14)
      #expect(distance(try statistics.variance(), variance) < 1e-14)
      #expect(statistics.positions == [height, width] && statistics.samples == batch)
    }
    if batch == 1 {
      // With one sample, nothing deviates from its own mean per activation. Per feature map, it
      // does.
      #expect(activationVariance.allSatisfy { $0 == 0 } && mapVariance.allSatisfy { $0 > 1 })
    }

    // The training form of BatchNormalization, which is NCHW, uses the same statistics.
    let nchw = try transposedToNCHW(tensor)
    for isSpatial in [true, false] {
      let parameterShape = isSpatial ? [channels] : [channels, height, width]
      let ones = try Tensor(repeating: Float(1), shape: parameterShape),
        zeros = try Tensor(zeros: parameterShape, of: .float32)
      let outputs = try evaluate(
        "BatchNormalization", opset: 7, attributes: ["spatial": .int(isSpatial ? 1 : 0)],
        [nchw, ones, zeros, zeros, ones], outputs: 5, precision: .double)
      let y: [Double] = try transposedToNHWC(outputs[0]!).elements()
      for b in 0..<batch {
        for h in 0..<height {
          for w in 0..<width {
            for c in 0..<channels {
              let place = (h * width + w) * channels + c
              let mean = isSpatial ? mapMean[c] : activationMean[place]
              let variance = isSpatial ? mapVariance[c] : activationVariance[place]
              let expected = (value(b, h, w, c) - mean) / (variance + Double(Float(1e-5))).squareRoot()
              #expect(abs(y[b * height * width * channels + place] - expected) < 1e-9)
            }
          }
        }
      }
      var statistics = BatchStatistics(layout: .nchw, per: isSpatial ? .featureMap : .activation)
      try statistics.add(nchw)
      #expect(distance(try outputs[3]!.elements(), statistics.mean) < 1e-14)
      #expect(distance(try outputs[4]!.elements(), try statistics.variance()) < 1e-14)
    }
  }

  @Test(arguments: [BatchStatistics.Granularity.featureMap, .activation])
  func cutsDoNotMatter(granularity: BatchStatistics.Granularity) throws {
    var random = SplitMix64(seed: 3)
    let samples = try (0..<11).map { _ in try random.tensor([1, 3, 2, 2], in: 99...101) }
    var whole = BatchStatistics(layout: .nchw, per: granularity)
    try whole.add(pieces: samples)
    for size in 1...12 {
      var statistics = BatchStatistics(layout: .nchw, per: granularity)
      for start in stride(from: 0, to: samples.count, by: size) {
        try statistics.add(pieces: Array(samples[start..<min(start + size, samples.count)]))
      }
      #expect(distance(statistics.mean, whole.mean) < 1e-12)
      #expect(distance(try statistics.variance(), try whole.variance()) < 1e-12)
      #expect(statistics.samples == 11 && statistics.batches == (11 + size - 1) / size)
    }
  }

  /// A deviation of 1 with a mean of 10⁸, which a sum of squares would lose.
  @Test func largeMean() throws {
    var statistics = BatchStatistics(layout: .nchw, per: .featureMap)
    for batch in 0..<4 {
      try statistics.add(Tensor(shape: [2, 1], [1e8 + Double(batch), 1e8 - Double(batch)]))
    }
    #expect(statistics.mean == [1e8])
    #expect(try statistics.variance() == [(0 + 1 + 4 + 9) * 2 / 8])
  }

  @Test(arguments: [ElementType.float16, .bfloat16, .float32, .float64]) func types(_ type: ElementType) throws {
    var statistics = BatchStatistics(layout: .nchw, per: .featureMap)
    let x = try evaluate(
      "Cast", opset: 13, attributes: ["to": .int(Int64(type.rawValue))],
      [Tensor(shape: [4], [1, 2, 3, 6] as [Float])])[0]!
    try statistics.add(x)
    #expect(x.elementType == type)
    #expect(try statistics.mean == [3] && statistics.variance() == [3.5])
    #expect(statistics.shape == [1] && statistics.positions == [])
  }

  @Test func refusals() throws {
    var statistics = BatchStatistics(layout: .nchw, per: .activation)
    #expect(try errorCode { _ = try statistics.variance() } == .invalidArgument)
    let first = try Tensor(shape: [1, 2, 2], [1, 2, 3, 4] as [Float])
    try statistics.add(first)
    #expect(try errorCode { _ = try statistics.variance(.unbiased) } == .invalidArgument)
    #expect(try errorCode { _ = try statistics.variance(.paper) } == .invalidArgument)

    let refused: [(Tensor, InfoldError.Code)] = try [
      (Tensor(zeros: [0, 2, 2], of: .float32), .invalidArgument),
      (Tensor(zeros: [1, 0, 2], of: .float32), .invalidArgument),
      (Tensor(scalar: Float(1)), .invalidArgument),
      (Tensor(zeros: [1, 2, 3], of: .float32), .invalidArgument),
      (Tensor(zeros: [1, 4], of: .float32), .invalidArgument),
      (Tensor(zeros: [1, 2, 2], of: .int32), .unsupported),
      (Tensor(shape: [1, 2, 2], [1, .nan, 3, 4] as [Float]), .invalidArgument),
      (Tensor(shape: [1, 2, 2], [1, 2, .infinity, 4] as [Float]), .invalidArgument),
      (Tensor(shape: [2, 2, 2], Array(repeating: 1.7e308, count: 8)), .limitExceeded),
      (Tensor(shape: [2, 2, 2], (0..<8).map { $0 < 4 ? 1e200 : -1e200 }), .limitExceeded),
      (Tensor(shape: [1, 2, 2], Array(repeating: 1e200, count: 4)), .limitExceeded),
    ]
    for (tensor, code) in refused {
      #expect(try errorCode { try statistics.add(tensor) } == code, "\(tensor)")
    }
    #expect(try errorCode { try statistics.add(pieces: []) } == .invalidArgument)
    #expect(try errorCode { try statistics.add(pieces: [first, refused[0].0]) } == .invalidArgument)
    #expect(statistics.batches == 1 && statistics.samples == 1 && statistics.mean == [1, 2, 3, 4])

    try statistics.add(pieces: [first, first])
    #expect(try errorCode { _ = try statistics.variance(.paper) } == .invalidArgument)
    #expect(statistics.valuesPerBatch == nil && statistics.count == 3)
  }

  /// Per feature map, pictures may have different sizes.
  @Test func differentPositions() throws {
    var statistics = BatchStatistics(layout: .nhwc, per: .featureMap)
    try statistics.add(Tensor(shape: [1, 2, 1], [1, 3] as [Float]))
    #expect(statistics.positions == [2])
    try statistics.add(Tensor(shape: [1, 4, 1], [1, 1, 3, 3] as [Float]))
    try statistics.add(Tensor(shape: [1, 4, 1], [1, 1, 3, 3] as [Float]))
    #expect(try statistics.mean == [2] && statistics.variance() == [1])
    #expect(statistics.positions == nil && statistics.valuesPerBatch == nil && statistics.count == 10)
  }
}

private func transposedToNCHW(_ x: Tensor) throws -> Tensor {
  try evaluate("Transpose", opset: 13, attributes: ["perm": .ints([0, 3, 1, 2])], [x])[0]!
}

private func transposedToNHWC(_ x: Tensor) throws -> Tensor {
  try evaluate("Transpose", opset: 13, attributes: ["perm": .ints([0, 2, 3, 1])], [x])[0]!
}
