import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor

extension ConformanceCase {
  /// Options for running a test case.
  public struct Options: Sendable, Hashable {
    /// Whether a `Session` computes in the declared types, or the reference evaluation computes
    /// everything in `Double`.
    public var precision: EvaluationContext.Precision
    /// Whether graph passes optimize the model first.
    public var optimize: Bool
    /// The number of threads of the session; `nil` as for `SessionOptions`.
    public var threads: Int?
    /// The memory limit in bytes; `nil` as for `SessionOptions`.
    public var memoryLimit: Int?
    /// The time limit, or `nil` for none.
    public var timeLimit: Duration?
    /// The tolerance of the results.
    public var tolerance: Tolerance
    /// How shapes are treated that the model declares for computed values.
    public var declaredShapes: DeclaredShapes

    /// Creates options.
    public init(
      precision: EvaluationContext.Precision = .declared, optimize: Bool = true, threads: Int? = nil,
      memoryLimit: Int? = nil, timeLimit: Duration? = nil, tolerance: Tolerance = Tolerance(),
      declaredShapes: DeclaredShapes = .advisory
    ) {
      self.precision = precision
      self.optimize = optimize
      self.threads = threads
      self.memoryLimit = memoryLimit
      self.timeLimit = timeLimit
      self.tolerance = tolerance
      self.declaredShapes = declaredShapes
    }
  }

  /// The outcome of a test case.
  public enum Outcome: Sendable, Hashable {
    /// All data sets gave the expected results.
    case passed
    /// A result is wrong, the run failed, or the case is invalid.
    case failed(String)
    /// The model needs something that Infold does not support.
    case unsupported(String)
  }

  /// Runs all data sets.
  public func run(_ options: Options = Options()) -> Outcome {
    do throws(InfoldError) {
      let deadline = options.timeLimit.map { Deadline(after: $0) }
      return try MemoryBudget(limit: options.memoryLimit).charging { () throws(InfoldError) -> Outcome in
        try Interruption.asking({ deadline?.error }) { () throws(InfoldError) -> Outcome in try outcome(options) }
      }
    } catch {
      return error.code == .unsupported ? .unsupported(error.description) : .failed(error.description)
    }
  }

  private func outcome(_ options: Options) throws(InfoldError) -> Outcome {
    let model = try Model(path: model, operators: .standard)
    try model.graph.requireNoOpaqueNodes()
    try requireTensors(model.graph)
    let runner = try runner(model, options)
    for set in try dataSets() {
      if let failure = try check(set, model.graph, runner, options.tolerance) { return .failed(failure) }
    }
    return .passed
  }

  /// The inputs of the first data set.
  package func inputs(of model: Model) throws(InfoldError) -> [Tensor] {
    try inputs(try dataSets()[0], model.graph)
  }

  private func inputs(_ set: DataSet, _ graph: Graph) throws(InfoldError) -> [Tensor] {
    var inputs: [Tensor] = []
    for (index, file) in set.inputs.prefix(graph.inputs.count).enumerated() {
      inputs.append(try tensor(in: file, for: graph[graph.inputs[index]]))
    }
    return inputs
  }

  private func requireTensors(_ graph: Graph) throws(InfoldError) {
    for id in graph.inputs + graph.outputs where graph[id].type == nil {
      throw InfoldError(.unsupported, "\(String(quoting: graph[id].name)) is not a tensor")
    }
  }

  /// - Returns: The first difference from the expected results, or `nil` if there is none.
  private func check(
    _ set: DataSet, _ graph: Graph, _ runner: any RunnableModel, _ tolerance: Tolerance
  ) throws(InfoldError) -> String? {
    guard set.inputs.count <= graph.inputs.count, set.outputs.count == graph.outputs.count else {
      return
        "the model has \(counted(graph.inputs.count, "input")) and \(counted(graph.outputs.count, "output")), but the data set "
        + "\(set.inputs.count) and \(set.outputs.count)"
    }
    let names = runner.inputs.map(\.name)
    let results = try runner.run(Dictionary(zip(names, inputs(set, graph))) { first, _ in first }, progress: { _ in })
    for (index, file) in set.outputs.enumerated() {
      let value = graph[graph.outputs[index]]
      let expected = try tensor(in: file, for: value)
      if let difference = try tolerance.difference(results[value.name]!, from: expected) {
        return "the output \(String(quoting: value.name)) \(difference)"
      }
    }
    return nil
  }
}

/// Reads the tensor in a file. NumPy lacks bfloat16, so ONNX's generator of test data used to write
/// bfloat16 numbers as their bits in uint16. If the model declares bfloat16, such bits are
/// converted.
private func tensor(in file: String, for value: Value) throws(InfoldError) -> Tensor {
  let tensor = try TensorFile(path: file).tensor
  guard tensor.elementType == .uint16, value.type?.elementType == .bfloat16 else { return tensor }
  let bits: [UInt16] = try tensor.elements()
  return try Tensor(shape: tensor.shape, bits.map(BFloat16.init(bitPattern:)))
}

/// Creates the session or reference session for a precision.
private func runner(
  _ model: Model, _ options: ConformanceCase.Options
) throws(InfoldError) -> any RunnableModel {
  switch options.precision {
  case .declared:
    try Session(
      model,
      options: SessionOptions(
        threads: options.threads, optimize: options.optimize, memoryLimit: options.memoryLimit,
        timeLimit: options.timeLimit))
  case .double: try ReferenceSession(model, optimize: options.optimize)
  }
}
