import InfoldTensor

/// What the angle between two vectors is made of.
struct InnerProducts {
  private var ab = 0.0
  private var aa = 0.0
  private var bb = 0.0

  mutating func add(_ a: Double, _ b: Double) {
    ab += a * b
    aa += a * a
    bb += b * b
  }

  /// The cosine of the angle; `nil` where one of them has no length.
  var cosine: Double? { aa > 0 && bb > 0 ? min(1, ab / (aa.squareRoot() * bb.squareRoot())) : nil }
}

extension Tensor {
  /// Whether these are scores of classes: a row of at least 5 for each sample.
  var isScores: Bool {
    (shape.count == 2 || shape.contains(count)) && (shape.last ?? 0) >= 5 && count > 0
  }
}
