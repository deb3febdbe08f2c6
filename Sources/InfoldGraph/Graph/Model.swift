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
  public var graph: Graph
  /// The file that it was read from, for messages.
  public var path: String?
  /// The serialized ModelProto without what the other properties hold: model-local functions, training information,
  /// unknown fields.
  package var residue: [UInt8]
  /// Whether functions that nothing in `graph` calls are left out when the model is written.
  package var dropsUncalledFunctions = false

  /// A model around `graph`.
  public init(graph: Graph, irVersion: Int = 8, opsetImports: [OpsetImport]) {
    self.irVersion = irVersion
    self.opsetImports = opsetImports
    producerName = ""
    producerVersion = ""
    documentation = ""
    metadata = []
    self.graph = graph
    residue = []
  }

  /// The version of a domain's operator set, where the model imports it. `ai.onnx` is another name of the empty domain.
  public func opsetVersion(of domain: String = "") -> Int? {
    opsetImports.first { normalizedDomain($0.domain) == normalizedDomain(domain) }?.version
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
