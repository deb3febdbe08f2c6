import Infold
import InfoldImage

/// Detects lines of text with differentiable binarization (Liao et al., "Real-time Scene Text
/// Detection with Differentiable Binarization", arXiv 1911.08947), with the settings of rapidocr.
struct TextDetector: Sendable {
  /// The probability above which a pixel belongs to a line.
  private static let threshold: Float = 0.3
  /// The minimum mean probability of a line.
  private static let leastScore: Float = 0.5
  /// The network shrinks lines. Their sides are moved outwards again, by area · ratio ÷ perimeter.
  private static let unclipRatio = 1.6
  /// The minimum length of a side in pixels, before and after growing.
  private static let leastSides = (marked: 3.0, grown: 5.0)
  /// The minimum shorter side and the maximum longer side of the network's input in pixels, before
  /// rounding to multiples of 32.
  private static let sides = (shorter: 736.0, longer: 2000.0)

  private let session: Session

  init(model path: String) throws(InfoldError) {
    session = try Session(Model(path: path))
  }

  /// The boxes of the lines, oriented from left to right.
  func boxes(in picture: Picture) throws(InfoldError) -> [Quadrilateral] {
    let map = try probabilities(picture)
    let scale = Point(Double(picture.width) / Double(map.width), Double(picture.height) / Double(map.height))
    let corner = Point(Double(picture.width - 1), Double(picture.height - 1))
    return map.mask(above: Self.threshold).dilated.components.compactMap { component in
      guard let marked = RotatedRectangle(around: component), marked.size.min() >= Self.leastSides.marked,
        map.mean(in: marked) >= Self.leastScore
      else { return nil }
      let grown = marked.grown(by: marked.area * Self.unclipRatio / marked.perimeter)
      guard grown.size.min() >= Self.leastSides.grown else { return nil }
      return Quadrilateral(
        upright: grown.corners.map {
          ($0 * scale).rounded(.toNearestOrEven).clamped(lowerBound: .zero, upperBound: corner)
        })
    }
  }

  private func probabilities(_ picture: Picture) throws(InfoldError) -> ProbabilityMap {
    let sides = [Double(picture.width), Double(picture.height)]
    let scale = min(max(1, Self.sides.shorter / sides.min()!), Self.sides.longer / sides.max()!)
    let size = sides.map { max(32, Int(($0 * scale / 32).rounded()) * 32) }
    let input = try picture.resized(width: size[0], height: size[1], filter: .bilinear).planes(paddedTo: size[0])
    return try ProbabilityMap(session.run(Tensor(shape: [1, 3, size[1], size[0]], input)))
  }
}
