extension Preprocessing {
  /// The scale of samples: a mean and a standard deviation for each color.
  package struct Scaling: Sendable, Hashable {
    /// The name in reports.
    package let name: String
    /// The means of red, green and blue.
    package let mean: [Float]
    /// The standard deviations of red, green and blue.
    package let standardDeviation: [Float]
    /// The name in a sidecar. `nil` if it has none.
    package let normalization: Normalization?

    /// The common scales, and those that result from common mistakes.
    package static let usual: [Scaling] =
      [
        Scaling("0 to 1", .zeroToOne), Scaling("−1 to 1", .tensorFlow),
        Scaling("ImageNet's mean and deviation", .imageNet), Scaling("the mean pixel alone", .caffe),
        Scaling("0 to 255", .none),
        Scaling("ImageNet's deviation without its mean", [0, 0, 0], Normalization.imageNet.standardDeviation),
        Scaling("ImageNet's mean, divided by 255", Normalization.imageNet.mean, [255, 255, 255]),
        Scaling("0 to 2", [0, 0, 0], [127.5, 127.5, 127.5]),
      ]

    private init(_ name: String, _ normalization: Normalization) {
      self.name = name
      mean = normalization.mean
      standardDeviation = normalization.standardDeviation
      self.normalization = normalization
    }

    private init(_ name: String, _ mean: [Float], _ standardDeviation: [Float]) {
      self.name = name
      self.mean = mean
      self.standardDeviation = standardDeviation
      normalization = nil
    }

    /// The scale of a preprocessing.
    package init(_ preprocessing: Preprocessing) {
      func ordered(_ values: [Float]) -> [Float] { preprocessing.colorOrder == .rgb ? values : values.reversed() }
      let (mean, deviation) = (ordered(preprocessing.mean), ordered(preprocessing.standardDeviation))
      let usual = Self.usual.first { $0.mean == mean && $0.standardDeviation == deviation }
      name = usual?.name ?? "(v − \(Self.text(mean))) / \(Self.text(deviation))"
      self.mean = mean
      standardDeviation = deviation
      normalization = usual?.normalization
    }

    private static func text(_ values: [Float]) -> String {
      let texts = values.map { Int(exactly: $0).map(String.init) ?? "\($0)" }
      return Set(values).count == 1 ? texts[0] : "[" + texts.joined(separator: ", ") + "]"
    }
  }

  /// The same preprocessing with another scale. Mean and deviation belong to their colors.
  package func scaled(_ scaling: Scaling) -> Preprocessing {
    let isRGB = colorOrder == .rgb
    return with(
      mean: isRGB ? scaling.mean : scaling.mean.reversed(),
      standardDeviation: isRGB ? scaling.standardDeviation : scaling.standardDeviation.reversed())
  }

  /// The same preprocessing with red and blue swapped. Mean and deviation stay with their colors.
  package var withSwappedColors: Preprocessing {
    with(
      mean: mean.reversed(), standardDeviation: standardDeviation.reversed(),
      colorOrder: colorOrder == .rgb ? .bgr : .rgb)
  }

  /// The same preprocessing for an input of another size. `nil` if no input may have this size.
  package func sized(height: Int, width: Int) -> Preprocessing? {
    let sides = 1...Self.maximumSide
    return sides.contains(height) && sides.contains(width) ? with(height: height, width: width) : nil
  }

  private func with(
    height: Int? = nil, width: Int? = nil, mean: [Float]? = nil, standardDeviation: [Float]? = nil,
    colorOrder: ColorOrder? = nil
  ) -> Preprocessing {
    Preprocessing(
      unchecked: input, output: output, height: height ?? self.height, width: width ?? self.width,
      cropFraction: cropFraction, filter: filter, mean: mean ?? self.mean,
      standardDeviation: standardDeviation ?? self.standardDeviation, colorOrder: colorOrder ?? self.colorOrder,
      layout: layout, labels: labels, scores: scores)
  }
}
