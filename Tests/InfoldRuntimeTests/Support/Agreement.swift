import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// How runs of a network are held against the reference evaluation in double precision.
struct Expectation {
  /// The largest error of an element, as a part of `scale`.
  var tolerance = 1e-5
  /// The largest number that sums of the network reach; `nil` for the largest of its values, at least 1.
  var scale: Double?
  /// The precisions that are tried.
  var precisions: [SessionOptions.Precision] = [.exact, .fast]
  /// The steps that run by a reference evaluation; `nil` where it does not matter.
  var referenceSteps: Int? = 0
  /// What an emulated matrix unit computes; `nil` for the machine's own kernels.
  var emulatedUnit: SessionOptions.EmulatedUnit?
}

extension Graph {
  /// A model around the graph.
  var model: Model { Model(graph: self, opsetImports: [Model.OpsetImport(version: 13)]) }

  /// Seeded inputs by name; a dimension that is no number is taken as 2.
  func randomInputs(seed: UInt64 = 5) throws -> [String: Tensor] {
    var random = SplitMix64(seed: seed)
    var tensors: [String: Tensor] = [:]
    for id in inputs where self[id].initializer == nil {
      let type = try #require(self[id].type), shape = try #require(type.shape)
      tensors[self[id].name] = try Tensor(random: shape.map { $0.size ?? 2 }, of: type.elementType, using: &random)
    }
    return tensors
  }

  /// The outputs by the reference evaluation in double precision, and the largest finite number of any value.
  func truth(_ tensors: [String: Tensor]) throws -> (outputs: [Tensor], largest: Double) {
    var given: [ValueID: Tensor] = [:]
    for id in inputs { given[id] = tensors[self[id].name] }
    var largest = 1.0
    func observe(_ tensor: Tensor?) {
      for number in (try? tensor?.numbers()) ?? [] where number.isFinite { largest = max(largest, number.magnitude) }
    }
    for tensor in given.values { observe(tensor) }
    let evaluator = try ReferenceEvaluator(self, precision: .double)
    let outputs = try evaluator.run(given) { _, _, results in results.forEach(observe) }
    return (outputs, largest)
  }
}

/// Expects that sessions with every set of kernels and every precision agree with the reference evaluation.
/// - Parameter inputs: Tensors by name; random ones where it is `nil`.
func expectAgreement(
  _ graph: Graph, _ inputs: [String: Tensor]? = nil, _ expectation: Expectation = Expectation(), _ comment: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let inputs = try inputs ?? graph.randomInputs()
  let (truth, largest) = try graph.truth(inputs)
  let ordered = graph.inputs.map { inputs[graph[$0].name] ?? graph[$0].initializer!.tensor! }
  for kernels in expectation.emulatedUnit == nil ? KernelChoice.names : [KernelChoice.names[0]] {
    for precision in expectation.precisions {
      let comment = "\(kernels), \(precision) \(comment)"
      var options = SessionOptions(threads: 2, precision: precision)
      options.emulatedUnit = expectation.emulatedUnit
      let session = try Session(graph.model, options: options, kernelsNamed: kernels)
      var results: [Tensor] = []
      try session.run(ordered, into: &results)
      try #require(results.count == truth.count, "\(comment)", sourceLocation: sourceLocation)
      for (index, (result, expected)) in zip(results, truth).enumerated() {
        let difference = try difference(
          result, expected, tolerance: expectation.tolerance * (expectation.scale ?? largest))
        #expect(
          difference == nil, "output \(index), \(comment): \(difference ?? "")", sourceLocation: sourceLocation)
      }
      if let expected = expectation.referenceSteps {
        let steps = try session.layerTimes(inputs, runs: 1)
        let references = steps.filter { $0.algorithm == "reference" }
        #expect(
          references.count == expected, "\(comment): \(references.map(\.operation))", sourceLocation: sourceLocation)
      }
    }
  }
}

/// Where a result is farther from what is expected than `tolerance`; `nil` for nowhere. NaN and infinities must be the same.
func difference(_ result: Tensor, _ expected: Tensor, tolerance: Double) throws -> String? {
  guard result.shape == expected.shape else { return "the shape is \(result.shape), not \(expected.shape)" }
  let a = try result.numbers(), b = try expected.numbers()
  for (index, (a, b)) in zip(a, b).enumerated() {
    let agrees = b.isNaN ? a.isNaN : b.isInfinite ? a == b : (a - b).magnitude <= tolerance
    if !agrees { return "element \(index) of \(result.shape) is \(a), not \(b); tolerance \(tolerance)" }
  }
  return nil
}

extension SplitMix64 {
  /// A number of the range.
  mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  /// One of the elements.
  mutating func pick<Element>(_ elements: [Element]) -> Element { elements.randomElement(using: &self)! }

  /// True once in `count` times.
  mutating func oneIn(_ count: Int) -> Bool { int(1...count) == 1 }
}

extension Session {
  /// The run on the calling thread, for tests in tasks, where `run` means the one that is awaited.
  func runHere(_ inputs: [String: Tensor]) throws(InfoldError) -> [String: Tensor] { try run(inputs) }
}
