import InfoldGraph
import InfoldSystem
import InfoldTensor

extension Einsum {
  /// A transposition and a sum for one operand; for two of which only one is summed over a dimension, the sum before their product; for
  /// more, one product after the other. `nil` for two operands that are one product, and where a dimension stands twice in an operand.
  package func composition(_ inputs: OperatorInputs) throws(InfoldError) -> Graph? {
    let shapes = inputs.types.compactMap { $0?.shape }
    guard shapes.count == equation.operandCount, shapes.count == inputs.types.count else { return nil }
    let labels = try equation.labels(ranks: shapes.map(\.rank))
    guard labels.operands.allSatisfy({ Set($0).count == $0.count }), let letters = EinsumLetters(labels.operands) else {
      return nil
    }
    var network = EinsumNetwork(network: Composition(inputs), letters: letters)
    var terms: [EinsumNetwork.Term] = []
    for (index, own) in labels.operands.enumerated() {
      let others = Set((labels.operands[..<index] + labels.operands[(index + 1)...]).joined()).union(labels.result)
      terms.append(
        try network.sum((try network.network.input(index), own), over: own.filter { !others.contains($0) }))
    }
    if terms.count == 1 {
      let result = try network.arrange(terms[0], as: labels.result)
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

/// A letter for each label of an equation.
private struct EinsumLetters {
  private var letters: [EinsumEquation.Label: UInt8] = [:]

  /// `nil` where there are too many labels.
  init?(_ operands: [[EinsumEquation.Label]]) {
    let all = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    for label in operands.joined() where letters[label] == nil {
      guard letters.count < all.count else { return nil }
      letters[label] = all[letters.count]
    }
  }

  func text(_ labels: [EinsumEquation.Label]) -> [UInt8] { labels.map { letters[$0]! } }
}

/// Values whose dimensions have labels.
private struct EinsumNetwork {
  typealias Label = EinsumEquation.Label
  typealias Term = (value: ValueID, labels: [Label])

  var network: Composition
  let letters: EinsumLetters

  /// The sum over some dimensions.
  mutating func sum(_ term: Term, over summed: [Label]) throws(InfoldError) -> Term {
    guard !summed.isEmpty else { return term }
    let axes = summed.map { term.labels.firstIndex(of: $0)! }
    let value = try network.add(ReduceSum.name, [term.value, network.list(axes)], ["keepdims": .int(0)])
    return (value, term.labels.filter { !summed.contains($0) })
  }

  /// The same numbers with the dimensions in another order.
  mutating func arrange(_ term: Term, as labels: [Label]) throws(InfoldError) -> ValueID {
    let axes = labels.map { term.labels.firstIndex(of: $0)! }
    guard axes != Array(axes.indices) else { return try network.add(Identity.name, [term.value]) }
    return try network.transpose(term.value, axes)
  }

  mutating func multiply(_ a: Term, _ b: Term, keeping kept: [Label]) throws(InfoldError) -> Term {
    let equation =
      letters.text(a.labels) + Array(",".utf8) + letters.text(b.labels) + Array("->".utf8) + letters.text(kept)
    return (try network.add(Einsum.name, [a.value, b.value], ["equation": .string(equation)]), kept)
  }
}
