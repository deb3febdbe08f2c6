import InfoldSystem
import InfoldTensor

/// The sizes that input shapes give to the symbols of dynamic dimensions.
package struct SymbolSizes {
  /// The origin of a shape.
  package enum Source: CustomStringConvertible {
    /// The input with this name.
    case input(String)
    /// The default value of the input with this name.
    case `default`(String)
    /// The caller, who chose the size of a symbol.
    case choice

    package var description: String {
      switch self {
      case .input(let name): "the input \(String(quoting: name))"
      case .default(let name): "the default value of the input \(String(quoting: name))"
      case .choice: "the caller"
      }
    }
  }

  /// Whether a symbol must have the same size everywhere.
  private let isStrict: Bool
  private var bound: [String: (size: Int, source: Source)] = [:]
  /// Symbols with different sizes.
  package private(set) var ambiguous: Set<String> = []
  /// Warnings about ambiguous symbols.
  package private(set) var warnings: [ModelWarning] = []

  /// Creates a set without bound symbols.
  /// - Parameter declaredShapes: With `.binding`, a symbol with two sizes is an error.
  package init(_ declaredShapes: DeclaredShapes) {
    isStrict = declaredShapes == .binding
  }

  /// The sizes by symbol, without ambiguous symbols.
  package var sizes: [String: Int] { bound.filter { !ambiguous.contains($0.key) }.mapValues(\.size) }

  /// Binds a symbol to a size chosen by the caller, which every input must match.
  package mutating func choose(_ symbol: String, _ size: Int) {
    bound[symbol] = (size, .choice)
  }

  /// Matches `shape` with the model's declaration and binds the symbols of the declaration.
  /// - Parameter source: The origin of the shape, for error messages.
  /// - Throws: `InfoldError.Code.invalidArgument` for another rank, another fixed size, a symbol
  ///   for which the caller chose another size, or, in strict mode, a symbol that already has
  ///   another size.
  package mutating func bind(_ declared: Shape, to shape: Shape, of source: Source) throws(InfoldError) {
    guard declared.rank == shape.rank, zip(declared, shape).allSatisfy({ $0.merged(with: $1) != nil }) else {
      throw InfoldError(
        .invalidArgument, "shape mismatch: \(source) has the shape \(shape); the model expects \(declared)")
    }
    for (dimension, actual) in zip(declared, shape) {
      guard case .symbol(let symbol) = dimension, let size = actual.size else { continue }
      if let first = bound[symbol], first.size != size {
        try separate(
          symbol, first, "\(source) has the shape \(shape), so the dimension \(dimension) would be \(size)")
      }
      bound[symbol] = bound[symbol] ?? (size, source)
    }
  }

  private mutating func separate(
    _ symbol: String, _ first: (size: Int, source: Source), _ finding: String
  ) throws(InfoldError) {
    let earlier = "\(finding), but \(first.source) sets it to \(first.size)"
    if case .choice = first.source { throw InfoldError(.invalidArgument, earlier) }
    guard !isStrict else { throw InfoldError(.invalidArgument, earlier) }
    guard ambiguous.insert(symbol).inserted else { return }
    warnings.append(ModelWarning(.sharedSymbol, earlier + "; the two are treated as independent sizes"))
  }
}
