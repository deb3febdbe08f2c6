import InfoldGraph
import InfoldRuntime
import InfoldSystem

/// The report of `inspect` on a model.
struct ModelReport: Encodable {
  let file: String
  let irVersion: Int
  let opsets: [Opset]
  let producer: Producer
  let documentation: String
  let metadata: [String: String]
  let inputs: [ValueReport]
  let outputs: [ValueReport]
  let operators: [OperatorReport]
  let parameters: ParameterReport
  /// Multiply-accumulates of one run, with a batch of 1 if its size is dynamic. `nil` if they are
  /// unknown for every node that has any.
  let multiplyAccumulates: Int?
  /// The number of nodes with unknown multiply-accumulates: nodes with dynamic dimensions and
  /// unsupported operators.
  let uncountedNodes: Int
  /// Contradictions in the model that do not prevent running it.
  let warnings: [WarningReport]
  /// Problems that prevent running the model, other than unsupported operators.
  let faults: [FaultReport]
  /// How the nodes run, or `nil` if sizes are dynamic or the model cannot be run.
  let execution: ExecutionReport?
  /// The result of `--check`, or `nil` without it.
  var check: Check?

  struct WarningReport: Encodable {
    let code: String
    let reason: String
    let value: String?
    let node: String?

    init(_ warning: ModelWarning) {
      code = warning.code.rawValue
      reason = warning.reason
      value = warning.value
      node = warning.node
    }

    var text: String { (node.map { $0 + ": " } ?? "") + reason }
  }

  struct FaultReport: Encodable {
    /// The error code, such as `invalidModel`.
    let code: String
    let reason: String
    let hint: String?

    init(_ fault: InfoldError) {
      code = fault.code.rawValue
      reason = (fault.node.map { $0 + ": " } ?? "") + fault.reason
      hint = fault.hint
    }

    var text: String { reason + (hint.map { "; " + $0 } ?? "") }
  }

  /// Whether a session can be created for the model.
  struct Check: Encodable {
    let runs: Bool
    /// The reason why it cannot.
    let error: String?

    /// Creates a session for the model.
    /// - Throws: `InfoldError` with `.invalidArgument` for problems of the environment rather than
    ///   the model.
    init(_ model: consuming Model, _ options: SessionOptions) throws(InfoldError) {
      guard model.faults.isEmpty else {
        (runs, error) = (false, model.faults.map(\.withoutFile.description).joined(separator: "; "))
        return
      }
      do throws(InfoldError) {
        _ = try Session(model, options: options)
        (runs, error) = (true, nil)
      } catch {
        guard error.code != .invalidArgument else { throw error }
        (runs, self.error) = (false, error.withoutFile.description)
      }
    }
  }

  struct Opset: Encodable {
    let domain: String
    let version: Int
  }

  struct Producer: Encodable {
    let name: String
    let version: String
  }

  /// - Parameter execution: How the nodes run, if known.
  init(_ model: Model, file: String, execution: ExecutionReport? = nil) {
    self.file = file
    irVersion = model.irVersion
    opsets = model.opsetImports.map { Opset(domain: $0.domain.isEmpty ? "ai.onnx" : $0.domain, version: $0.version) }
    producer = Producer(name: model.producerName, version: model.producerVersion)
    documentation = model.documentation
    metadata = Dictionary(model.metadata.map { ($0.key, $0.value) }) { first, _ in first }
    inputs = model.graph.inputs.map { ValueReport(model.graph.info($0)) }
    outputs = model.graph.outputs.map { ValueReport(model.graph.info($0)) }
    warnings = model.warnings.map(WarningReport.init)
    // A model with contradictory sizes is still reported.
    let bound = (try? model.graph.bindingBatch(to: 1)) ?? model.graph
    let uses = bound.withBodies.flatMap { graph in graph.nodes.map { OperatorUse($0, in: graph, execution) } }
    self.execution = execution
    var reported: Set<String> = []
    faults = (model.faults + model.graph.withBodies.flatMap(\.initializerFaults)).map(FaultReport.init)
      .filter { reported.insert($0.reason).inserted }
    operators = OperatorReport.all(uses)
    parameters = ParameterReport(model.graph)
    uncountedNodes = uses.count { $0.multiplyAccumulates == nil }
    let known = sum(uses.lazy.compactMap(\.multiplyAccumulates))
    multiplyAccumulates = known == 0 && uncountedNodes > 0 ? nil : known
  }
}

/// An input or output.
struct ValueReport: Encodable {
  let name: String
  /// The element type, or `nil` if the model does not declare it or the value is not a tensor.
  let type: String?
  let shape: JSONShape?
  /// Whether an initializer supplies the value if no tensor is passed.
  let hasDefault: Bool
  /// Type and shape as text.
  private let description: String

  enum CodingKeys: String, CodingKey {
    case name, type, shape
    case hasDefault = "default"
  }

  init(_ value: ValueInfo) {
    name = value.name
    type = value.type.map { "\($0.elementType)" }
    shape = value.type?.shape.map(JSONShape.init)
    hasDefault = value.hasDefault
    description = (value.type?.description ?? "not a tensor") + (hasDefault ? "  (has a default value)" : "")
  }

  var text: String { description }
}

extension Graph {
  /// This graph, the bodies of its If, Loop and Scan nodes, and the functions that it calls.
  var withBodies: [Graph] {
    var graphs = [self]
    for node in nodes {
      if let body = node.body { graphs += body.withBodies }
      for entry in node.attributes.entries {
        switch entry.value {
        case .graph(let body): graphs += body.withBodies
        case .graphs(let bodies): graphs += bodies.flatMap(\.withBodies)
        default: break
        }
      }
    }
    return graphs
  }
}
