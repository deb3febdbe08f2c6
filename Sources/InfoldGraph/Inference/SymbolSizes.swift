/// The sizes that the shapes of inputs give to the symbols in their declarations.
package struct SymbolSizes {
  private var bound: [String: (size: Int, source: String)] = [:]

  /// No symbol has a size.
  package init() {}

  /// The sizes by symbol.
  package var sizes: [String: Int] { bound.mapValues(\.size) }

  /// Holds `shape` against what the model declares, and gives the symbols there their sizes.
  /// - Parameter source: What has the shape, for messages, like `the input "x"`.
  /// - Throws: `InfoldError` with `.invalidArgument` for another rank, another fixed size, or a symbol that has another size,
  ///   naming what has given it.
  package mutating func bind(_ declared: Shape, to shape: Shape, of source: String) throws(InfoldError) {
    guard declared.merged(with: shape) != nil else {
      throw InfoldError(.invalidArgument, "\(source) has the shape \(shape); the model wants \(declared)")
    }
    for (dimension, actual) in zip(declared, shape) {
      guard case .symbol(let symbol) = dimension, let size = actual.size else { continue }
      if let first = bound[symbol], first.size != size {
        throw InfoldError(
          .invalidArgument,
          "\(source) has the shape \(shape), where the dimension \(dimension) is \(size); \(first.source) has made it "
            + "\(first.size)")
      }
      bound[symbol] = bound[symbol] ?? (size, source)
    }
  }
}
