/// A detected object.
public struct Detection: Sendable, Hashable {
  /// The position of the object.
  public var box: Box
  /// The index of the class.
  public var category: Int
  /// The confidence, from 0 to 1.
  public var confidence: Float

  public init(box: Box, category: Int, confidence: Float) {
    self.box = box
    self.category = category
    self.confidence = confidence
  }
}

extension [Detection] {
  /// Non-maximum suppression: the detections by descending confidence, without those that overlap a
  /// more confident one of their class by more than `limit`, measured as intersection over union.
  public func withoutOverlaps(above limit: Float) -> [Detection] {
    var kept: [Detection] = []
    for candidate in sorted(by: { $0.confidence > $1.confidence }) {
      let isNew = kept.allSatisfy {
        $0.category != candidate.category || $0.box.intersectionOverUnion(candidate.box) <= limit
      }
      if isNew { kept.append(candidate) }
    }
    return kept
  }
}
