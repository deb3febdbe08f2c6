import InfoldConformance
import Testing

@Suite struct OperatorCaseTests {
  @Test(arguments: CaseSet.allCases) func setsAreComplete(set: CaseSet) {
    #expect(OperatorCase.all.count { $0.set == set } == set.caseCount, "run \(set.remedy)")
  }

  /// A case passes, or it stands in the list of exceptions with its reason, or it needs an operator that Infold does not
  /// have. One that stands in the list and passes is an error, too: the list says what is true.
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

  /// An exception is for a case that there is.
  @Test(arguments: CaseSet.allCases) func exceptionsNameCases(set: CaseSet) {
    let names = Set(OperatorCase.all.lazy.filter { $0.set == set }.map(\.name))
    #expect(Exceptions.names(set).subtracting(names).isEmpty)
  }
}
