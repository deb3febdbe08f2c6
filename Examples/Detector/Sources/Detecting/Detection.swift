/// An object that a detector found.
public struct Detection: Sendable, Hashable {
  /// Its place.
  public var box: Box
  /// The index of its class.
  public var category: Int
  /// How sure the network is, from 0 to 1.
  public var confidence: Float

  public init(box: Box, category: Int, confidence: Float) {
    self.box = box
    self.category = category
    self.confidence = confidence
  }
}

extension [Detection] {
  /// Non-maximum suppression: the detections from the surest on, without those that overlap a surer one of their class by more than
  /// `limit`, as intersection over union.
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
