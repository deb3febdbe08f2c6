import InfoldSystem

/// The preprocessing of pictures for a classifier, and the meaning of its output: the content of
/// the sidecar `MODEL.json` next to `MODEL.onnx`. docs/Pictures.md explains each key.
///
/// ```json
/// {
///   "input": "input", "output": "probs", "size": [224, 224], "cropFraction": 0.875, "filter": "bicubic",
///   "mean": [127, 127, 127], "standardDeviation": [128, 128, 128], "colorOrder": "RGB", "layout": "NCHW",
///   "labels": "imagenet-labels.txt", "scores": "probabilities"
/// }
/// ```
///
/// Only `"input"` and `"size"` are required. `"normalization": "imagenet"`, or another name of
/// `Normalization`, replaces `"mean"` and `"standardDeviation"`.
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
    /// [N, 3, height, width].
    case nchw = "NCHW"
    /// [N, height, width, 3].
    case nhwc = "NHWC"
  }

  /// The meaning of the output's values.
  public enum Scores: String, Sendable, Hashable, CaseIterable {
    /// Probabilities whose sum is 1.
    case probabilities
    /// Values that a softmax converts to probabilities.
    case logits
  }

  /// The maximum width and height of an input.
  public static let maximumSide = 4096

  /// The name of the graph input.
  public let input: String
  /// The name of the graph output with one score per class, or `nil` if there is only one output.
  public let output: String?
  /// The height of the input in pixels, 1 to 4096.
  public let height: Int
  /// The width of the input in pixels, 1 to 4096.
  public let width: Int
  /// The fraction of the picture that is used, above 0 and at most 1. It scales the largest
  /// centered rectangle with the aspect ratio of the input. For a square input, it is a fraction of
  /// the shorter side.
  public let cropFraction: Double
  /// The filter used to resize the rectangle.
  public let filter: ResizeFilter
  /// The means subtracted from samples of 0 to 255: one number per channel, in the order of
  /// `colorOrder`.
  public let mean: [Float]
  /// The divisors of the differences: one positive number per channel, in the order of
  /// `colorOrder`.
  public let standardDeviation: [Float]
  /// The order of the channels in the input.
  public let colorOrder: ColorOrder
  /// The order of the dimensions of the input.
  public let layout: Layout
  /// The name of the file with one class name per line, in the folder of the sidecar, or `nil` if
  /// classes have no names.
  public let labels: String?
  /// The meaning of the output's values.
  public let scores: Scores

  /// Creates a checked description of a classifier's input and output.
  /// - Throws: `InfoldError` with `.invalidArgument` and the fields that are out of range.
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

  /// An error for each field that is out of range.
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
    // The name comes from an untrusted file. It must not leave the folder.
    if let labels {
      require(
        !labels.isEmpty && labels != "." && labels != ".."
          && !labels.unicodeScalars.contains { $0 == "/" || $0 == "\0" },
        "labels", "the name of a file in the same folder")
    }
    return problems
  }

  /// The normalized value of a sample.
  func normalized(_ sample: UInt8, channel: Int) -> Float {
    (Float(sample) - mean[channel]) / standardDeviation[channel]
  }
}
