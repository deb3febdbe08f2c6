import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX NonMaxSuppression, opsets 10, 11: for each batch and class, the boxes with the highest
/// scores, except those that overlap a better box too much.
///
/// The inputs are boxes [B, N, 4], scores [B, C, N], and the optional scalars
/// `max_output_boxes_per_class` (int64, by default 0: none), `iou_threshold` (0 to 1, by default 0)
/// and `score_threshold`. The output, int64 [K, 3], lists batch, class and box. In each class,
/// boxes are sorted by descending score; ties are ordered by index.
///
/// A box is a candidate if its score exceeds the score threshold, which NaN never does. It is
/// suppressed if its intersection over union with a selected box exceeds the IoU threshold. A box
/// consists of two opposite corners (y, x, y, x), in any order, or of the center, width and height
/// (x, y, w, h) with `center_point_box`.
package struct NonMaxSuppression: StandardFloatingPointOperator {
  package static let name = "NonMaxSuppression"
  package static let versions = [10, 11]
  package static let compatibleVersions = [11]
  package static func arity(since version: Int) -> Arity { Arity(inputs: 2...5) }

  private let usesCenters: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    usesCenters = try attributes.flag("center_point_box")
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
        .invalidModel, "shape mismatch: boxes \(boxes) and scores \(scores)")
    }
    if inputs.has(2) { _ = try inputs.type(2, of: .int64) }
    for index in 2..<5 {
      guard let tensor = inputs.constant(index), tensor.count != 1 else { continue }
      throw InfoldError(.invalidModel, "input \(index) has \(counted(tensor.count, "element")) but must be a scalar")
    }
    if let threshold = try inputs.constant(3)?.converted(to: .float64).elements(as: Double.self)[0],
      !(0...1).contains(threshold)
    {
      throw InfoldError(.invalidModel, "iou_threshold is \(threshold) but must be between 0 and 1")
    }
    return [TensorType(.int64, [.unknown, 3])]
  }

  func evaluate<Element: FloatingPointElement>(
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
        for batch in 0..<(limit > 0 ? batchCount(inputs) : 0) {
          let batchBoxes = (0..<boxCount).map {
            ScoredBox<Element>(boxes, at: (batch * boxCount + $0) * 4, center: usesCenters)
          }
          for index in 0..<classCount {
            let first = (batch * classCount + index) * boxCount
            var candidates = BoxHeap(scores, first..<first + boxCount, above: leastScore)
            var selected: [ScoredBox<Element>] = []
            while selected.count < limit, let candidate = candidates.popBest() {
              let box = batchBoxes[candidate]
              guard !selected.contains(where: { box.overlaps($0, above: overlap) }) else { continue }
              selected.append(box)
              selection += [Int64(batch), Int64(index), Int64(candidate)]
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
}

/// The edges and the area of a box.
private struct ScoredBox<Element: FloatingPointElement> {
  private let left: Element
  private let right: Element
  private let top: Element
  private let bottom: Element
  private let area: Element

  /// Reads a box from four numbers. If one is NaN, the box is empty and overlaps nothing.
  init(_ numbers: borrowing Span<Element>, at start: Int, center: Bool) {
    let (a, b, c, d) = (numbers[start], numbers[start + 1], numbers[start + 2], numbers[start + 3])
    let x = center ? (a - c / 2, a + c / 2) : (b, d), y = center ? (b - d / 2, b + d / 2) : (a, c)
    if x.0.isNaN || x.1.isNaN || y.0.isNaN || y.1.isNaN {
      (left, right, top, bottom, area) = (.infinity, -.infinity, .infinity, -.infinity, 0)
    } else {
      (left, right, top, bottom) = (min(x.0, x.1), max(x.0, x.1), min(y.0, y.1), max(y.0, y.1))
      area = (right - left) * (bottom - top)
    }
  }

  /// Returns whether the intersection over union exceeds a threshold.
  @inline(__always)
  func overlaps(_ other: ScoredBox, above threshold: Element) -> Bool {
    let width = min(right, other.right) - max(left, other.left)
    let height = min(bottom, other.bottom) - max(top, other.top)
    guard width > 0, height > 0 else { return false }
    let intersection = width * height
    return intersection / (area + other.area - intersection) > threshold
  }
}

/// A heap of boxes that returns the box with the highest score first. Ties are ordered by index.
private struct BoxHeap<Element: FloatingPointElement> {
  private struct Entry {
    let score: Element
    let box: Int

    @inline(__always)
    func comes(before other: Entry) -> Bool { score > other.score || score == other.score && box < other.box }
  }

  /// The heap array: the children of entry i are 2i + 1 and 2i + 2, and neither precedes its
  /// parent.
  private var entries: [Entry] = []

  /// Creates a heap of the boxes whose scores exceed a threshold or, without a threshold, are not
  /// NaN.
  init(_ scores: borrowing Span<Element>, _ range: Range<Int>, above threshold: Element?) {
    let least = threshold ?? -.infinity, takesLeast = threshold == nil
    for place in range {
      let score = scores[unchecked: place]
      if score > least || takesLeast && score == least {
        entries.append(Entry(score: score, box: place - range.lowerBound))
      }
    }
    for place in (0..<entries.count / 2).reversed() { sink(place) }
  }

  private mutating func sink(_ start: Int) {
    var place = start
    let entry = entries[place]
    while 2 * place + 1 < entries.count {
      var child = 2 * place + 1
      if child + 1 < entries.count, entries[child + 1].comes(before: entries[child]) { child += 1 }
      guard entries[child].comes(before: entry) else { break }
      entries[place] = entries[child]
      place = child
    }
    entries[place] = entry
  }

  mutating func popBest() -> Int? {
    guard let best = entries.first else { return nil }
    let last = entries.removeLast()
    if !entries.isEmpty {
      entries[0] = last
      sink(0)
    }
    return best.box
  }
}
