import InfoldConformance
import InfoldGraph

/// The text of `docs/Operators.md`, from the registry and the results of the cases.
struct OperatorPage {
  private var tallies: [String: OperatorTable.Tally] = [:]
  private var reasons: [String: [OperatorCase]] = [:]

  /// Runs all cases.
  init() throws {
    for operatorCase in OperatorCase.all where try operatorCase.testCase.missingOperators().isEmpty {
      let reason = Configuration.allCases.lazy.compactMap { Exceptions.reason(operatorCase, $0) }.first
      let hasPassed = Configuration.allCases.allSatisfy { Outcomes.outcome(of: operatorCase, $0) == .passed }
      if let reason { reasons[reason, default: []].append(operatorCase) }
      let isCounted = reason == nil && hasPassed
      let withoutKernels = isCounted ? try operatorCase.testCase.operatorsWithoutKernels() : []
      for name in try operatorCase.testCase.operators() {
        if isCounted, !withoutKernels.contains(name) { tallies[name, default: .init()].byKernels += 1 }
        let count: WritableKeyPath<OperatorTable.Tally, Int> =
          reason != nil ? \.excepted : hasPassed ? \.passed : \.failed
        tallies[name, default: .init()][keyPath: count] += 1
      }
    }
  }

  var text: String {
    """
    # Operators

    The operators of ONNX that Infold runs, opset 1 to \(OperatorRegistry.newestOpset). This page is generated: run
    `tools/update-operators-page.sh` instead of editing it. `infold operators` prints the table without
    the cases.

    **Opset versions** are those that changed an operator, as far as onnx 1.23.2 knows them. The last
    one applies to the opsets in between. **Element types** are those of the data in the newest version:
    *floats* are float16, bfloat16, float32 and float64, *numbers* are floats and the integers of 8 to
    64 bits, and *all* are numbers and bool.

    The **cases** are those of Debian's libonnx-testdata (onnx 1.12, opset 17) and those that onnx
    1.23.2 generates (opset 28), without those that need an unsupported operator. A case counts for
    every operator that its model uses. It has passed if it passes optimized, not optimized, and in
    double precision. *By kernels* counts the passed cases in which no node of the operator uses its
    reference evaluation: kernels compute it, or graph passes replace it. Most of the others test
    shapes, indices or types that no network uses in bulk. The **family** is the group of an operator in
    drawings and totals.

    \(OperatorTable(cases: tallies).markdown)
    If the condition of an If is known before the model runs, the branch replaces the If. The bodies of
    model-local functions replace their calls.

    ## Excepted cases

    \(exceptedCases)
    """
  }

  private var exceptedCases: String {
    reasons.sorted { $0.key < $1.key }.map { reason, cases in
      let names = Set(cases.map(\.name)).sorted().map { "`\($0)`" }.joined(separator: ", ")
      return "- \(reason.prefix(1).uppercased() + reason.dropFirst()) (\(cases.count)): \(names).\n"
    }.joined()
  }
}
