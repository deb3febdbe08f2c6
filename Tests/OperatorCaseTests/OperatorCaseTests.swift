import InfoldConformance
import Testing

@Suite struct OperatorCaseTests {
  @Test(arguments: CaseSet.allCases) func setsAreComplete(set: CaseSet) {
    #expect(OperatorCase.all.count { $0.set == set } == set.caseCount, "run \(set.remedy)")
  }

  /// A case passes, or it is listed as an exception with its reason, or it needs an operator that Infold does not have. A listed case that
  /// passes is also an error, so that the list stays correct.
  @Test(arguments: OperatorCase.all, Configuration.allCases)
  func agrees(_ operatorCase: OperatorCase, _ configuration: Configuration) throws {
    let outcome = Outcomes.outcome(of: operatorCase, configuration)
    switch (outcome, Exceptions.reason(operatorCase, configuration)) {
    case (.passed, nil), (.failed, _?), (.unsupported, _?): break
    case (.passed, let reason?):
      Issue.record("\(operatorCase.name) passes, and is excepted because \(reason)")
    case (.failed(let difference), nil): Issue.record("\(operatorCase.name): \(difference)")
    case (.unsupported(let reason), nil):
      #expect(try !operatorCase.testCase.missingOperators().isEmpty, "\(operatorCase.name): \(reason)")
    }
  }

  /// Every exception is for an existing case.
  @Test(arguments: CaseSet.allCases) func exceptionsNameCases(set: CaseSet) {
    let names = Set(OperatorCase.all.lazy.filter { $0.set == set }.map(\.name))
    #expect(Exceptions.names(set).subtracting(names).isEmpty)
  }
}
