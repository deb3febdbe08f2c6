import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor

extension ConformanceCase {
  /// How a case is run.
  public struct Options: Sendable, Hashable {
    /// In the types that the model declares by a `Session`, or everything in `Double` by the reference evaluation.
    public var precision: EvaluationContext.Precision
    /// Whether graph passes rewrite the model first.
    public var optimize: Bool
    /// The number of threads of the session; `nil` as for `SessionOptions`.
    public var threads: Int?
    /// The bytes that the case may take; `nil` as for `SessionOptions`.
    public var memoryLimit: Int?
    /// The time that the case may take; `nil` for no limit.
    public var timeLimit: Duration?
    /// How near the results must be.
    public var tolerance: Tolerance
    /// What the shapes count for that the model declares of what its nodes make.
    public var declaredShapes: DeclaredShapes

    /// Options.
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

  /// What became of a case.
  public enum Outcome: Sendable, Hashable {
    /// Every data set gave what it must.
    case passed
    /// A result is wrong, the run failed, or the case is broken.
    case failed(String)
    /// The model needs what Infold does not have.
    case unsupported(String)
  }

  /// Runs every data set.
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

  /// - Returns: The first difference from what the set expects; `nil` when there is none.
  private func check(
    _ set: DataSet, _ graph: Graph, _ runner: any RunnableModel, _ tolerance: Tolerance
  ) throws(InfoldError) -> String? {
    guard set.inputs.count <= graph.inputs.count, set.outputs.count == graph.outputs.count else {
      return
        "the model has \(counted(graph.inputs.count, "input")) and \(counted(graph.outputs.count, "output")), and the data set "
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

/// The tensor in `file`. NumPy has no bfloat16, so ONNX's generator of test data has long written the bits of bfloat16
/// numbers as uint16: where the model declares bfloat16, they are taken as that.
private func tensor(in file: String, for value: Value) throws(InfoldError) -> Tensor {
  let tensor = try TensorFile(path: file).tensor
  guard tensor.elementType == .uint16, value.type?.elementType == .bfloat16 else { return tensor }
  let bits: [UInt16] = try tensor.elements()
  return try Tensor(shape: tensor.shape, bits.map(BFloat16.init(bitPattern:)))
}

/// What runs a model in either precision.
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
