import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Looks for the rounding of a network's weights, layer by layer, within a limit of work.
struct RoundedLayers {
  /// What rounds the weights of a layer, one for each group.
  private(set) var searches: [NodeID: [RoundingSearch?]] = [:]
  /// The layers that the limit left out, as errors call them.
  private(set) var leftOut: [String] = []

  private struct Candidate {
    let node: NodeID
    let layout: WeightLayout
    let window: SlidingWindow?
    let value: ValueID
    let positions: Int
    let cost: Double
    let bytes: Int
  }

  /// The places per layer whose numbers are looked at, at most.
  private static let positions = 2048
  /// The numbers per layer that are looked at, where it has many groups.
  private static let numbers = 8 << 20
  /// The most memory for second moments at once, in bytes.
  private static let memory = 512 << 20

  /// - Parameters:
  ///   - limit: The most multiplications, in thousands of millions.
  ///   - progress: Is told how many samples of how many are done.
  /// - Throws: What `sample` throws, and `InfoldError` for samples that do not fit the model.
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
        leftOut.append(model.graph.label(of: model.graph[candidate.node]))
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
