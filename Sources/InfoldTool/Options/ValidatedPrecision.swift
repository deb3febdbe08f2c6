import ArgumentParser
import InfoldRuntime

/// The precisions in which `infold validate` checks what a session runs: one precision, or all.
struct ValidatedPrecision: ExpressibleByArgument {
  static let all = "all"
  static var allValueStrings: [String] { SessionOptions.Precision.allCases.map(\.rawValue) + [all] }

  let precisions: [SessionOptions.Precision]

  init?(argument: String) {
    if argument == Self.all {
      precisions = SessionOptions.Precision.allCases
    } else if let precision = SessionOptions.Precision(rawValue: argument) {
      precisions = [precision]
    } else {
      return nil
    }
  }
}
