import InfoldGraph
import InfoldRuntime
import InfoldTensor

/// The rounding errors of products of bfloat16 numbers.
///
/// A bfloat16 number has 8 significant bits, so that rounding changes a factor by at most 2⁻⁸ of its
/// magnitude. With x₁ = x(1 + ε) and y₁ = y(1 + δ), the error of x₁·y₁ is at most (2⁻⁸ + 2⁻⁸ +
/// 2⁻¹⁶)·|x·y|.
///
/// A split factor is x = x₁ + x₂ + r with |x₂| ≤ 2⁻⁸·|x|. Let 2ᵉ be the largest power of two up to
/// |x|. The rest x − x₁ is at most half a unit of x₁, 2ᵉ⁻⁸, so rounding it to 8 bits gives |r| ≤
/// 2ᵉ⁻¹⁷ ≤ 2⁻¹⁷·|x|. The sum x₁·y₂ + x₁·y₁ + x₂·y₁ lacks x₂·y₂ and the products with r, whose
/// magnitudes are at most 2⁻¹⁶·|x·y| and, together, a little more than 2 · 2⁻¹⁷·|x·y|.
enum BFloat16Products {
  /// The relative error of a product of rounded factors.
  static let rounded = 0x1p-7 + 0x1p-16
  /// The relative error of a product of split factors.
  static let split = 0x1p-15 * (1 + 0x1p-6)

  /// Returns the relative error of the products in a step with this algorithm; 0 for products of
  /// float32 numbers.
  static func error(of algorithm: String) -> Double {
    guard algorithm.contains("bfloat16") else { return 0 }
    // Steps in bands have several algorithms.
    return algorithm.replacing("split bfloat16", with: "").contains("bfloat16") ? rounded : split
  }

  /// Returns the relative errors of products at the nodes of `graph`.
  ///
  /// - Parameters:
  ///   - values: The values that steps pass on. The nodes between them belong to the step that
  ///     writes the later one.
  ///   - algorithms: The algorithms of the steps that multiply for these values.
  static func errors(
    in graph: Graph, values: Set<ValueID>, algorithms: [ValueID: [String]]
  ) -> [NodeID: Double] {
    var errors: [NodeID: Double] = [:]
    for value in values {
      let error = algorithms[value, default: []].map(Self.error).max() ?? 0
      guard error > 0, let last = graph.index.producer(of: value) else { continue }
      var open = [last], seen: Set<NodeID> = []
      while let node = open.popLast() {
        guard seen.insert(node).inserted else { continue }
        errors[node] = max(errors[node] ?? 0, error)
        for case let operand? in graph[node].operands where !values.contains(operand) {
          if let producer = graph.index.producer(of: operand) { open.append(producer) }
        }
      }
    }
    return errors
  }
}
