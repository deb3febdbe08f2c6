import InfoldSystem

/// A graph, with what its file says about it.
public struct Model: Sendable {
  /// An operator set that the model uses.
  public struct OpsetImport: Sendable, Hashable {
    /// The domain; empty for ONNX's own.
    public var domain: String
    /// The version.
    public var version: Int

    /// An import.
    public init(domain: String = "", version: Int) {
      self.domain = domain
      self.version = version
    }
  }

  /// The versions of the file format that Infold reads.
  public static let supportedIRVersions = 3...14

  /// The version of the file format, 3 to 14.
  public var irVersion: Int
  /// The operator sets, at most one of each domain.
  public var opsetImports: [OpsetImport]
  /// The tool that wrote the model, and its version; empty when not said.
  public var producerName: String
  /// The version of the tool that wrote the model.
  public var producerVersion: String
  /// The model's documentation.
  public var documentation: String
  /// Names and values that the author added.
  public var metadata: [(key: String, value: String)]
  /// The network.
  public var graph: Graph {
    didSet { derivatives = ModelDerivatives() }
  }
  /// What the model says that cannot be meant: found when it was read, and when sizes were chosen.
  public package(set) var warnings: [ModelWarning]
  /// What keeps the model from being run, beside its nodes and initializers; empty unless it was read to be looked at.
  package var faults: [InfoldError] = []
  /// The file that it was read from, for messages.
  public var path: String?
  /// The serialized ModelProto without what the other properties hold: model-local functions, training information,
  /// unknown fields.
  package var unmodeledFields: [UInt8]
  /// Whether functions that nothing in `graph` calls are left out when the model is written.
  package var dropsUncalledFunctions = false

  /// What sessions have made of this graph.
  package private(set) var derivatives = ModelDerivatives()

  /// A model around `graph`.
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

  /// The version of a domain's operator set, where the model imports it. `ai.onnx` is another name of the empty domain.
  public func opsetVersion(of domain: String = "") -> Int? {
    opsetImports.first { normalizedDomain($0.domain) == normalizedDomain(domain) }?.version
  }

  /// Adds warnings that are not there yet. Sizes that were chosen make no new one of an old one.
  package mutating func add(_ warnings: [ModelWarning]) {
    func subject(_ warning: ModelWarning) -> ModelWarning {
      ModelWarning(
        warning.code, warning.value == nil ? warning.reason : "", value: warning.value, node: warning.node)
    }
    var known = Set(self.warnings.map(subject))
    self.warnings += warnings.filter { known.insert(subject($0)).inserted }
  }

  /// Raises the version of the file format to 4, from which on constants need not stand among the inputs, and takes them
  /// out of there. A higher one stays.
  package mutating func raiseToIRVersion4() {
    irVersion = max(irVersion, 4)
    graph.listedConstants = []
  }
}

/// ONNX's own domain has two names; the empty one is used throughout.
package func normalizedDomain(_ domain: String) -> String {
  domain == "ai.onnx" ? "" : domain
}
