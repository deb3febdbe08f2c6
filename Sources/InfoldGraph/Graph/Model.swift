import InfoldSystem

/// A graph with its opset imports and metadata.
public struct Model: Sendable {
  /// The opset that the model imports for one domain.
  public struct OpsetImport: Sendable, Hashable {
    /// The domain, empty for ONNX's own.
    public var domain: String
    /// The opset version.
    public var version: Int

    /// Creates an opset import.
    public init(domain: String = "", version: Int) {
      self.domain = domain
      self.version = version
    }
  }

  /// The ONNX IR versions that Infold reads.
  public static let supportedIRVersions = 3...14

  /// The ONNX IR version of the file, 3 to 14.
  public var irVersion: Int
  /// The opset imports, at most one for each domain.
  public var opsetImports: [OpsetImport]
  /// The tool that wrote the model; empty if unknown.
  public var producerName: String
  /// The version of the tool that wrote the model; empty if unknown.
  public var producerVersion: String
  /// The model's documentation string.
  public var documentation: String
  /// Key-value pairs that the author added.
  public var metadata: [(key: String, value: String)]
  /// The graph.
  public var graph: Graph {
    didSet { derivatives = ModelDerivatives() }
  }
  /// Contradictions in the model that do not prevent a run. Collected when the model is read and
  /// when dynamic dimensions are bound.
  public package(set) var warnings: [ModelWarning]
  /// Errors outside of nodes and initializers that prevent a run. Empty unless the model was read
  /// for inspection.
  package var faults: [InfoldError] = []
  /// The path of the file that the model was read from, for error messages.
  public var path: String?
  /// The remaining fields of the serialized `ModelProto`, which no other property holds:
  /// model-local functions, training information, unknown fields.
  package var unmodeledFields: [UInt8]
  /// Whether writing the model omits functions that `graph` does not call.
  package var dropsUncalledFunctions = false

  /// Objects that sessions derived from this graph, shared between sessions.
  package private(set) var derivatives = ModelDerivatives()

  /// Creates a model of `graph`.
  public init(graph: Graph, irVersion: Int = 8, opsetImports: [OpsetImport]) {
    self.irVersion = irVersion
    self.opsetImports = opsetImports
    producerName = ""
    producerVersion = ""
    documentation = ""
    metadata = []
    self.graph = graph
    warnings = []
    unmodeledFields = []
  }

  /// Returns the opset version that the model imports for a domain, or `nil` if it does not import
  /// one. `ai.onnx` is a synonym of the empty domain.
  public func opsetVersion(of domain: String = "") -> Int? {
    opsetImports.first { normalizedDomain($0.domain) == normalizedDomain(domain) }?.version
  }

  /// Adds warnings that are new. Binding dynamic dimensions repeats earlier warnings with other
  /// sizes; such repetitions are dropped.
  package mutating func add(_ warnings: [ModelWarning]) {
    func subject(_ warning: ModelWarning) -> ModelWarning {
      ModelWarning(
        warning.code, warning.value == nil ? warning.reason : "", value: warning.value, node: warning.node)
    }
    var known = Set(self.warnings.map(subject))
    self.warnings += warnings.filter { known.insert(subject($0)).inserted }
  }

  /// Raises the IR version to at least 4, which no longer requires constants to be listed as
  /// inputs, and removes them from that list.
  package mutating func raiseToIRVersion4() {
    irVersion = max(irVersion, 4)
    graph.listedConstants = []
  }
}

/// Returns the empty domain for `ai.onnx`, its synonym, and every other domain unchanged.
package func normalizedDomain(_ domain: String) -> String {
  domain == "ai.onnx" ? "" : domain
}
