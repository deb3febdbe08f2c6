import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Pictures that were converted to tensors elsewhere, for a model with one input. Its variants undo
/// common mistakes: another color order, another layout, another scale, half or twice the size.
public struct TensorPreparation: InputPreparation {
  /// A common scale of samples.
  struct Scale: Sendable, Hashable {
    let name: String
    /// The means of red, green and blue, for samples from 0 to 255.
    let mean: [Float]
    let deviation: [Float]

    static let usual = [
      Scale(name: "0 to 255", mean: [0, 0, 0], deviation: [1, 1, 1]),
      Scale(name: "0 to 1", mean: [0, 0, 0], deviation: [255, 255, 255]),
      Scale(name: "−1 to 1", mean: [127.5, 127.5, 127.5], deviation: [127.5, 127.5, 127.5]),
      Scale(
        name: "ImageNet's mean and deviation", mean: [123.675, 116.28, 103.53], deviation: [58.395, 57.12, 57.375]),
      Scale(name: "ImageNet's mean alone", mean: [123.68, 116.779, 103.939], deviation: [1, 1, 1]),
      Scale(name: "ImageNet's mean, divided by 255", mean: [123.675, 116.28, 103.53], deviation: [255, 255, 255]),
      Scale(name: "ImageNet's deviation without its mean", mean: [0, 0, 0], deviation: [58.395, 57.12, 57.375]),
      Scale(name: "0 to 2", mean: [0, 0, 0], deviation: [127.5, 127.5, 127.5]),
    ]

    var range: ClosedRange<Float> {
      let lower = (0..<3).map { -mean[$0] / deviation[$0] }, upper = (0..<3).map { (255 - mean[$0]) / deviation[$0] }
      return lower.min()!...upper.max()!
    }
  }

  private let input: String
  private let samples: [Tensor]
  private let channelsLast: Bool
  private let hasDynamicSize: Bool
  /// The scale that the samples seem to have. `nil` if no common one fits.
  private let scale: Scale?
  private var target: Scale?
  private var isReversed = false
  private var isLayoutExchanged = false
  /// 2 for enlarged pictures, −2 for reduced pictures, otherwise 1.
  private var zoom = 1

  /// - Parameters:
  ///   - model: A model with one required input, for pictures with three channels.
  ///   - samples: Tensors of float32 for it, each [N, 3, H, W] or [N, H, W, 3] like the input.
  /// - Returns: `nil` if the model or the samples have another form.
  public init?(_ samples: [Tensor], for model: Model) {
    let required = model.graph.requiredInputs
    guard required.count == 1, let shape = model.graph[required[0]].type?.shape, shape.rank == 4, !samples.isEmpty
    else {
      return nil
    }
    channelsLast = shape[1].size != 3 && shape[3].size == 3
    let axis = channelsLast ? 3 : 1
    guard
      samples.allSatisfy({ $0.elementType == .float32 && $0.shape.count == 4 && $0.shape[axis] == 3 && $0.count > 0 })
    else { return nil }
    input = model.graph[required[0]].name
    self.samples = samples
    hasDynamicSize = (channelsLast ? [1, 2] : [2, 3]).allSatisfy { shape[$0].size == nil }
    scale = Self.scale(of: samples)
  }

  /// Returns the narrowest common scale whose range contains all numbers, if they fill at least a
  /// third of it.
  private static func scale(of samples: [Tensor]) -> Scale? {
    var (least, most) = (Float.infinity, -Float.infinity)
    for sample in samples {
      sample.withElements(as: Float.self) { elements in
        for index in elements.indices {
          least = min(least, elements[index])
          most = max(most, elements[index])
        }
      }
    }
    guard least.isFinite, most.isFinite, least < most else { return nil }
    return Scale.usual.filter { scale in
      let range = scale.range, width = range.upperBound - range.lowerBound
      return least >= range.lowerBound - width / 50 && most <= range.upperBound + width / 50 && most - least > width / 3
    }.min { $0.range.upperBound - $0.range.lowerBound < $1.range.upperBound - $1.range.lowerBound }
  }

  public var changes: [String] {
    var changes: [String] = []
    if isLayoutExchanged { changes.append("read in the order \(channelsLast ? "NCHW" : "NHWC")") }
    if isReversed { changes.append("red and blue swapped") }
    if let target { changes.append(target.name) }
    if zoom > 1 { changes.append("twice the size") }
    if zoom < -1 { changes.append("half the size") }
    return changes
  }

  public var mistakes: [String] {
    var mistakes: [String] = []
    if isLayoutExchanged {
      mistakes.append(
        channelsLast
          ? "the numbers are in NCHW order, but the shape is NHWC"
          : "the numbers are in NHWC order, but the shape is NCHW")
    }
    if isReversed { mistakes.append("red and blue are swapped") }
    if let scale, let target {
      let isMeanMissing = scale.deviation == target.deviation && scale.mean.allSatisfy { $0 == 0 }
      mistakes.append(
        isMeanMissing
          ? "the mean is not subtracted: the numbers look like \(scale.name), and \(target.name) fits"
          : "the numbers look like \(scale.name), and \(target.name) fits")
    }
    if zoom > 1 { mistakes.append("the pictures are half as large as they should be") }
    if zoom < -1 { mistakes.append("the pictures are twice as large as they should be") }
    return mistakes
  }

  public var remedy: String {
    var steps: [String] = []
    if isLayoutExchanged { steps.append("transpose the numbers to the order of \(channelsLast ? "NHWC" : "NCHW")") }
    if isReversed { steps.append("reverse the order of the channels") }
    if let scale, let target {
      // Both orders have the same green.
      let factor = scale.deviation[1] / target.deviation[1]
      let shift = (scale.mean[1] - target.mean[1]) / target.deviation[1]
      let isSame = Set(zip(scale.deviation, target.deviation).map { $0 / $1 }).count == 1
      steps.append(
        "multiply by \(factor) and add \(shift)" + (isSame ? "" : " (green; red and blue by their own numbers)")
          + ", for \(target.name)")
    }
    if zoom > 1 { steps.append("make the pictures twice as large") }
    if zoom < -1 { steps.append("make the pictures half as large") }
    return steps.joined(separator: "; ")
  }

  public var alternatives: [Self] {
    var result: [Self] = []
    func add(_ change: (inout Self) -> Void) {
      var other = self
      change(&other)
      result.append(other)
    }
    if let scale {
      for other in Scale.usual where other != scale && other != target { add { $0.target = other } }
    }
    add { $0.isReversed.toggle() }
    add { $0.isLayoutExchanged.toggle() }
    if hasDynamicSize, zoom == 1 {
      add { $0.zoom = 2 }
      add { $0.zoom = -2 }
    }
    return result
  }

  public func sample(_ index: Int) throws(InfoldError) -> [String: Tensor] {
    let original = samples[index]
    let shape = original.shape
    let (rows, columns) = channelsLast ? (shape[1], shape[2]) : (shape[2], shape[3])
    let numbers: [Float] = try original.elements(as: Float.self)
    var picture = Planes(count: shape[0], rows: rows, columns: columns)
    // The order of the numbers in memory, independent of the shape.
    let isInterleaved = channelsLast != isLayoutExchanged
    picture.read(numbers, isInterleaved: isInterleaved)
    if let scale, let target {
      // Scales have red first. In reversed samples, it is the last channel.
      for channel in 0..<3 {
        let from = isReversed ? 2 - channel : channel
        let factor = scale.deviation[from] / target.deviation[from]
        let shift = (scale.mean[from] - target.mean[from]) / target.deviation[from]
        picture.map(channel) { $0 * factor + shift }
      }
    }
    if isReversed { picture.reverseChannels() }
    if zoom > 1 { picture = try picture.doubled() }
    if zoom < -1 { picture = picture.halved() }
    let newShape =
      channelsLast
      ? [shape[0], picture.rows, picture.columns, 3] : [shape[0], 3, picture.rows, picture.columns]
    return [input: try Tensor(shape: newShape, picture.numbers(isInterleaved: channelsLast))]
  }
}
