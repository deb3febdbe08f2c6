import InfoldConformance
import InfoldGraph
import Testing

/// The operator cases of the ONNX project, from Debian's libonnx-testdata.
enum OperatorCases {
  static let folder = "/usr/share/libonnx-testdata/data"
  /// The kinds of cases; the others there are whole networks without their weights.
  static let kinds = ["node", "pytorch-converted", "pytorch-operator", "simple"]

  /// Every case. Empty where the package is not installed, which `packageIsInstalled` reports.
  static let all: [ConformanceCase] = kinds.flatMap { kind in
    (try? ConformanceCase.find(in: folder + "/" + kind)) ?? []
  }
}

/// A way to run the cases.
enum Configuration: String, CaseIterable, CustomTestStringConvertible {
  case optimized
  case asWritten
  case inDouble

  var options: ConformanceCase.Options {
    switch self {
    case .optimized: ConformanceCase.Options()
    case .asWritten: ConformanceCase.Options(optimize: false)
    case .inDouble: ConformanceCase.Options(precision: .double, optimize: false)
    }
  }

  var testDescription: String { rawValue }
}

@Suite struct OperatorCaseTests {
  @Test func packageIsInstalled() {
    #expect(OperatorCases.all.count > 1000, "install Debian's libonnx-testdata")
  }

  /// A case passes, or it stands in the list of exceptions with its reason, or it needs an operator that Infold does not
  /// have. One that stands in the list and passes is an error, too: the list says what is true.
  @Test(arguments: OperatorCases.all, Configuration.allCases)
  func agrees(_ testCase: ConformanceCase, _ configuration: Configuration) {
    let outcome = testCase.run(configuration.options)
    switch (outcome, Exceptions.reason(testCase.name, configuration)) {
    case (.passed, nil): break
    case (.passed, let reason?):
      Issue.record("\(testCase.name) passes, and is excepted because \(reason)")
    case (.failed(let difference), nil): Issue.record("\(testCase.name): \(difference)")
    case (.unsupported(let reason), nil):
      #expect(Exceptions.isMissingOperator(reason), "\(testCase.name): \(reason)")
    case (_, .some): break
    }
  }
}

extension ConformanceCase: CustomTestStringConvertible {
  public var testDescription: String { name }
}
