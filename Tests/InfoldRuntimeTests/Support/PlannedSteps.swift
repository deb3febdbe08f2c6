import InfoldRuntime

extension Session {
  /// Returns the steps of a run with inputs of these shapes.
  func plannedSteps(for shapes: [String: [Int]] = [:]) throws -> [PlanDescription.Step] {
    try planDescription(for: shapes).parts.flatMap(\.steps)
  }

  /// Returns the algorithms of these steps.
  func algorithms(for shapes: [String: [Int]] = [:]) throws -> [String] {
    try plannedSteps(for: shapes).map(\.algorithm)
  }
}
