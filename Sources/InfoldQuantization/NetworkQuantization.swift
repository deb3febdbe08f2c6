import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Quantizes a network method by method, and measures the effect of each at the outputs.
struct NetworkQuantization {
  private let preparation: NetworkPreparation
  private let options: QuantizationOptions
  private let session: SessionOptions
  private let progress: (QuantizationProgress) -> Void

  /// The network and the methods applied so far.
  private struct State {
    var model: Model
    var plan: QuantizationPlan
    var evidence: Evidence
    var statistics: [ValueID: ValueStatistics]
    var method = CalibrationMethod.minmax
    var correctsBiases = false
    var rounding: RoundedLayers?
    var equalizedChannels = 0
  }

  init(
    _ preparation: NetworkPreparation, _ options: QuantizationOptions, _ session: SessionOptions,
    progress: @escaping (QuantizationProgress) -> Void
  ) {
    (self.preparation, self.options, self.session, self.progress) = (preparation, options, session, progress)
  }

  /// Returns the quantized network.
  func run(_ plan: QuantizationPlan, _ evidence: Evidence) throws(InfoldError) -> QuantizedNetwork {
    let model = preparation.model
    var state = State(
      model: model, plan: plan, evidence: evidence, statistics: try statistics(evidence, model, plan))
    let meter = try OutputMeter(model, session, count: evidence.count, evidence.sample)
    var network = try written(state)
    var reading = try meter.measure(network.model)
    var steps = [step(.plain, reading, isKept: true)]

    func attempt(_ method: QuantizationStep.Method, _ next: State, always: Bool = false) throws(InfoldError) {
      progress(QuantizationProgress(phase: .measuring, done: 0, total: 1))
      let attempted = try written(next), after = try meter.measure(attempted.model)
      let isKept = always || !evidence.isGiven || after.noise < reading.noise
      steps.append(step(method, after, isKept: isKept))
      if isKept { (state, network, reading) = (next, attempted, after) }
      progress(QuantizationProgress(phase: .measuring, done: 1, total: 1))
    }

    if options.correctsBiases {
      var next = state
      next.correctsBiases = true
      try attempt(.biasCorrection, next)
    }
    if options.method != .minmax {
      var next = state
      next.method = options.method
      try attempt(.ranges, next, always: true)
    }
    if options.equalizesChannels, let next = try equalized(state) { try attempt(.equalization, next) }
    var unsearchedLayers: [String] = []
    if case .search(let limit) = options.rounding {
      var next = state
      next.rounding = try RoundedLayers(
        state.evidence.observed(state.model), plan, limit: limit, session, count: evidence.count, evidence.sample
      ) { progress(QuantizationProgress(phase: .rounding, done: $0, total: $1)) }
      unsearchedLayers = next.rounding?.unsearched ?? []
      try attempt(.roundingSearch, next)
    }
    var floatNodes: [QuantizedNetwork.FloatNode] = []
    if options.floatBudget > 0 {
      let search = try FloatNodeSearch(state.model, evidence, options.floatBudget, session)
      let found = try search.run(
        excluded: options.excluded,
        noise: { (plan, count) throws(InfoldError) in
          var next = state
          next.plan = plan
          guard plan.values.allSatisfy({ state.statistics[$0] != nil }) else { return nil }
          return try meter.measure(try written(next).model, samples: count)
        },
        plan: { (names) throws(InfoldError) in
          try QuantizationPlan(state.model.graph, excluding: names, aliases: preparation.aliases)
        }, progress: { progress(QuantizationProgress(phase: .choosing, done: $0, total: $1)) })
      floatNodes = found.nodes
      if !floatNodes.isEmpty {
        var next = state
        next.plan = found.plan
        try attempt(.floatNodes, next, always: true)
      }
    }
    network.steps = steps
    network.floatNodes = floatNodes
    network.unsearchedLayers = unsearchedLayers
    network.equalizedChannels = state.equalizedChannels
    return network
  }

  private func statistics(
    _ evidence: Evidence, _ model: Model, _ plan: QuantizationPlan
  ) throws(InfoldError) -> [ValueID: ValueStatistics] {
    try evidence.statistics(model, plan.values) {
      progress(QuantizationProgress(phase: .calibrating, done: $0, total: $1))
    }
  }

  private func step(
    _ method: QuantizationStep.Method, _ reading: OutputMeter.Reading, isKept: Bool
  ) -> QuantizationStep {
    QuantizationStep(
      method: method, decibels: reading.decibels, agreements: reading.agreements, rows: reading.rows, isKept: isKept)
  }

  /// Returns the state with equalized channels; `nil` if equalization changes nothing.
  private func equalized(_ state: State) throws(InfoldError) -> State? {
    let equalizer = try Equalizer(state.model, state.plan, state.statistics, state.evidence.expectations)
    guard equalizer.changedChannels > 0 else { return nil }
    var next = state
    next.model = equalizer.model
    next.evidence = try state.evidence.scaled(equalizer.changes, of: state.model)
    next.statistics = try statistics(next.evidence, next.model, next.plan)
    next.equalizedChannels = equalizer.changedChannels
    return next
  }

  private func written(_ state: State) throws(InfoldError) -> QuantizedNetwork {
    let ranges = state.plan.values.map { value -> ClosedRange<Double> in
      let known = state.statistics[value]!
      return known.histogram.map { state.method.range($0, within: known.range) } ?? known.range
    }
    var corrections = QDQRewriter.Corrections()
    if state.correctsBiases {
      for value in state.plan.values { corrections.means[value] = state.statistics[value]?.channels?.mean }
    }
    corrections.searches = state.rounding?.searches ?? [:]
    var rewriter = QDQRewriter(state.model, state.plan, ranges, corrections)
    var network = try rewriter.rewritten()
    for (place, value) in state.plan.values.enumerated() {
      let known = state.statistics[value]!
      network.activations[place].origin = known.origin
      network.activations[place].histogram = known.histogram.map {
        QuantizedNetwork.RangeHistogram(range: known.range, counts: $0.condensed(64, over: known.range))
      }
    }
    return network
  }
}
