import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// The differences between a quantized network and the float network, over samples.
public struct QuantizationComparison: Sendable {
  /// The quality of an output.
  public struct Output: Sendable, Hashable {
    /// The name.
    public let name: String
    /// The signal-to-noise ratio against the float network.
    public fileprivate(set) var quality: SampledQuality
  }

  /// The quality of each quantized value.
  public fileprivate(set) var activations: [SampledQuality]
  /// The quality of each output.
  public fileprivate(set) var outputs: [Output]
  /// The number of rows of scores with the same best class in both networks; `nil` if the first
  /// output holds no class scores.
  public fileprivate(set) var agreements: Int?
  /// The number of rows of scores.
  public fileprivate(set) var rows: Int
}

/// Runs samples through both networks and compares their values.
struct NetworkComparer {
  private let float: Session
  private let quantized: Session
  private let names: [(float: String, quantized: String)]
  private let outputs: [String]

  init(
    _ model: Model, _ network: QuantizedNetwork, _ values: [ValueID], _ options: SessionOptions
  ) throws(InfoldError) {
    func union(_ values: [ValueID], _ outputs: [ValueID]) -> [ValueID] {
      outputs + values.filter { !outputs.contains($0) }
    }
    let graph = network.model.graph
    let byName = Dictionary(graph.valueIDs.map { (graph[$0].name, $0) }) { first, _ in first }
    names = zip(values, network.activations).map { (model.graph[$0].name, $1.restoredName) }
    let restored = network.activations.map { byName[$0.restoredName]! }
    let outputs = model.graph.outputs.filter { model.graph[$0].type?.elementType == .float32 }
    self.outputs = outputs.map { model.graph[$0].name }
    float = try Session(model.returning(union(values, outputs)), options: options)
    quantized = try Session(
      network.model.returning(union(restored, self.outputs.map { byName[$0]! })), options: options)
  }

  func compare(
    count: Int, _ sample: SampleSource, progress: (Int) -> Void
  ) throws(InfoldError) -> QuantizationComparison {
    var comparison = QuantizationComparison(
      activations: names.map { _ in SampledQuality() },
      outputs: outputs.map { .init(name: $0, quality: SampledQuality()) }, rows: 0)
    var classes = ClassAgreement()
    for index in 0..<count {
      let inputs = try sample(index)
      let before = try float.run(inputs), after = try quantized.run(inputs)
      for (place, name) in names.enumerated() {
        comparison.activations[place].add(before[name.float]!, after[name.quantized]!, sample: index)
      }
      for (place, name) in outputs.enumerated() {
        comparison.outputs[place].quality.add(before[name]!, after[name]!, sample: index)
      }
      if let first = outputs.first { try classes.add(before[first]!, after[first]!) }
      progress(index + 1)
    }
    (comparison.agreements, comparison.rows) = (classes.agreements, classes.rows)
    return comparison
  }
}
