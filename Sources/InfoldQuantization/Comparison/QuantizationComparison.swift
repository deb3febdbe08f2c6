import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// How a quantized network differs from the float network, over samples.
package struct QuantizationComparison: Sendable {
  /// For each of the quantized values.
  package fileprivate(set) var activations: [SampledQuality]
  /// For each output.
  package fileprivate(set) var outputs: [(name: String, quality: SampledQuality)]
  /// How many samples have the same best class in both; `nil` where the first output holds no scores of classes.
  package fileprivate(set) var agreements: Int?
  /// How many rows of classes were compared.
  package fileprivate(set) var rows: Int
}

/// Runs samples through both networks.
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
      activations: names.map { _ in SampledQuality() }, outputs: outputs.map { ($0, SampledQuality()) }, rows: 0)
    for index in 0..<count {
      let inputs = try sample(index)
      let before = try float.run(inputs), after = try quantized.run(inputs)
      for (place, name) in names.enumerated() {
        comparison.activations[place].add(before[name.float]!, after[name.quantized]!, sample: index)
      }
      for (place, name) in outputs.enumerated() {
        comparison.outputs[place].quality.add(before[name]!, after[name]!, sample: index)
      }
      if let first = outputs.first { try comparison.addClasses(before[first]!, after[first]!) }
      progress(index + 1)
    }
    return comparison
  }
}

extension QuantizationComparison {
  /// Compares the best classes of scores: [N, C], perhaps with dimensions of 1 behind.
  fileprivate mutating func addClasses(_ before: Tensor, _ after: Tensor) throws(InfoldError) {
    let shape = before.shape
    guard shape.count >= 2, shape[1] > 1, shape[2...].allSatisfy({ $0 == 1 }), before.shape == after.shape
    else { return }
    let a: [Float] = try before.elements(), b: [Float] = try after.elements()
    for row in 0..<shape[0] {
      let range = row * shape[1]..<(row + 1) * shape[1]
      rows += 1
      agreements = (agreements ?? 0) + (Self.best(a[range]) == Self.best(b[range]) ? 1 : 0)
    }
  }

  private static func best(_ scores: ArraySlice<Float>) -> Int {
    scores.indices.reduce(scores.startIndex) { scores[$1] > scores[$0] ? $1 : $0 }
  }
}
