import InfoldTensor

/// The inner products of two vectors, from which the angle between them follows.
struct InnerProducts {
  private var ab = 0.0
  private var aa = 0.0
  private var bb = 0.0

  mutating func add(_ a: Double, _ b: Double) {
    ab += a * b
    aa += a * a
    bb += b * b
  }

  /// The cosine of the angle. `nil` if one of the vectors is zero.
  var cosine: Double? { aa > 0 && bb > 0 ? min(1, ab / (aa.squareRoot() * bb.squareRoot())) : nil }
}

extension Tensor {
  /// Whether the tensor can hold class scores: a matrix with a row for each sample, or a single
  /// row, of at least 5 elements.
  var isScores: Bool {
    (shape.count == 2 || shape.contains(count)) && (shape.last ?? 0) >= 5 && count > 0
  }
}
