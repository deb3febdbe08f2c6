public import InfoldGraph
import InfoldPasses

/// A model that is ready to run.
///
/// Immutable after its creation: any number of tasks may run it at once. Results are bit-identical from run to run.
public final class Session: Sendable {
  /// What a run takes, in the model's order.
  public let inputs: [ValueInfo]
  /// What a run returns, in the model's order.
  public let outputs: [ValueInfo]
  /// The options that the session was made with.
  public let options: SessionOptions

  private let plan: Plan
  private let binding: InputBinding
  private let constantNames: Set<String>
  private let file: String?

  /// Prepares `model` for running.
  /// - Throws: `InfoldError` with `.unsupported`, listing all of them at once, when the model has nodes that Infold
  ///   cannot run; `.invalidArgument` for a thread count below 1.
  public init(_ model: Model, options: SessionOptions = SessionOptions()) throws(InfoldError) {
    if let threads = options.threads, threads < 1 {
      throw InfoldError(.invalidArgument, "the number of threads is \(threads), and must be at least 1")
    }
    self.options = options
    let graph = model.graph
    file = model.path
    inputs = graph.inputs.map(graph.info)
    outputs = graph.outputs.map(graph.info)
    binding = InputBinding(inputs)
    constantNames = Set(graph.valueIDs.filter(graph.isConstant).map { graph[$0].name })
    plan = try annotatingErrors({ model.path.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      try graph.requireNoOpaqueNodes()
      guard options.optimize else { return try Plan(graph) }
      let pipeline = OptimizationPipeline(foldsBatchNormalization: options.foldBatchNormalization)
      return try Plan(pipeline.run(on: graph))
    }
  }

  /// Runs the model.
  /// - Parameter inputs: A tensor for each input by its name; those with a default may be left out.
  /// - Returns: Every output by its name.
  /// - Throws: `InfoldError` with `.invalidArgument` for inputs that do not fit the model; the error of an operator,
  ///   naming its node, for values that it cannot work with.
  public func run(_ inputs: [String: Tensor]) throws(InfoldError) -> [String: Tensor] {
    let results = try run(ordered: binding.ordered(inputs, constants: constantNames))
    return Dictionary(zip(outputs.map(\.name), results)) { first, _ in first }
  }

  /// Runs the model into tensors that the caller owns.
  /// - Parameters:
  ///   - inputs: A tensor for each of `self.inputs`, in that order.
  ///   - outputs: Receives a tensor for each of `self.outputs`, in that order. The memory of a tensor that stands
  ///     there already, has the right shape and element type, and is not shared, may be used again.
  /// - Throws: As `run(_:)`; `outputs` are then unchanged.
  public func run(_ inputs: [Tensor], into outputs: inout [Tensor]) throws(InfoldError) {
    guard inputs.count == self.inputs.count else {
      throw InfoldError(.invalidArgument, "the model has \(self.inputs.count) inputs; \(inputs.count) are given")
    }
    outputs = try run(ordered: inputs)
  }

  private func run(ordered tensors: [Tensor?]) throws(InfoldError) -> [Tensor] {
    try annotatingErrors({ file.map($0.inFile) ?? $0 }) { () throws(InfoldError) in
      try binding.check(tensors)
      return try plan.run(tensors)
    }
  }
}
