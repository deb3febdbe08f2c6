import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// How runs of a network are compared with the reference evaluation in double precision.
struct Expectation {
  /// The largest error of an element, relative to `scale`.
  var tolerance = 1e-5
  /// The largest magnitude of sums in the network; `nil` for the largest of its values, at least 1.
  var scale: Double?
  /// The tested precisions.
  var precisions: [SessionOptions.Precision] = [.exact, .fast]
  /// The number of steps that run a reference evaluation; `nil` if it does not matter.
  var referenceSteps: Int? = 0
  /// What an emulated matrix unit computes; `nil` for the machine's own kernels.
  var emulatedUnit: SessionOptions.EmulatedUnit?
}

extension Graph {
  /// A model with this graph.
  var model: Model { Model(graph: self, opsetImports: [Model.OpsetImport(version: 13)]) }

  /// Seeded inputs by name. A dynamic dimension has the size 2.
  func randomInputs(seed: UInt64 = 5) throws -> [String: Tensor] {
    var random = SplitMix64(seed: seed)
    var tensors: [String: Tensor] = [:]
    for id in inputs where self[id].initializer == nil {
      let type = try #require(self[id].type), shape = try #require(type.shape)
      tensors[self[id].name] = try Tensor(random: shape.map { $0.size ?? 2 }, of: type.elementType, using: &random)
    }
    return tensors
  }

  /// The outputs of the reference evaluation in double precision, and the largest finite number of any value.
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

/// Expects that sessions with every kernel set and every precision agree with the reference evaluation.
/// - Parameter inputs: Tensors by name; random ones if `nil`.
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

/// The first element that differs from the expected one by more than `tolerance`; `nil` if none does. NaN and infinities must be equal.
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
  /// A random number of the range.
  mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  /// One of the elements.
  mutating func pick<Element>(_ elements: [Element]) -> Element { elements.randomElement(using: &self)! }

  /// True with a probability of 1 in `count`.
  mutating func oneIn(_ count: Int) -> Bool { int(1...count) == 1 }
}

extension Session {
  /// The run on the calling thread, for tests in tasks, where `run` means the asynchronous form.
  func runHere(_ inputs: [String: Tensor]) throws(InfoldError) -> [String: Tensor] { try run(inputs) }
}

/// Expects the same bits whether a matrix unit computes products of bytes or vectors do, by one and by two threads. Products of floats have
/// the precision `exact`, which does not use the unit.
func expectSameBitsByUnit(
  _ graph: Graph, _ inputs: [String: Tensor], _ comment: String = "", sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let expected = try Session(graph.model, options: SessionOptions(precision: .exact)).runHere(inputs)
  for unit in [SessionOptions.EmulatedUnit.everywhere, .whereExpected] {
    for threads in 1...2 {
      var options = SessionOptions(threads: threads, precision: .exact)
      options.emulatedUnit = unit
      let results = try Session(graph.model, options: options).runHere(inputs)
      #expect(results == expected, "\(unit), \(threads) threads, \(comment)", sourceLocation: sourceLocation)
    }
  }
}
