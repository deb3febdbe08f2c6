import InfoldSystem
import InfoldTensor

/// The equation of an Einsum: the labels of the dimensions of the operands and of the result.
struct EinsumEquation: Sendable, Hashable {
  /// The label of matching dimensions.
  enum Label: Sendable, Hashable {
    /// A letter.
    case letter(UInt8)
    /// A dimension within `...`, counted from the innermost.
    case batch(Int)
  }

  /// The labels of an operand or of the result; `nil` is the ellipsis.
  private typealias Term = [UInt8?]

  private let terms: [[UInt8?]]
  private let result: [UInt8?]?

  /// The number of operands.
  var operandCount: Int { terms.count }

  /// Parses an equation such as `...ij,...jk->...ik`.
  /// - Throws: `InfoldError.Code.invalidModel` if the text is not an equation.
  init(_ text: String) throws(InfoldError) {
    func invalid(_ why: String) -> InfoldError {
      InfoldError(.invalidModel, "the equation \(String(quoting: text)) \(why)")
    }
    var bytes = Array(text.utf8.filter { $0 != UInt8(ascii: " ") })[...]
    func term(_ bytes: ArraySlice<UInt8>) throws(InfoldError) -> Term {
      var term: Term = []
      var rest = bytes
      while let byte = rest.first {
        if rest.starts(with: "...".utf8), !term.contains(nil) {
          term.append(nil)
          rest = rest.dropFirst(3)
        } else if byte | 0x20 >= UInt8(ascii: "a"), byte | 0x20 <= UInt8(ascii: "z"), byte & 0x80 == 0 {
          term.append(byte)
          rest = rest.dropFirst()
        } else {
          throw invalid("has an invalid character: allowed are letters, commas, one arrow and one ellipsis per term")
        }
      }
      return term
    }
    var output: ArraySlice<UInt8>?
    if let arrow = bytes.indices.first(where: { bytes[$0...].starts(with: "->".utf8) }) {
      output = bytes[(arrow + 2)...]
      bytes = bytes[..<arrow]
    }
    var terms: [Term] = []
    for part in bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      terms.append(try term(part))
    }
    self.terms = terms
    guard let output else {
      result = nil
      return
    }
    let result = try term(output)
    let known = Set(terms.joined())
    guard Set(result).count == result.count, result.allSatisfy({ $0 == nil || known.contains($0) }) else {
      throw invalid("has a duplicate label in the result, or one that no operand has")
    }
    self.result = result
  }

  /// Returns the labels of the dimensions of the operands and of the result.
  /// - Throws: `InfoldError.Code.invalidModel` if the rank of an operand does not match.
  func labels(ranks: [Int]) throws(InfoldError) -> (operands: [[Label]], result: [Label]) {
    var batchRank = 0
    var operands: [[Label]] = []
    for (index, term) in terms.enumerated() {
      let letters = term.count { $0 != nil }
      let rest = ranks[index] - letters
      guard term.contains(nil) ? rest >= 0 : rest == 0 else {
        throw InfoldError(
          .invalidModel,
          "rank mismatch: input \(index) has \(counted(ranks[index], "dimension")), but the equation has \(letters)")
      }
      batchRank = max(batchRank, rest)
      operands.append(Self.labels(term, batchRank: rest))
    }
    guard let result else {
      let counts = terms.joined().reduce(into: [UInt8?: Int]()) { counts, byte in counts[byte, default: 0] += 1 }
      let single: [UInt8] = counts.compactMap { byte, count in count == 1 ? byte : nil }.sorted()
      return (operands, Self.labels([nil] + single.map(Optional.some), batchRank: batchRank))
    }
    guard batchRank == 0 || result.contains(nil) else {
      throw InfoldError(.invalidModel, "the result of the equation lacks the ellipsis that its operands have")
    }
    return (operands, Self.labels(result, batchRank: batchRank))
  }

  private static func labels(_ term: Term, batchRank: Int) -> [Label] {
    term.flatMap { byte in byte.map { [.letter($0)] } ?? (0..<batchRank).reversed().map(Label.batch) }
  }
}
