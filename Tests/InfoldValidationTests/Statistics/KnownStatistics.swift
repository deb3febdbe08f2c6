import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import InfoldValidation
import TestSupport

/// BatchNormalization – 1×1 Conv – BatchNormalization, and a data set whose statistics are known in
/// closed form.
///
/// Input channel c of sample n at position j is a_c + b_c · k with k = n·P + j. An affine map of it
/// has the mapped mean of the numbers k, and their variance times the square of its slope.
///
/// Over samples and positions, k runs from 0 to M − 1, with a mean of (M−1)/2 and a variance of
/// (M²−1)/12. Over the samples alone, the numbers n·P + j have a mean of P·(N−1)/2 + j and a
/// variance of P²·(N²−1)/12.
struct KnownStatistics {
  static let samples = 10
  static let (height, width) = (2, 3)
  static let positions = 6
  static let channels = 2
  static let epsilon: Float = 0x1p-10

  private let offset = [0.5, -1.0], slope = [0.03125, -0.0625]
  private let storedMean = [0.25, -2.0], storedVariance = [0.5, 1.25]
  private let scale = [1.5, 0.75], bias = [0.125, -0.5]
  private let weight = [[0.5, -0.25], [1.0, 0.75]]

  /// Sample `n`, [1, 2, 2, 3].
  func sample(_ n: Int) throws(InfoldError) -> [String: Tensor] {
    var elements: [Float] = []
    for channel in 0..<Self.channels {
      for position in 0..<Self.positions {
        elements.append(Float(offset[channel] + slope[channel] * Double(n * Self.positions + position)))
      }
    }
    return ["x": try Tensor(shape: [1, Self.channels, Self.height, Self.width], elements)]
  }

  /// - Parameter batch: The first dimension of the input.
  func model(
    opset: Int = 13, batch: Dimension = "N", height: Dimension = .fixed(KnownStatistics.height)
  ) throws -> Model {
    var builder = NetworkBuilder(opset: opset)
    let x = builder.input([batch, .fixed(Self.channels), height, .fixed(Self.width)])
    func parameter(_ values: [Double], _ name: String) throws -> ValueID {
      builder.constant(try Tensor(shape: [Self.channels], values.map(Float.init)), name)
    }
    let attributes: AttributeList = ["epsilon": .float(Self.epsilon)]
    let first = try builder.node(
      "BatchNormalization",
      [
        x, parameter(scale, "bn1.scale"), parameter(bias, "bn1.bias"), parameter(storedMean, "bn1.mean"),
        parameter(storedVariance, "bn1.var"),
      ], attributes, name: "bn1")
    let weights = builder.constant(try Tensor(shape: [2, 2, 1, 1], weight.flatMap { $0.map(Float.init) }), "weight")
    let convolved = try builder.node("Conv", [first, weights], name: "conv")
    let second = try builder.node(
      "BatchNormalization",
      [
        convolved, parameter(scale, "bn2.scale"), parameter(bias, "bn2.bias"), parameter(storedMean, "bn2.mean"),
        parameter(storedVariance, "bn2.var"),
      ], attributes, name: "bn2")
    return Model(graph: try builder.finished(second), opsetImports: [Model.OpsetImport(version: opset)])
  }

  /// The mean and population variance of k, for each statistic of a channel.
  private func moments(_ granularity: BatchStatistics.Granularity) -> (mean: [Double], variance: Double) {
    let count = Double(Self.samples), area = Double(Self.positions)
    switch granularity {
    case .featureMap: return ([(count * area - 1) / 2], (count * area * count * area - 1) / 12)
    case .activation:
      return ((0..<Self.positions).map { area * (count - 1) / 2 + Double($0) }, area * area * (count * count - 1) / 12)
    }
  }

  /// Mean and population variance of the inputs of both normalizations.
  func expected(
    _ granularity: BatchStatistics.Granularity, sequential: Bool
  ) -> [(mean: [Double], variance: [Double])] {
    let (index, spread) = moments(granularity)
    func statistics(_ line: (Int) -> (at: (Double) -> Double, slope: Double)) -> (mean: [Double], variance: [Double]) {
      let lines = (0..<Self.channels).map(line)
      return (
        lines.flatMap { line in index.map(line.at) },
        lines.flatMap { line in index.map { _ in line.slope * line.slope * spread } }
      )
    }
    let first = statistics { c in ({ offset[c] + slope[c] * $0 }, slope[c]) }
    let epsilon = Double(Self.epsilon)
    let variance = sequential ? slope.map { $0 * $0 * spread } : storedVariance
    let factor = (0..<Self.channels).map { scale[$0] / (variance[$0] + epsilon).squareRoot() }
    let second = statistics { o in
      let total = (0..<Self.channels).map { weight[o][$0] * factor[$0] * slope[$0] }.reduce(0, +)
      return (
        { k in
          (0..<Self.channels).map { c in
            // The first normalization subtracts the new mean in a sequential collection, and
            // otherwise the stored one.
            let center = sequential ? offset[c] + slope[c] * k : storedMean[c]
            return weight[o][c] * (bias[c] + factor[c] * (offset[c] + slope[c] * k - center))
          }.reduce(0, +)
        }, total
      )
    }
    return [first, second]
  }
}

/// The largest difference of two lists; infinite if they differ in length.
func distance(_ a: [Double], _ b: [Double]) -> Double {
  a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
}
