import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

@Suite struct EinsumLoweringTests {
  /// An equation and the shapes of its operands.
  struct Case: CustomTestStringConvertible {
    let equation: String
    let shapes: [[Int]]

    var testDescription: String { "\(equation) \(shapes)" }

    /// The network. Its operands are inputs, or the second one is a constant.
    func graph(isConstant: Bool = false) throws -> Graph {
      var network = NetworkBuilder()
      let a = network.input(Shape(shapes[0]), "a")
      let b = isConstant ? try network.weights(shapes[1]) : network.input(Shape(shapes[1]), "b")
      return try network.finished(
        try network.node("Einsum", [a, b], ["equation": .string(Array(equation.utf8))]))
    }
  }

  private static let cases = [
    Case(equation: "ij,jk->ik", shapes: [[3, 4], [4, 5]]),
    Case(equation: "ij,kj->ki", shapes: [[3, 4], [5, 4]]),
    Case(equation: "ji,jk", shapes: [[4, 3], [4, 5]]),
    Case(equation: "bhid,bhjd->bhij", shapes: [[2, 3, 7, 9], [2, 3, 17, 9]]),
    Case(equation: "bihd,bjhd->bhij", shapes: [[2, 7, 3, 9], [2, 17, 3, 9]]),
    Case(equation: "bhij,bjhd->bihd", shapes: [[2, 3, 7, 5], [2, 5, 3, 8]]),
    Case(equation: "bhwc,hkc->bhwk", shapes: [[2, 4, 5, 8], [4, 6, 8]]),
    Case(equation: "bhwc,wkc->bhwk", shapes: [[2, 4, 5, 8], [5, 6, 8]]),
    Case(equation: "nctv,vw->nctw", shapes: [[2, 3, 4, 5], [5, 6]]),
    Case(equation: "abc,cbd->dba", shapes: [[2, 3, 4], [4, 3, 5]]),
    Case(equation: "abcd,dcbe->ae", shapes: [[2, 3, 4, 5], [5, 4, 3, 6]]),
    Case(equation: "...ij,...jk->...ik", shapes: [[2, 3, 4], [4, 5]]),
    Case(equation: "...ij,...jk->...ki", shapes: [[2, 1, 3, 4], [2, 5, 4, 6]]),
    Case(equation: "i,i->", shapes: [[37], [37]]),
    Case(equation: "ij,j->i", shapes: [[3, 4], [4]]),
    Case(equation: "j,bij->bi", shapes: [[4], [2, 3, 4]]),
    Case(equation: "bi,bij->bj", shapes: [[3, 5], [3, 5, 4]]),
    Case(equation: "i,j->ji", shapes: [[3], [4]]),
    Case(equation: "bi,bj->bij", shapes: [[2, 3], [2, 4]]),
    Case(equation: "ij,ij->ji", shapes: [[3, 4], [3, 4]]),
    Case(equation: "ij,j->ij", shapes: [[3, 4], [4]]),
    Case(equation: ",ij->ij", shapes: [[], [3, 4]]),
    Case(equation: "ij,jk->ik", shapes: [[1, 1], [1, 1]]),
    Case(equation: "bij,bjk->bik", shapes: [[1, 3, 4], [2, 4, 5]]),
    Case(equation: "bi,bi->b", shapes: [[3, 5], [3, 5]]),
    Case(equation: "bij,bji->b", shapes: [[7, 3, 2], [7, 2, 3]]),
    Case(equation: "ii,ij->j", shapes: [[3, 3], [3, 4]]), Case(equation: "iji,ji->j", shapes: [[3, 2, 3], [2, 3]]),
    Case(equation: "iij,jk->ik", shapes: [[4, 4, 3], [3, 5]]), Case(equation: "iii,i->i", shapes: [[3, 3, 3], [3]]),
  ]

  @Test(arguments: cases) func products(example: Case) throws {
    try expectKernels(example.graph())
    try expectKernels(example.graph(isConstant: true))
  }

  /// Equations with random labels: each in the result or not, and in one operand or in both.
  @Test(arguments: 0..<60) func randomEquations(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var operands: [[(label: Character, size: Int)]] = [[], []]
    var result = ""
    for label in "abcdef".prefix(random.int(1...6)) {
      let size = random.pick([1, 2, 2, 3, 5])
      let kind = random.int(0...3)
      if kind != 1 { operands[0].append((label, random.oneIn(8) ? 1 : size)) }
      if kind != 0 { operands[1].append((label, random.oneIn(8) ? 1 : size)) }
      if kind != 2 { result.insert(label, at: result.indices.randomElement(using: &random) ?? result.startIndex) }
    }
    for side in 0...1 { operands[side].shuffle(using: &random) }
    let terms = operands.map { String($0.map(\.label)) }
    let example = Case(
      equation: "\(terms[0]),\(terms[1])->\(result)", shapes: operands.map { $0.map(\.size) })
    // Equations that are not products are not lowered, such as those with a summed dimension of size 1 in one operand.
    try expectAgreement(
      example.graph(), nil, Expectation(tolerance: 2e-6, referenceSteps: nil), example.testDescription)
  }

  /// Operands without elements are left to the reference evaluation.
  @Test(arguments: [
    Case(equation: "ij,jk->ik", shapes: [[3, 0], [0, 5]]), Case(equation: "ij,jk->ik", shapes: [[0, 3], [3, 5]]),
  ])
  func others(example: Case) throws {
    try expectAgreement(example.graph(), nil, Expectation(referenceSteps: 1), example.testDescription)
  }
}
