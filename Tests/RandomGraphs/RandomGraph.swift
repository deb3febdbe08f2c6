import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// A random network with random inputs, which are the same for the same seed on every machine.
public struct RandomGraph: Sendable {
  /// The network.
  public let model: Model
  /// A tensor for each of its inputs.
  public let inputs: [ValueID: Tensor]
  /// Inputs of an earlier run: numbers that lead to other sizes, which may not fit each other.
  let others: [ValueID: Tensor]
  /// Determines the kernels that run it.
  let seed: UInt64

  /// Creates the network of a seed.
  /// - Throws: `InfoldError` if the generated network is invalid, because of an error in the generator or in shape rules.
  public init(seed: UInt64) throws(InfoldError) {
    var random = SplitMix64(seed: seed)
    var network = try RandomNetwork(random: SplitMix64(seed: random.next()))
    for _ in 0..<random.int(2...14) { try network.grow() }
    var model = try network.finished()
    if random.oneIn(6), network.mayBeNarrow { try model.graph.narrow(to: .float16) }
    try self.init(model: model, network.decisions, seed: seed)
  }

  private init(model: Model, _ decisions: [ValueID: RandomNetwork.Decision], seed: UInt64) throws(InfoldError) {
    (self.model, self.seed) = (model, seed)
    others = decisions.mapValues(\.other)
    var random = SplitMix64(seed: seed &+ 1)
    var inputs: [ValueID: Tensor] = [:]
    for id in model.graph.inputs {
      let type = model.graph[id].type!
      inputs[id] =
        if let decision = decisions[id] { decision.tensor } else {
          try Tensor(random: type.shape!.sizes!, of: type.elementType, using: &random)
        }
    }
    self.inputs = inputs
  }

  init(model: Model, inputs: [ValueID: Tensor], others: [ValueID: Tensor], seed: UInt64) {
    (self.model, self.inputs, self.others, self.seed) = (model, inputs, others, seed)
  }

  /// Writes the network as an ONNX file.
  public func write(to path: String) throws(InfoldError) {
    try model.write(to: path)
  }
}

extension RandomGraph: CustomStringConvertible {
  /// The inputs and the nodes, one per line, each followed by those of its bodies.
  public var description: String { model.graph.lines.joined(separator: "\n") }
}

extension Graph {
  fileprivate var lines: [String] {
    func name(_ id: ValueID?) -> String {
      guard let id else { return "–" }
      return isConstant(id) ? "\(self[id].name) \(self[id].type.map { "\($0)" } ?? "")" : self[id].name
    }
    func names(_ ids: [ValueID?]) -> String { ids.map(name).joined(separator: ", ") }
    var lines = inputs.map { "\(self[$0].name): \(self[$0].type.map { "\($0)" } ?? "?")" }
    for node in nodes {
      let attributes = node.attributes.entries.filter { $0.value.graph == nil }
        .map { "\($0.name)=\($0.value)" }.joined(separator: " ")
      let shapes = node.outputs.map { $0.flatMap { self[$0].type?.shape }.map { "\($0)" } ?? "?" }
      lines.append("\(names(node.outputs)) = \(node.opType)(\(names(node.inputs))) \(attributes): \(shapes)")
      for entry in node.attributes.entries {
        guard let body = entry.value.graph else { continue }
        lines.append("  \(entry.name):")
        lines += body.lines.map { "    " + $0 }
      }
    }
    return lines + ["→ " + names(outputs)]
  }
}

extension SplitMix64 {
  mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  mutating func pick<Element>(_ elements: some RandomAccessCollection<Element>) -> Element {
    elements.randomElement(using: &self)!
  }

  mutating func oneIn(_ count: Int) -> Bool { int(1...count) == 1 }

  /// A tensor of float32 numbers, uniform in `range`.
  mutating func tensor(_ shape: [Int], in range: ClosedRange<Float> = -1...1) throws(InfoldError) -> Tensor {
    try Tensor(random: shape, of: .float32, using: &self).mapped { (x: Float) in
      range.lowerBound + (x + 1) / 2 * (range.upperBound - range.lowerBound)
    }
  }
}
