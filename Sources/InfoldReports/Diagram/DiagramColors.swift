import InfoldGraph

/// The colors of a drawing, equal to those of the pages.
enum DiagramColors {
  /// A color for light and dark backgrounds.
  typealias Pair = (light: String, dark: String)

  static let paper: Pair = ("#f7f8fa", "#101318")
  static let card: Pair = ("#ffffff", "#191d24")
  static let ink: Pair = ("#16191f", "#e8ebf0")
  static let faint: Pair = ("#5d6675", "#98a2b3")
  static let rule: Pair = ("#d5dae3", "#343b47")
  static let line: Pair = ("#8b95a5", "#7b8698")

  static func of(_ kind: NetworkDiagram.Box.Kind) -> Pair {
    switch kind {
    case .input, .output: ("#16191f", "#e8ebf0")
    case .unsupported: ("#b3261e", "#ff9b93")
    case .operation(let family):
      switch family {
      case .product: ("#1d6fe0", "#6aa9ff")
      case .normalization: ("#0d9488", "#2dd4bf")
      case .activation: ("#d97706", "#f5a742")
      case .arithmetic: ("#be3a83", "#f08bc0")
      case .pool: ("#4d8a1f", "#9bd35f")
      case .movement: ("#7048c6", "#b79bff")
      case .quantization: ("#8a5a2b", "#d0a377")
      case .other: ("#5d6675", "#98a2b3")
      }
    }
  }
}
