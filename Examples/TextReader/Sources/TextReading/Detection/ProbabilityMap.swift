import Infold

/// The probability of each pixel to belong to the middle of a line of text.
struct ProbabilityMap: Sendable {
  let width: Int
  let height: Int
  private let probabilities: [Float]

  /// Reads the map from a tensor of shape [1, 1, height, width].
  init(_ tensor: Tensor) throws(InfoldError) {
    guard tensor.shape.count == 4, tensor.shape[0] == 1, tensor.shape[1] == 1 else {
      throw InfoldError(.invalidModel, "the detector's output is \(tensor), but must be a map [1, 1, height, width]")
    }
    height = tensor.shape[2]
    width = tensor.shape[3]
    probabilities = try tensor.elements()
  }

  /// The pixels above a threshold.
  func mask(above threshold: Float) -> Mask {
    Mask(width: width, height: height) { probabilities[$0] > threshold }
  }

  /// The mean of the pixels inside a rectangle.
  func mean(in rectangle: RotatedRectangle) -> Float {
    let corners = rectangle.corners
    func range(_ places: [Double], _ count: Int) -> Range<Int> {
      max(Int(places.min()!), 0)..<min(Int(places.max()!.rounded(.up)) + 1, count)
    }
    var sum: Float = 0, count: Float = 0
    for y in range(corners.map(\.y), height) {
      for x in range(corners.map(\.x), width) where rectangle.contains(Point(Double(x), Double(y))) {
        sum += probabilities[y * width + x]
        count += 1
      }
    }
    return count == 0 ? 0 : sum / count
  }
}
