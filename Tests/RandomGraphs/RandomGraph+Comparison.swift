import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// A run with wrong results.
public struct Disagreement: Sendable, CustomStringConvertible {
  /// How the network was run.
  public let configuration: String
  /// What differs.
  public let reason: String
  /// Whether the network was refused as unsupported: some sequences turn out to be so only when the network is complete.
  public let isRefusal: Bool

  fileprivate init(_ configuration: String, _ reason: String, isRefusal: Bool = false) {
    (self.configuration, self.reason, self.isRefusal) = (configuration, reason, isRefusal)
  }

  public var description: String { "\(configuration): \(reason)" }
}

extension RandomGraph {
  /// The ways to run a network.
  private enum Configuration: String, CaseIterable {
    case exact, fast, unoptimized
  }

  /// Runs the network optimized in both precisions, and without optimization, and compares the results with double precision.
  /// - Returns: The first result whose error rounding does not explain; `nil` if there is none.
  /// - Throws: `InfoldError` if the reference cannot run the network.
  public func disagreement() throws(InfoldError) -> Disagreement? {
    try disagreement(running: model)
  }

  /// Like `disagreement()`, but with the results of another model, which has the same inputs in the same order.
  package func disagreement(running model: Model) throws(InfoldError) -> Disagreement? {
    let exact = try estimates(isFast: false), ids = self.model.graph.inputs
    let names = KernelChoice.names, kernels = names[Int(seed % UInt64(names.count))]
    for configuration in Configuration.allCases {
      let expected = configuration == .fast ? try estimates(isFast: true) : exact
      let options = SessionOptions(
        threads: Int(seed / 7 % 2) + 1, optimize: configuration != .unoptimized,
        precision: configuration == .fast ? .fast : .exact)
      do throws(InfoldError) {
        // A cache so small that steps run in bands, or that of the machine.
        let session = try Session(
          model, options: options, kernelsNamed: kernels,
          secondLevelCache: seed / 14 % 4 == 0 ? nil : 1 << Int(8 + seed / 56 % 10))
        var results: [Tensor] = []
        // A run at other sizes, whether it succeeds or not, must not affect the next run.
        if !others.isEmpty {
          try? session.run(ids.map { others[$0] ?? inputs[$0]! }, into: &results)
        }
        try session.run(ids.map { inputs[$0]! }, into: &results)
        for (index, (result, estimate)) in zip(results, expected).enumerated() {
          if let reason = try difference(result, estimate) {
            return Disagreement("\(configuration), \(kernels)", "output \(index) " + reason)
          }
        }
      } catch {
        return Disagreement("\(configuration), \(kernels)", "\(error)", isRefusal: error.code == .unsupported)
      }
    }
    return nil
  }

  private func difference(_ result: Tensor, _ estimate: Estimate) throws(InfoldError) -> String? {
    guard result.shape == estimate.value.shape else {
      return "has the shape \(result.shape), not \(estimate.value.shape)"
    }
    let roundings = Roundings(of: result.elementType)
    let numbers = try result.numbers(), truth = try estimate.value.numbers(), errors = try estimate.error.numbers()
    for (index, number) in numbers.enumerated() {
      // Nothing is known about numbers that may have exceeded the range of their type.
      guard errors[index].isFinite else { continue }
      // One more rounding, that of the result itself.
      let bound = errors[index] + 2 * roundings.result * truth[index].magnitude + roundings.smallest
      if !((number - truth[index]).magnitude <= bound) {
        return "of \(result.shape) is \(number) at \(index), not \(truth[index]); rounding explains \(bound)"
      }
    }
    return nil
  }

  /// The estimates of the outputs.
  private func estimates(isFast: Bool) throws(InfoldError) -> [Estimate] {
    let all = try allEstimates(isFast: isFast)
    return model.graph.outputs.map { all[$0.index]! }
  }

  /// The estimates of all values.
  func allEstimates(isFast: Bool) throws(InfoldError) -> [Estimate?] {
    let isNarrow = model.graph.values.contains { $0.type?.elementType == .float16 }
    let estimates = NetworkEstimates(isFast: isFast, roundings: Roundings(of: isNarrow ? .float16 : .float32))
    var given: [ValueID: Estimate] = [:]
    for (id, tensor) in inputs { given[id] = try Estimate(exactly: tensor) }
    return try estimates.values(of: model.graph, given)
  }
}
