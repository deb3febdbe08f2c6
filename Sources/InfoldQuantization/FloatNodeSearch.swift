import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// Chooses the nodes that stay in float within a budget of multiplications.
///
/// First, the search keeps each node in float alone, to measure its gain at the outputs. Then it
/// adds nodes in order of their gain per multiplication, each if it fits the remaining budget and
/// reduces the error.
struct FloatNodeSearch {
  private let graph: Graph
  private let budget: Double
  /// The multiplications of each node and of the whole network.
  private let costs: [NodeID: Double]
  private let total: Double

  /// The maximum number of samples for measuring a single node.
  private static let samples = 8

  /// - Parameter budget: The percentage of multiplications that may stay in float.
  init(_ model: Model, _ evidence: Evidence, _ budget: Double, _ session: SessionOptions) throws(InfoldError) {
    graph = model.graph
    self.budget = budget
    let bound = try model.binding(inputs: try evidence.sample(0).mapValues(\.shape)).graph
    var costs: [NodeID: Double] = [:]
    if bound.nodes.count == graph.nodes.count {
      for id in graph.nodeIDs {
        let node = bound[id]
        let types = (
          node.inputs.map { $0.flatMap { bound[$0].type } }, node.outputs.map { $0.flatMap { bound[$0].type } }
        )
        let products = node.typed?.multiplyAccumulates(inputs: types.0, outputs: types.1) ?? 0
        // A sum or an average costs one operation per output element.
        let sizes = types.1.first.flatMap { $0?.shape?.sizes } ?? []
        costs[id] = Double(products > 0 ? products : checkedProduct(sizes) ?? 0)
      }
    }
    self.costs = costs
    total = costs.values.reduce(0, +)
  }

  /// Returns the chosen nodes and the plan that keeps them in float.
  /// - Parameters:
  ///   - excluded: The nodes that stay in float in any case.
  ///   - noise: Measures a plan on this number of samples; returns `nil` if the plan cannot be
  ///     applied.
  ///   - plan: Returns the plan without these nodes.
  func run(
    excluded: Set<String>,
    noise: (QuantizationPlan, Int?) throws(InfoldError) -> OutputMeter.Reading?,
    plan: (Set<String>) throws(InfoldError) -> QuantizationPlan, progress: (Int, Int) -> Void
  ) throws(InfoldError) -> (nodes: [QuantizedNetwork.FloatNode], plan: QuantizationPlan) {
    var current = try plan(excluded)
    let limit = total * budget / 100
    let candidates = graph.nodeIDs.filter { id in
      guard let operation = current.operations[id], operation.form != .movement, let cost = costs[id] else {
        return false
      }
      return cost > 0 && cost <= limit
    }
    guard let start = try noise(current, Self.samples)?.noise else { return ([], current) }
    var gains: [(node: NodeID, name: String, gain: Double)] = []
    for (place, id) in candidates.enumerated() {
      progress(place, candidates.count)
      let name = graph[graph[id].outputs[0]!].name
      // Excluding the last quantizable node leaves nothing to plan.
      guard let other = try? plan(excluded.union([name])), let after = try noise(other, Self.samples) else { continue }
      gains.append((id, name, start - after.noise))
    }
    progress(candidates.count, candidates.count)
    gains = gains.filter { $0.gain > 0 }.sorted {
      let (a, b) = ($0.gain / costs[$0.node]!, $1.gain / costs[$1.node]!)
      return (-a, $0.node) < (-b, $1.node)
    }
    var names = excluded, spent = 0.0, best = try noise(current, nil)?.noise ?? start
    var nodes: [QuantizedNetwork.FloatNode] = []
    for (id, name, _) in gains where spent + costs[id]! <= limit {
      guard let other = try? plan(names.union([name])), let after = try noise(other, nil), after.noise < best else {
        continue
      }
      names.insert(name)
      spent += costs[id]!
      (current, best) = (other, after.noise)
      nodes.append(
        QuantizedNetwork.FloatNode(
          node: graph.label(of: graph[id]), share: costs[id]! / total * 100, decibels: after.decibels))
    }
    return (nodes, current)
  }
}
