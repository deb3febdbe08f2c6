import InfoldConformance
import TestSupport
import Testing

/// Where operator cases come from.
enum CaseSet: String, CaseIterable, CustomTestStringConvertible {
  /// Debian's libonnx-testdata: onnx 1.12, opset 17.
  case debian
  /// What the PyPI package onnx 1.23.2 generates, exported by tools/export-onnx-cases.py: opset 28.
  case pypi

  /// The folders of cases. Those left out of Debian's are whole networks without their weights.
  var folders: [String] {
    switch self {
    case .debian:
      ["node", "pytorch-converted", "pytorch-operator", "simple"].map { "/usr/share/libonnx-testdata/data/" + $0 }
    case .pypi: [repositoryFolder + "/.build/onnx-cases/node"]
    }
  }

  /// The number of its cases.
  var caseCount: Int {
    switch self {
    case .debian: 1072
    case .pypi: 1884
    }
  }

  /// The command that puts the cases in place.
  var remedy: String {
    switch self {
    case .debian: "tools/install-packages.sh libonnx-testdata"
    case .pypi: "tools/test.sh"
    }
  }

  var testDescription: String { rawValue }
}

/// A case of one of the sets.
struct OperatorCase: Hashable, CustomTestStringConvertible {
  let set: CaseSet
  let testCase: ConformanceCase

  var name: String { testCase.name }
  var testDescription: String { "\(set) \(name)" }

  /// Every case of every set. Those of a set that is not in place are missing, which `setsAreComplete` reports.
  static let all = CaseSet.allCases.flatMap { set in
    set.folders.flatMap { (try? ConformanceCase.find(in: $0)) ?? [] }.map { OperatorCase(set: set, testCase: $0) }
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
