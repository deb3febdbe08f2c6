import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX NonMaxSuppression, opsets 10, 11: for each batch and class, the boxes with the highest scores, without those that
/// overlap a better one too much.
///
/// boxes [B, N, 4], scores [B, C, N]; optional scalars `max_output_boxes_per_class` (int64, by default 0: none),
/// `iou_threshold` (0 to 1, by default 0) and `score_threshold`. The output, int64 [K, 3], lists batch, class and box; in
/// each class the best box comes first, of equal ones that with the lower index.
///
/// A box is a candidate when its score is above the score's threshold (a NaN never is), and suppressed when its intersection over union with one
/// selected before it is above the other threshold. Boxes are two opposite corners (y, x, y, x), in any order, or with
/// `center_point_box` the center, width and height (x, y, w, h).
package struct NonMaxSuppression: FloatingPointOperator {
  package static let name = "NonMaxSuppression"
  package static let versions = [10, 11]
  package static func arity(since version: Int) -> Arity { Arity(inputs: 2...5) }

  private let givesCenters: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    givesCenters = try attributes.flag("center_point_box")
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let boxes = try inputs.type(0, of: .floatingPoint).shape ?? Shape(unknownOfRank: 3)
    let scores = try inputs.type(1, of: .floatingPoint).shape ?? Shape(unknownOfRank: 3)
    try inputs.requireSameElementType([0, 1, 3, 4])
    try inputs.requireRank(3...3, of: 0)
    try inputs.requireRank(3...3, of: 1)
    guard boxes[0].merged(with: scores[0]) != nil, boxes[1].merged(with: scores[2]) != nil,
      boxes[2].merged(with: 4) != nil
    else {
      throw InfoldError(
        .invalidModel, "boxes of shape \(boxes) and scores of shape \(scores) do not go together")
    }
    if inputs.has(2) { _ = try inputs.type(2, of: .int64) }
    for index in 2..<5 {
      guard let tensor = inputs.constant(index), tensor.count != 1 else { continue }
      throw InfoldError(.invalidModel, "input \(index) has \(counted(tensor.count, "element")), and must be a scalar")
    }
    if let threshold = try inputs.constant(3)?.converted(to: .float64).elements(as: Double.self)[0],
      !(0...1).contains(threshold)
    {
      throw InfoldError(.invalidModel, "iou_threshold is \(threshold), and must lie between 0 and 1")
    }
    return [TensorType(.int64, [.unknown, 3])]
  }

  private struct Box<Element: FloatingPointElement> {
    var x: ClosedRange<Element>
    var y: ClosedRange<Element>
    var area: Element { (x.upperBound - x.lowerBound) * (y.upperBound - y.lowerBound) }

    /// The box of four numbers; `nil` for one with a NaN, which overlaps nothing.
    init?(_ numbers: Span<Element>, at start: Int, center: Bool) {
      let (a, b, c, d) = (numbers[start], numbers[start + 1], numbers[start + 2], numbers[start + 3])
      func span(_ from: Element, _ to: Element) -> ClosedRange<Element>? {
        from <= to ? from...to : to < from ? to...from : nil
      }
      guard let x = center ? span(a - c / 2, a + c / 2) : span(b, d),
        let y = center ? span(b - d / 2, b + d / 2) : span(a, c)
      else { return nil }
      (self.x, self.y) = (x, y)
    }

    func overlaps(_ other: Box, above threshold: Element) -> Bool {
      let width = min(x.upperBound, other.x.upperBound) - max(x.lowerBound, other.x.lowerBound)
      let height = min(y.upperBound, other.y.upperBound) - max(y.lowerBound, other.y.lowerBound)
      guard width > 0, height > 0 else { return false }
      let intersection = width * height
      return intersection / (area + other.area - intersection) > threshold
    }
  }

  package func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let boxes = inputs[0]!, scores = inputs[1]!
    let known = OperatorInputs(inputs)
    let limit = try known.constant(2)?.elements(as: Int64.self)[0] ?? 0
    let overlap = try known.constant(3)?.elements(as: Element.self)[0] ?? 0
    let leastScore = try known.constant(4)?.elements(as: Element.self)[0]
    let boxCount = boxes.shape[1], classCount = scores.shape[1]
    var selection: [Int64] = []
    scores.withElements(as: Element.self) { scores in
      boxes.withElements(as: Element.self) { boxes in
        for batch in 0..<self.batchCount(inputs) {
          let batchBoxes = (0..<boxCount).map {
            Box<Element>(boxes, at: (batch * boxCount + $0) * 4, center: givesCenters)
          }
          for index in 0..<classCount {
            let first = (batch * classCount + index) * boxCount
            let candidates = (0..<boxCount)
              .filter { box in leastScore.map { scores[first + box] > $0 } ?? !scores[first + box].isNaN }
              .sorted { scores[first + $0] > scores[first + $1] || scores[first + $0] == scores[first + $1] && $0 < $1 }
            for box in select(candidates, of: batchBoxes, limit: limit, overlap: overlap) {
              selection += [Int64(batch), Int64(index), Int64(box)]
            }
          }
        }
      }
    }
    return [try Tensor(shape: [selection.count / 3, 3], selection)]
  }

  private func batchCount(_ inputs: [Tensor?]) -> Int {
    inputs[1]!.count == 0 ? 0 : inputs[0]!.shape[0]
  }

  private func select<Element: FloatingPointElement>(
    _ candidates: [Int], of boxes: [Box<Element>?], limit: Int64, overlap: Element
  ) -> [Int] {
    var selected: [Int] = []
    for candidate in candidates {
      if selected.count >= limit { break }
      let isSuppressed = selected.contains { better in
        guard let box = boxes[candidate], let other = boxes[better] else { return false }
        return box.overlaps(other, above: overlap)
      }
      if !isSuppressed { selected.append(candidate) }
    }
    return selected
  }
}
