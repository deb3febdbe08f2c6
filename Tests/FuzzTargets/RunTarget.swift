import InfoldGraph
import InfoldONNX
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// A model from hostile bytes, which is planned, and run if it is small enough.
struct RunTarget {
  private let model: Model
  private let inputs: [String: Tensor]
  /// Determines the kernels and the contents of the inputs.
  private let seed: UInt64
  private let isSmall: Bool

  /// - Throws: `InfoldError` with `.limitExceeded` if the model would take too long.
  init(_ bytes: [UInt8]) throws(InfoldError) {
    seed = bytes.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    // For one model in four, declared shapes are binding, so that a run may contradict them.
    var model = try Model(
      bytes: bytes, operators: .standard, limits: ModelLimits(nodes: 200, textBytes: 1 << 12),
      declaredShapes: seed >> 20 & 3 == 0 ? .binding : .advisory)
    var types: [ValueID: TensorType] = [:]
    for id in model.graph.inputs {
      guard let type = model.graph[id].type, model.graph[id].initializer == nil else { continue }
      types[id] = TensorType(type.elementType, Shape((type.shape ?? []).map { $0.size ?? 2 }))
    }
    let bound = try model.graph.binding(inputs: types)
    isSmall = try Self.isSmall(bound)
    // Half of the small models keep their dynamic dimensions, so that the run makes the plan.
    if !isSmall || seed >> 16 & 1 == 0 { model.graph = bound }
    var random = SplitMix64(seed: seed)
    var inputs: [String: Tensor] = [:]
    for (id, type) in types.sorted(by: { $0.key < $1.key }) where isSmall {
      inputs[model.graph[id].name] = try Tensor(random: type.shape!.sizes!, of: type.elementType, using: &random)
    }
    self.model = model
    self.inputs = inputs
  }

  /// Runs the model in one of four configurations: fast, exact, exact without optimization, or bfloat16; with `inEveryWay`, in all of them.
  func run(inEveryWay: Bool) throws(InfoldError) {
    let kernels = KernelChoice.names[Int(seed >> 32) % KernelChoice.names.count]
    let ways: [(SessionOptions.Precision, optimize: Bool)] = [
      (.fast, true), (.exact, true), (.exact, false), (.bfloat16, true),
    ]
    var options = SessionOptions(threads: 1, memoryLimit: FuzzTarget.memoryLimit)
    if seed >> 40 & 1 == 1 { options.emulatedUnit = .everywhere }
    if seed >> 41 & 1 == 1 { options.emulatedInstructions = .avx512BFloat16 }
    var firstError: InfoldError?
    for (index, way) in ways.enumerated() where inEveryWay || index == Int(seed >> 24 & 0xff) % ways.count {
      (options.precision, options.optimize) = way
      do throws(InfoldError) {
        try run(options, kernels)
      } catch {
        firstError = firstError ?? error
      }
    }
    if let firstError { throw firstError }
  }

  private func run(_ options: SessionOptions, _ kernels: String) throws(InfoldError) {
    let session = try Session(model, options: options, kernelsNamed: kernels)
    guard isSmall else { return }
    let results = try BodyNodeBudget.$evaluation.counting(orElse: BodyNodeBudget(loopLimit: 512)) {
      (_) throws(InfoldError) in try session.run(inputs)
    }
    for output in session.outputs {
      guard let type = output.type, let result = results[output.name] else { continue }
      // If a loop has no iterations, its scan outputs have sizes of 0 where the body does not determine them.
      precondition(
        result.elementType == type.elementType && (type.shape?.admits(result.shape) != false || result.count == 0),
        "\(output.name) is \(result), and was declared as \(type)")
    }
  }

  /// Whether a run takes at most a fraction of a second.
  /// - Throws: `InfoldError` with `.limitExceeded` if constant folding in a session could take longer.
  private static func isSmall(_ graph: Graph) throws(InfoldError) -> Bool {
    var elements = 0
    for value in graph.values {
      for count in [value.type?.shape?.sizes.flatMap(checkedProduct), value.initializer?.tensor?.count] {
        elements += min(count ?? 0, 1 << 20)
      }
    }
    let products = graph.nodes.reduce(0) { $0 + min(graph.multiplyAccumulates(of: $1) ?? 0, 1 << 30) }
    let constants = graph.valueIDs.reduce(0) { $0 + (graph.constant($1)?.count ?? 0) }
    guard constants <= 1 << 16 else { throw InfoldError(.limitExceeded, "the model has \(constants) numbers") }
    return elements <= 1 << 16 && products <= 1 << 22
  }
}
