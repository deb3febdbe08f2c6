import InfoldGraph
import InfoldSystem
import InfoldTensor

extension Einsum {
  /// Returns a graph that computes the equation. For one operand, it is a transposition and a sum.
  /// For two operands, dimensions of a single operand that the result lacks are summed before the
  /// product. If the operands have all dimensions in common, the product is element-wise and
  /// followed by a sum. More operands are multiplied one after the other. A dimension that an
  /// operand repeats becomes its diagonal. Returns `nil` for two operands whose result is a single
  /// matrix product.
  package func composition(_ inputs: OperatorInputs) throws(InfoldError) -> Graph? {
    let shapes = inputs.types.compactMap { $0?.shape }
    guard shapes.count == equation.operandCount, shapes.count == inputs.types.count else { return nil }
    let labels = try equation.labels(ranks: shapes.map(\.rank))
    guard let letters = EinsumLetters(labels.operands) else { return nil }
    var network = EinsumNetwork(network: Composition(inputs), letters: letters)
    var terms: [EinsumNetwork.Term] = []
    for (index, listed) in labels.operands.enumerated() {
      guard let diagonal = try network.diagonal((try network.network.input(index), listed)) else { return nil }
      let own = diagonal.labels
      let others = Set((labels.operands[..<index] + labels.operands[(index + 1)...]).joined()).union(labels.result)
      terms.append(
        try network.sum(diagonal, over: own.filter { !others.contains($0) }))
    }
    if terms.count == 1 {
      let result = try network.arrange(terms[0], as: labels.result)
      return network.network.graph(returning: [result])
    }
    if terms.count == 2, !labels.result.isEmpty, Set(terms[0].labels) == Set(terms[1].labels),
      Set(terms[0].labels).count > labels.result.count
    {
      let result = try network.dotProducts(terms[0], terms[1], keeping: labels.result)
      return network.network.graph(returning: [result])
    }
    guard terms.count > 2 || zip(terms, labels.operands).contains(where: { $0.labels.count < $1.count }) else {
      return nil
    }
    var product = terms[0]
    for index in terms.indices.dropFirst() {
      let needed = Set(terms[(index + 1)...].map(\.labels).joined()).union(labels.result)
      let present = product.labels + terms[index].labels.filter { !product.labels.contains($0) }
      product = try network.multiply(
        product, terms[index],
        keeping: index == terms.count - 1 ? labels.result : present.filter(needed.contains))
    }
    return network.network.graph(returning: [product.value])
  }
}

/// Assigns a letter to each label of an equation.
private struct EinsumLetters {
  private var letters: [EinsumEquation.Label: UInt8] = [:]

  /// Returns `nil` if there are too many labels.
  init?(_ operands: [[EinsumEquation.Label]]) {
    let all = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    for label in operands.joined() where letters[label] == nil {
      guard letters.count < all.count else { return nil }
      letters[label] = all[letters.count]
    }
  }

  func text(_ labels: [EinsumEquation.Label]) -> [UInt8] { labels.map { letters[$0]! } }
}

/// Builds a graph of values whose dimensions have labels.
private struct EinsumNetwork {
  typealias Label = EinsumEquation.Label
  typealias Term = (value: ValueID, labels: [Label])

  var network: Composition
  let letters: EinsumLetters

  /// Adds the sum over some dimensions.
  mutating func sum(_ term: Term, over summed: [Label]) throws(InfoldError) -> Term {
    guard !summed.isEmpty else { return term }
    let axes = summed.map { term.labels.firstIndex(of: $0)! }
    let value = try network.add(ReduceSum.name, [term.value, network.list(axes)], ["keepdims": .int(0)])
    return (value, term.labels.filter { !summed.contains($0) })
  }

  /// Adds a permutation of the dimensions.
  mutating func arrange(_ term: Term, as labels: [Label]) throws(InfoldError) -> ValueID {
    let axes = labels.map { term.labels.firstIndex(of: $0)! }
    guard axes != Array(axes.indices) else { return try network.add(Identity.name, [term.value]) }
    return try network.transpose(term.value, axes)
  }

  /// Replaces each repeated dimension of the term by its diagonal. Returns `nil` if the sizes are
  /// unknown.
  mutating func diagonal(_ term: Term) throws(InfoldError) -> Term? {
    var (value, labels) = term
    while let label = labels.first(where: { own in labels.count { $0 == own } > 1 }) {
      let places = labels.indices.filter { labels[$0] == label }.prefix(2)
      guard let sizes = network.sizes(value), case let size = sizes[places[0]], size == sizes[places[1]],
        size <= Self.longestDiagonal
      else { return nil }
      let rest = labels.indices.filter { !places.contains($0) }
      let turned = try network.transpose(value, rest + places)
      let flat = try network.reshape(turned, rest.map { sizes[$0] } + [size * size])
      let positions = try network.list((0..<size).map { $0 * (size + 1) })
      value = try network.add(Gather.name, [flat, positions], ["axis": .int(Int64(rest.count))])
      labels = rest.map { labels[$0] } + [label]
    }
    return (value, labels)
  }

  /// The longest diagonal whose positions are listed in a constant.
  private static let longestDiagonal = 1 << 14

  /// Adds an element-wise product and its sum: many dot products, each of which would be a matrix
  /// product with a single column.
  mutating func dotProducts(_ a: Term, _ b: Term, keeping kept: [Label]) throws(InfoldError) -> ValueID {
    let product = try network.add(Mul.name, [a.value, arrange(b, as: a.labels)])
    return try arrange(sum((product, a.labels), over: a.labels.filter { !kept.contains($0) }), as: kept)
  }

  mutating func multiply(_ a: Term, _ b: Term, keeping kept: [Label]) throws(InfoldError) -> Term {
    let equation =
      letters.text(a.labels) + Array(",".utf8) + letters.text(b.labels) + Array("->".utf8) + letters.text(kept)
    return (try network.add(Einsum.name, [a.value, b.value], ["equation": .string(equation)]), kept)
  }
}
