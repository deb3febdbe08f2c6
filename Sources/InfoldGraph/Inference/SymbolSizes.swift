import InfoldSystem
import InfoldTensor

/// The sizes that the shapes of inputs give to the symbols in their declarations.
package struct SymbolSizes {
  /// What has a shape.
  package enum Source: CustomStringConvertible {
    /// The input with this name.
    case input(String)
    /// The default of the input with this name.
    case `default`(String)
    /// Who has chosen the size of a symbol.
    case choice

    package var description: String {
      switch self {
      case .input(let name): "the input \(String(quoting: name))"
      case .default(let name): "the default of the input \(String(quoting: name))"
      case .choice: "the size that is chosen for it"
      }
    }
  }

  /// Whether a symbol must be one size everywhere.
  private let isStrict: Bool
  private var bound: [String: (size: Int, source: Source)] = [:]
  /// Symbols that stand for sizes which differ.
  package private(set) var ambiguous: Set<String> = []
  /// What is said of them.
  package private(set) var warnings: [ModelWarning] = []

  /// No symbol has a size.
  /// - Parameter isStrict: Whether a symbol that stands for two sizes is an error.
  package init(_ declaredShapes: DeclaredShapes) {
    isStrict = declaredShapes == .binding
  }

  /// The sizes by symbol, without those that are ambiguous.
  package var sizes: [String: Int] { bound.filter { !ambiguous.contains($0.key) }.mapValues(\.size) }

  /// Gives a symbol the size that a caller has chosen, which every input must have.
  package mutating func choose(_ symbol: String, _ size: Int) {
    bound[symbol] = (size, .choice)
  }

  /// Holds `shape` against what the model declares, and gives the symbols there their sizes.
  /// - Parameter source: What has the shape, for messages.
  /// - Throws: `InfoldError` with `.invalidArgument` for another rank, another fixed size, a symbol whose size is chosen
  ///   otherwise, or, where that is an error, one that has another size, naming what has given it.
  package mutating func bind(_ declared: Shape, to shape: Shape, of source: Source) throws(InfoldError) {
    guard declared.rank == shape.rank, zip(declared, shape).allSatisfy({ $0.merged(with: $1) != nil }) else {
      throw InfoldError(.invalidArgument, "\(source) has the shape \(shape); the model wants \(declared)")
    }
    for (dimension, actual) in zip(declared, shape) {
      guard case .symbol(let symbol) = dimension, let size = actual.size else { continue }
      if let first = bound[symbol], first.size != size {
        try separate(
          symbol, first, "\(source) has the shape \(shape), where the dimension \(dimension) is \(size)")
      }
      bound[symbol] = bound[symbol] ?? (size, source)
    }
  }

  private mutating func separate(
    _ symbol: String, _ first: (size: Int, source: Source), _ finding: String
  ) throws(InfoldError) {
    let earlier = "\(finding); \(first.source) has made it \(first.size)"
    if case .choice = first.source { throw InfoldError(.invalidArgument, earlier) }
    guard !isStrict else { throw InfoldError(.invalidArgument, earlier) }
    guard ambiguous.insert(symbol).inserted else { return }
    warnings.append(ModelWarning(.sharedSymbol, earlier + ", and the two are taken as sizes of their own"))
  }
}
