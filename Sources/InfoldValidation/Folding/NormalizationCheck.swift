import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Compares what a session computes for one batch normalization with double precision.
///
/// The node runs alone, with the session's own passes and kernels, on the inputs that it has in the
/// network. The errors of its results are at most as follows, with s = γ ÷ √(σ² + ε), t = β − μ·s,
/// and γₙ of `ErrorBounds`:
///
/// - **As scale and shift**: s, t, the product and the sum are rounded once each: γ₄ (|s·x| + |t|).
/// - **By the definition**: one rounding each for the difference, σ² + ε, its root, the quotient,
///   both products and the sum, and one for a parameter: γ₈ (|s| (|x| + |μ|) + |β|).
/// - **With the statistics of a mini-batch** of M numbers: mean and variance are computed in double
///   precision. Their errors are at most about M·2⁻⁵³ times the mean magnitude of the summands,
///   plus one rounding to their type. Running statistics are momentum · old + (1 − momentum) · new:
///   five roundings of the summands' magnitudes. Y takes five roundings, γ₅ (|s·(x − μ)| + |β|),
///   plus the effect of the errors of μ and σ².
///
/// A result in float16 or bfloat16 is rounded once more, to that type.
struct NormalizationCheck {
  private let node: Node
  private let normalization: BatchNormalization
  private let session: Session
  private let inputNames: [String?]
  private let outputNames: [String?]
  /// How the session computes the normalization.
  let computation: UnfoldedNormalization.Computation
  private(set) var results: [UnfoldedNormalization.Result] = []
  private(set) var elements = 0
  private(set) var miniBatch: Int?
  /// A sentence on the wrong number with the largest quotient of error and bound. `nil` if all are
  /// right.
  private(set) var failure: String?

  /// - Returns: `nil` if the node is not a batch normalization with five inputs, or if the type of
  ///   an input is unknown.
  /// - Throws: The errors of `Session.init(_:options:observer:)`.
  init?(_ node: Node, in graph: Graph, _ options: SessionOptions) throws(InfoldError) {
    guard let normalization = node.typed as? BatchNormalization, let type = graph[node.inputs[0]!].type?.elementType,
      node.inputs.count >= 5
    else { return nil }
    self.node = node
    self.normalization = normalization
    var alone = Graph(name: "normalization")
    var inputs: [ValueID?] = [], inputNames: [String?] = []
    for (place, name) in ["x", "scale", "bias", "mean", "variance"].enumerated() {
      guard let input = node.inputs[place] else { return nil }
      if place > 0, let tensor = graph.constant(input) {
        inputs.append(alone.addConstant(name, tensor))
        inputNames.append(nil)
      } else {
        guard let type = graph[input].type else { return nil }
        // Each batch may have a different size.
        inputs.append(alone.addInput(name, TensorType(type.elementType, type.shape)))
        inputNames.append(name)
      }
    }
    var outputs: [ValueID?] = [], outputNames: [String?] = []
    for (place, output) in node.outputs.enumerated() {
      guard output != nil else {
        outputs.append(nil)
        outputNames.append(nil)
        continue
      }
      let id = alone.add(Value(name: "y\(place)"))
      outputs.append(id)
      outputNames.append("y\(place)")
      alone.outputs.append(id)
    }
    var copy = node
    (copy.name, copy.inputs, copy.outputs) = ("normalization", inputs, outputs)
    alone.add(copy)
    try alone.inferTypes()
    (self.inputNames, self.outputNames) = (inputNames, outputNames)
    let model = Model(graph: alone, opsetImports: [Model.OpsetImport(version: node.opsetVersion)])
    session = try Session(model, options: options)
    let planned = try options.passes.run(on: alone)
    computation =
      normalization.isTraining
      ? .batchStatistics : planned.nodes.contains { $0.typed is ScaleShift } ? .scaleAndShift : .definition
    guard type != .float64 else {
      results = []
      isCompared = false
      return
    }
    isCompared = true
    results = node.outputs.indices.filter { node.outputs[$0] != nil }.map {
      UnfoldedNormalization.Result(Self.names[$0])
    }
  }

  /// Whether double precision is more accurate than the type in which the node computes.
  private let isCompared: Bool

  private static let names = ["Y", "running mean", "running variance", "saved mean", "saved variance"]

  /// Returns the origin of a normalization's statistics.
  static func form(_ normalization: BatchNormalization) -> UnfoldedNormalization.Form {
    switch (normalization.isTraining, normalization.isSpatial) {
    case (false, true): .perFeatureMap
    case (false, false): .perActivation
    case (true, true): .training
    case (true, false): .trainingPerActivation
    }
  }

  /// Runs the node on tensors for its five inputs, and records the errors of its results.
  mutating func add(_ operands: [Tensor]) throws(InfoldError) {
    var given: [String: Tensor] = [:]
    for (name, tensor) in zip(inputNames, operands) { if let name { given[name] = tensor } }
    let computed = try session.run(given)
    let truth = try NormalizationTruth(normalization, operands, computation)
    elements = operands[0].count
    miniBatch = normalization.isTraining ? truth.miniBatch : nil
    guard isCompared else { return }
    var next = 0
    for (place, name) in outputNames.enumerated() {
      guard let name else { continue }
      if let tensor = computed[name] {
        var result = results[next]
        try compare(&result, tensor, truth.outputs[place], truth)
        results[next] = result
      }
      next += 1
    }
  }

  private mutating func compare(
    _ result: inout UnfoldedNormalization.Result, _ tensor: Tensor, _ truth: NormalizationTruth.Output,
    _ normalization: NormalizationTruth
  ) throws(InfoldError) {
    let numbers: [Double] = try tensor.widened().elements()
    let type = tensor.elementType
    guard numbers.count == truth.values.count else {
      failure = "\(result.name) has \(counted(numbers.count, "element")), expected \(truth.values.count)"
      return
    }
    for index in numbers.indices {
      let (exact, number) = (truth.values[index], numbers[index])
      result.elements += 1
      if exact == number || exact.isNaN && number.isNaN { continue }
      guard exact.isFinite else {
        // With σ² + ε = 0, results are the infinities and NaN of the definition, unless the number
        // overflows earlier.
        continue
      }
      result.largestMagnitude = max(result.largestMagnitude, exact.magnitude)
      let stored = type == .float32 ? 0 : type.unitRoundoff * exact.magnitude
      // Sessions may treat subnormal numbers as zero.
      let limit = truth.bounds[index] + stored + max(type.smallestSubnormal, 0x1p-124)
      guard limit < .infinity else { continue }
      let error = (number - exact).magnitude.isNaN ? .infinity : (number - exact).magnitude
      result.error = max(result.error, error)
      let share = error / limit
      guard share > result.shareOfBound else { continue }
      (result.shareOfBound, result.channel) = (share, normalization.channel(of: index, isOutput: truth.isNormalized))
      if share > 1 {
        let what = normalization.isPerActivation ? "activation" : "channel"
        failure =
          "\(result.name) is \(number) in \(what) \(result.channel), expected \(exact) ± \(NumberText.short(limit))"
      }
    }
    for exact in truth.values where exact.isFinite {
      result.largestMagnitude = max(result.largestMagnitude, exact.magnitude)
    }
  }
}

/// The result of a batch normalization in double precision, with rounding error bounds.
private struct NormalizationTruth {
  struct Output {
    var values: [Double] = []
    var bounds: [Double] = []
    /// Whether this is Y rather than a statistic.
    var isNormalized = false
  }

  private(set) var outputs: [Output] = []
  /// The number of values that a mean is taken over.
  let miniBatch: Int
  let isPerActivation: Bool
  private let groups: Int
  private let inner: Int

  init(
    _ normalization: BatchNormalization, _ operands: [Tensor], _ computation: UnfoldedNormalization.Computation
  ) throws(InfoldError) {
    let x: [Double] = try operands[0].widened().elements()
    let parameters = try operands.dropFirst().map { (tensor) throws(InfoldError) -> [Double] in
      try tensor.widened().elements()
    }
    let (gamma, beta, oldMean, oldVariance) = (parameters[0], parameters[1], parameters[2], parameters[3])
    let groups = oldMean.count, batch = operands[0].shape.first ?? 1
    let inner = batch * groups == 0 ? 0 : x.count / (batch * groups)
    (self.groups, self.inner) = (groups, inner)
    miniBatch = batch * inner
    isPerActivation = !normalization.isSpatial
    let unit = ErrorBounds.unit, epsilon = Double(normalization.epsilon)
    var mean = oldMean, variance = oldVariance
    var meanError = [Double](repeating: 0, count: groups), varianceError = meanError
    if normalization.isTraining {
      (mean, variance, meanError, varianceError) = Self.moments(x, batch, groups, inner)
    }
    var y = Output(values: x, bounds: x, isNormalized: true)
    for block in 0..<(batch * groups) {
      let group = block % groups
      let deviation = (variance[group] + epsilon).squareRoot()
      let scale = gamma[group] / deviation, shift = beta[group] - mean[group] * scale
      for index in (block * inner)..<((block + 1) * inner) {
        let centered = x[index] - mean[group]
        y.values[index] = centered * scale + beta[group]
        switch computation {
        case .scaleAndShift:
          y.bounds[index] = ErrorBounds.gamma(4) * ((scale * x[index]).magnitude + shift.magnitude)
        case .definition, .merged, .inBody:
          y.bounds[index] =
            ErrorBounds.gamma(8)
            * (scale.magnitude * (x[index].magnitude + mean[group].magnitude) + beta[group].magnitude)
        case .batchStatistics:
          // The quotient is computed in double precision and rounded. Two more roundings follow.
          let normal = (scale * centered).magnitude
          let moved =
            scale.magnitude * meanError[group]
            + normal * varianceError[group] / (2 * (variance[group] + epsilon))
          let double = 16 * ErrorBounds.doubleUnit * scale.magnitude * (x[index].magnitude + mean[group].magnitude)
          y.bounds[index] = ErrorBounds.gamma(5) * (normal + beta[group].magnitude) + 2 * moved + double
        }
      }
    }
    outputs = [y]
    guard normalization.isTraining else { return }
    let momentum = Double(normalization.momentum)
    let type = operands[3].elementType
    func running(_ old: [Double], _ new: [Double], _ error: [Double]) -> Output {
      var output = Output()
      for group in 0..<groups {
        let parts = (old[group] * momentum, new[group] * (1 - momentum))
        output.values.append(parts.0 + parts.1)
        let roundings = ErrorBounds.gamma(5, unit: max(unit, type.unitRoundoff))
        output.bounds.append(roundings * (parts.0.magnitude + parts.1.magnitude) + error[group])
      }
      return output
    }
    func batchStatistic(_ numbers: [Double], _ error: [Double]) -> Output {
      Output(values: numbers, bounds: zip(numbers, error).map { ErrorBounds.gamma(1) * $0.magnitude + $1 })
    }
    outputs += [
      running(oldMean, mean, meanError), running(oldVariance, variance, varianceError),
      batchStatistic(mean, meanError), batchStatistic(variance, varianceError),
    ]
  }

  /// Returns the mean and the population variance of each group in double precision, with bounds
  /// for the difference of two such computations.
  private static func moments(
    _ x: [Double], _ batch: Int, _ groups: Int, _ inner: Int
  ) -> (mean: [Double], variance: [Double], meanError: [Double], varianceError: [Double]) {
    let count = Double(batch * inner)
    var means: [Double] = [], variances: [Double] = [], meanErrors: [Double] = [], varianceErrors: [Double] = []
    for group in 0..<groups {
      func sum(_ term: (Double) -> Double) -> Double {
        var (sum, lost) = (0.0, 0.0)
        for image in 0..<batch {
          let start = (image * groups + group) * inner
          for index in start..<(start + inner) {
            // Kahan summation: carry the rounding error of each addition.
            let next = term(x[index]) - lost
            let total = sum + next
            lost = (total - sum) - next
            sum = total
          }
        }
        return sum
      }
      let mean = sum { $0 } / count
      let variance = sum { ($0 - mean) * ($0 - mean) } / count
      let size = sum { $0.magnitude } / count
      let double = ErrorBounds.gamma(batch * inner + 4, unit: ErrorBounds.doubleUnit)
      let meanError = double * size
      means.append(mean)
      variances.append(variance)
      meanErrors.append(meanError)
      varianceErrors.append(2 * double * variance + meanError * meanError)
    }
    return (means, variances, meanErrors, varianceErrors)
  }

  /// The channel, or the activation, of an element of an output.
  func channel(of index: Int, isOutput: Bool) -> Int { isOutput ? index / max(inner, 1) % max(groups, 1) : index }
}
