import InfoldGraph
import InfoldImage
import InfoldSystem
import InfoldTensor
import InfoldValidation

/// Pictures, with the preprocessing of a sidecar or a variant of it.
struct PicturePreparation: InputPreparation {
  /// The pictures, decoded once for all preprocessing variants.
  private let pictures: [Picture]
  private let original: Preprocessing
  private var preprocessing: Preprocessing
  private let hasDynamicSize: Bool

  /// - Parameter input: The shape of the model's picture input.
  init(_ pictures: [Picture], _ preprocessing: Preprocessing, input: Shape?) {
    self.pictures = pictures
    original = preprocessing
    self.preprocessing = preprocessing
    let sides = preprocessing.layout == .nchw ? [2, 3] : [1, 2]
    hasDynamicSize = input.map { shape in shape.rank == 4 && sides.allSatisfy { shape[$0].size == nil } } ?? false
  }

  private var present: Preprocessing.Scaling { .init(original) }
  private var scaling: Preprocessing.Scaling { .init(preprocessing) }

  private var isOfOtherSize: Bool {
    preprocessing.height != original.height || preprocessing.width != original.width
  }

  var changes: [String] {
    var changes: [String] = []
    if preprocessing.colorOrder != original.colorOrder { changes.append(preprocessing.colorOrder.rawValue) }
    if scaling != present { changes.append(scaling.name) }
    if isOfOtherSize { changes.append("\(preprocessing.height) × \(preprocessing.width)") }
    return changes
  }

  var mistakes: [String] {
    var mistakes: [String] = []
    if preprocessing.colorOrder != original.colorOrder {
      mistakes.append(
        "red and blue are swapped: \(preprocessing.colorOrder.rawValue) fits, \(original.colorOrder.rawValue) does not"
      )
    }
    if scaling != present {
      let isMeanMissing =
        present.mean.allSatisfy { $0 == 0 } && !scaling.mean.allSatisfy { $0 == 0 }
        && zip(present.standardDeviation, scaling.standardDeviation).allSatisfy { ($0 / $1 - 1).magnitude < 0.05 }
      mistakes.append(
        (isMeanMissing ? "the mean is not subtracted: " : "the scale of the samples is wrong: ")
          + "\(scaling.name) fits, \(present.name) does not")
    }
    if isOfOtherSize {
      let isLarger = preprocessing.height > original.height
      mistakes.append(
        "the pictures are \(isLarger ? "half" : "twice") as large as they should be: "
          + "\(preprocessing.height) × \(preprocessing.width) fits, \(original.height) × \(original.width) does not")
    }
    return mistakes
  }

  /// The sidecar settings that fix the preprocessing.
  var remedy: String {
    var settings: [String] = []
    func list(_ values: [Float]) -> String {
      "[" + values.map { Int(exactly: $0).map(String.init) ?? "\($0)" }.joined(separator: ", ") + "]"
    }
    if scaling != present {
      settings.append(
        scaling.normalization.map { "\"normalization\": \"\($0.rawValue)\"" }
          ?? "\"mean\": \(list(preprocessing.mean)), \"standardDeviation\": \(list(preprocessing.standardDeviation))")
    }
    if preprocessing.colorOrder != original.colorOrder || scaling != present && scaling.normalization == .caffe {
      settings.append("\"colorOrder\": \"\(preprocessing.colorOrder.rawValue)\"")
    }
    if isOfOtherSize {
      settings.append("\"size\": [\(preprocessing.height), \(preprocessing.width)]")
    }
    return settings.joined(separator: ", ")
  }

  var alternatives: [Self] {
    var ways = Preprocessing.Scaling.usual.filter { $0 != scaling && $0 != present }.map(preprocessing.scaled)
    ways.append(preprocessing.withSwappedColors)
    if hasDynamicSize, preprocessing.height == original.height {
      let (height, width) = (preprocessing.height, preprocessing.width)
      let sizes = [(height * 2, width * 2)] + (height > 1 && width > 1 ? [(height / 2, width / 2)] : [])
      ways += sizes.compactMap { preprocessing.sized(height: $0, width: $1) }
    }
    return ways.map { way in
      var other = self
      other.preprocessing = way
      return other
    }
  }

  func sample(_ index: Int) throws(InfoldError) -> [String: Tensor] {
    [preprocessing.input: try preprocessing.tensor(from: pictures[index])]
  }
}
