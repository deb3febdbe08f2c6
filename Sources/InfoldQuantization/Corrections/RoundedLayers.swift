import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// The rounding searches for a network's layers, within a limit on their work.
struct RoundedLayers {
  /// The rounding search of each group of a layer.
  private(set) var searches: [NodeID: [RoundingSearch?]] = [:]
  /// The layers that exceed the limit, as errors name them.
  private(set) var unsearched: [String] = []

  private struct Candidate {
    let node: NodeID
    let layout: WeightLayout
    let window: SlidingWindow?
    let value: ValueID
    let positions: Int
    let cost: Double
    let bytes: Int
  }

  /// The maximum number of output positions to sample per layer.
  private static let positions = 2048
  /// The number of input elements to sample per layer. It limits the positions of layers with many
  /// groups.
  private static let numbers = 8 << 20
  /// The maximum size of the second moments that are collected at once, in bytes.
  private static let memory = 512 << 20

  /// - Parameters:
  ///   - limit: The maximum number of multiplications, in billions.
  ///   - progress: Receives the number of samples done and their total.
  /// - Throws: Any error from `sample`; `InfoldError` if samples do not fit the model.
  init(
    _ model: Model, _ plan: QuantizationPlan, limit: Double, _ session: SessionOptions, count: Int,
    _ sample: SampleSource, progress: (Int, Int) -> Void
  ) throws(InfoldError) {
    var candidates = try Self.candidates(model, plan)
    candidates.sort { ($0.cost, $0.node) < ($1.cost, $1.node) }
    var work = 0.0
    var chosen: [Candidate] = []
    for candidate in candidates {
      work += candidate.cost
      if work <= limit * 1e9, candidate.bytes <= Self.memory {
        chosen.append(candidate)
      } else {
        unsearched.append(model.graph.label(of: model.graph[candidate.node]))
      }
    }
    var parts: [[Candidate]] = []
    var held = Int.max
    for candidate in chosen {
      if held > Self.memory - candidate.bytes {
        parts.append([])
        held = 0
      }
      parts[parts.count - 1].append(candidate)
      held += candidate.bytes
    }
    for (place, part) in parts.enumerated() {
      let run = try Session(model.returning(Array(Set(part.map(\.value))).sorted()), options: session)
      var layers = part.map { LayerInputs($0.node, $0.layout, $0.window) }
      for index in 0..<count {
        let results = try run.run(sample(index))
        for layer in layers.indices {
          try layers[layer].add(
            results[model.graph[part[layer].value].name]!, positions: max(1, part[layer].positions / count))
        }
        progress(place * count + index + 1, parts.count * count)
      }
      for var layer in layers {
        layer.finish()
        searches[layer.node] = layer.moments.map {
          RoundingSearch(covariances: $0.covariances, count: $0.count)
        }
      }
    }
  }

  private static func candidates(_ model: Model, _ plan: QuantizationPlan) throws(InfoldError) -> [Candidate] {
    let graph = model.graph
    var candidates: [Candidate] = []
    for id in graph.nodeIDs {
      guard let operation = plan.operations[id], let linear = graph[id].typed?.linearForm,
        let value = graph[id].inputs[0],
        let weights = graph[id].inputs[1].flatMap(graph.constant),
        let layout = WeightLayout(operation.form, linear, shape: weights.shape)
      else { continue }
      var window: SlidingWindow?
      if operation.form == .convolution {
        guard let convolution = graph[id].typed as? Conv else { continue }
        window = try convolution.window(kernel: Array(weights.shape[2...]))
      }
      let length = Double(layout.rowLength)
      let numbers = max(layout.groups * layout.rowLength, 1)
      let positions = min(Self.positions, max(4 * layout.rowLength, Self.numbers / numbers))
      let cost =
        Double(layout.groups)
        * (Double(positions) * length * length / 2 + length * length * length / 3
          + Double(layout.outputsPerGroup) * length * length * 4)
      let bytes = Double(layout.groups) * length * (length + 8) * 8
      guard bytes < 1e15 else { continue }
      candidates.append(
        Candidate(
          node: id, layout: layout, window: window, value: value, positions: positions, cost: cost, bytes: Int(bytes)))
    }
    return candidates
  }
}
