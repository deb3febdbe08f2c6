/// The sizes that the shapes of inputs give to the symbols in their declarations.
package struct SymbolSizes {
  /// What has a shape.
  package enum Source: CustomStringConvertible {
    /// The input with this name.
    case input(String)
    /// The default of the input with this name.
    case `default`(String)

    package var description: String {
      switch self {
      case .input(let name): "the input \(String(quoting: name))"
      case .default(let name): "the default of the input \(String(quoting: name))"
      }
    }
  }

  private var bound: [String: (size: Int, source: Source)] = [:]

  /// No symbol has a size.
  package init() {}

  /// The sizes by symbol.
  package var sizes: [String: Int] { bound.mapValues(\.size) }

  /// Holds `shape` against what the model declares, and gives the symbols there their sizes.
  /// - Parameter source: What has the shape, for messages.
  /// - Throws: `InfoldError` with `.invalidArgument` for another rank, another fixed size, or a symbol that has another size,
  ///   naming what has given it.
  package mutating func bind(_ declared: Shape, to shape: Shape, of source: Source) throws(InfoldError) {
    guard declared.rank == shape.rank, zip(declared, shape).allSatisfy({ $0.merged(with: $1) != nil }) else {
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
