import Glibc
import Infold

/// One level of an anchor-free detector: a grid of points over the input. Each point has a score
/// for every class, and the distances to the four sides of a box.
///
/// A distance is the mean of a distribution over whole numbers of cells (Li et al., "Generalized
/// Focal Loss", arXiv 2006.04388). The distribution is wide for an object with a blurred edge.
struct DistanceGrid {
  private let scores: [Float]
  private let logits: [Float]
  private let columns: Int
  private let categories: Int
  /// The number of bins of a distribution.
  private let bins: Int
  private let cell: Float

  /// - Parameters:
  ///   - scores: [1, points, classes], from 0 to 1.
  ///   - logits: [1, points, 4 · bins], in the order left, top, right, bottom.
  ///   - width: The width of the input in pixels.
  ///   - height: The height of the input in pixels.
  ///   - cell: The distance of neighboring points in pixels.
  init(scores: Tensor, logits: Tensor, width: Int, height: Int, cell: Int) throws(InfoldError) {
    columns = (width + cell - 1) / cell
    let points = columns * ((height + cell - 1) / cell)
    guard scores.shape.count == 3, logits.shape.count == 3, scores.shape[0] == 1, logits.shape[0] == 1,
      scores.shape[1] == points, logits.shape[1] == points, logits.shape[2] % 4 == 0
    else {
      throw InfoldError(
        .invalidModel, "the outputs \(scores) and \(logits) are not a grid of \(points) points, \(cell) pixels apart")
    }
    categories = scores.shape[2]
    bins = logits.shape[2] / 4
    self.cell = Float(cell)
    self.scores = try scores.elements()
    self.logits = try logits.elements()
  }

  /// The detections above a threshold, in pixels of the input.
  func detections(above threshold: Float) -> [Detection] {
    var found: [Detection] = []
    for (index, score) in scores.enumerated() where score > threshold {
      let (point, category) = index.quotientAndRemainder(dividingBy: categories)
      found.append(Detection(box: box(of: point), category: category, confidence: score))
    }
    return found
  }

  private func box(of point: Int) -> Box {
    let (row, column) = point.quotientAndRemainder(dividingBy: columns)
    let (x, y) = ((Float(column) + 0.5) * cell, (Float(row) + 0.5) * cell)
    func distance(_ side: Int) -> Float { mean(ofDistribution: point * 4 + side) * cell }
    return Box(left: x - distance(0), top: y - distance(1), right: x + distance(2), bottom: y + distance(3))
  }

  /// The mean of a distribution, which is the softmax of the logits.
  private func mean(ofDistribution index: Int) -> Float {
    let part = logits[index * bins..<(index + 1) * bins]
    let largest = part.max() ?? 0
    var (sum, moment) = (0.0, 0.0)
    for (number, logit) in part.enumerated() {
      let weight = exp(Double(logit - largest))
      sum += weight
      moment += Double(number) * weight
    }
    return Float(moment / sum)
  }
}
