import InfoldSystem

/// What a classifier expects of a picture, and what its output means: the content of the sidecar file `MODEL.json`
/// beside `MODEL.onnx`. docs/Pictures.md explains each key.
///
/// ```json
/// {
///   "input": "input", "output": "probs", "size": [224, 224], "cropFraction": 0.875, "filter": "bicubic",
///   "mean": [127, 127, 127], "standardDeviation": [128, 128, 128], "colorOrder": "RGB", "layout": "NCHW",
///   "labels": "imagenet-labels.txt", "scores": "probabilities"
/// }
/// ```
///
/// Only `"input"` and `"size"` must be there. `"normalization": "imagenet"`, or another name of `Normalization`, stands for `"mean"`
/// and `"standardDeviation"`.
public struct Preprocessing: Sendable, Hashable {
  /// The order of the color channels.
  public enum ColorOrder: String, Sendable, Hashable, CaseIterable {
    /// Red first.
    case rgb = "RGB"
    /// Blue first.
    case bgr = "BGR"
  }

  /// The order of the input's dimensions.
  public enum Layout: String, Sendable, Hashable, CaseIterable {
    /// [1, 3, height, width].
    case nchw = "NCHW"
    /// [1, height, width, 3].
    case nhwc = "NHWC"
  }

  /// What the values of the output are.
  public enum Scores: String, Sendable, Hashable, CaseIterable {
    /// Probabilities that add up to 1.
    case probabilities
    /// Values that a softmax turns into probabilities.
    case logits
  }

  /// The largest width and height that an input may have.
  public static let maximumSide = 4096

  /// The name of the graph's input.
  public let input: String
  /// The name of the graph's output that holds one score per class; `nil` for the only one.
  public let output: String?
  /// Height of the input in pixels, 1 to 4096.
  public let height: Int
  /// Width of the input in pixels, 1 to 4096.
  public let width: Int
  /// The part of the picture that is used, above 0 and at most 1: a centered rectangle with the aspect of the input,
  /// this fraction of the largest one that fits. For a square input, a fraction of the shorter side.
  public let cropFraction: Double
  /// How the rectangle is resized.
  public let filter: ResizeFilter
  /// What is subtracted from a sample between 0 and 255: one number per channel, in the order of `colorOrder`.
  public let mean: [Float]
  /// What the difference is divided by: one positive number per channel, in the order of `colorOrder`.
  public let standardDeviation: [Float]
  /// The order of the channels in the input.
  public let colorOrder: ColorOrder
  /// The order of the dimensions of the input.
  public let layout: Layout
  /// The name of the file with one class name per line, in the folder of the sidecar; `nil` where classes have no names.
  public let labels: String?
  /// What the output holds.
  public let scores: Scores

  /// A checked description of a classifier's input and output.
  /// - Throws: `InfoldError` with `.invalidArgument` that names the fields that are out of their ranges.
  public init(
    input: String, output: String? = nil, height: Int, width: Int, cropFraction: Double = 1,
    filter: ResizeFilter = .bilinear, mean: [Float] = [0, 0, 0], standardDeviation: [Float] = [1, 1, 1],
    colorOrder: ColorOrder = .rgb, layout: Layout = .nchw, labels: String? = nil, scores: Scores = .probabilities
  ) throws(InfoldError) {
    self.init(
      unchecked: input, output: output, height: height, width: width, cropFraction: cropFraction, filter: filter,
      mean: mean, standardDeviation: standardDeviation, colorOrder: colorOrder, layout: layout, labels: labels,
      scores: scores)
    if let error = InfoldError(all: problems) { throw error }
  }

  init(
    unchecked input: String, output: String?, height: Int, width: Int, cropFraction: Double, filter: ResizeFilter,
    mean: [Float], standardDeviation: [Float], colorOrder: ColorOrder, layout: Layout, labels: String?, scores: Scores
  ) {
    self.input = input
    self.output = output
    self.height = height
    self.width = width
    self.cropFraction = cropFraction
    self.filter = filter
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.colorOrder = colorOrder
    self.layout = layout
    self.labels = labels
    self.scores = scores
  }

  /// A sentence on each field that is out of its range.
  var problems: [InfoldError] {
    var problems: [InfoldError] = []
    func require(_ condition: Bool, _ field: String, _ rule: String) {
      if !condition { problems.append(InfoldError(.invalidArgument, "\"\(field)\" must be \(rule)")) }
    }
    require(!input.isEmpty, "input", "the name of the model's input")
    require(output?.isEmpty != true, "output", "the name of the model's output")
    let sides = 1...Self.maximumSide
    require(sides.contains(height) && sides.contains(width), "size", "a height and a width of 1 to \(Self.maximumSide)")
    require(cropFraction > 0 && cropFraction <= 1, "cropFraction", "above 0 and at most 1")
    let hasMean = mean.count == 3 && mean.allSatisfy(\.isFinite)
    require(hasMean, "mean", "three numbers")
    let hasDeviation = standardDeviation.count == 3 && standardDeviation.allSatisfy { $0 > 0 && $0.isFinite }
    require(hasDeviation, "standardDeviation", "three positive numbers")
    if hasMean, hasDeviation {
      require(
        (0..<3).allSatisfy { normalized(0, channel: $0).isFinite && normalized(255, channel: $0).isFinite },
        "standardDeviation", "large enough for (value − mean) / standardDeviation to be finite")
    }
    // The name comes from a stranger's file: it must not lead out of the folder.
    if let labels {
      require(
        !labels.isEmpty && labels != "." && labels != ".."
          && !labels.unicodeScalars.contains { $0 == "/" || $0 == "\0" },
        "labels", "the name of a file in the same folder")
    }
    return problems
  }

  /// The value of a sample in the input.
  func normalized(_ sample: UInt8, channel: Int) -> Float {
    (Float(sample) - mean[channel]) / standardDeviation[channel]
  }
}
