import InfoldGraph
import InfoldSystem

extension Node {
  /// Creates a node and looks up its operator among the standard ones.
  /// - Throws: The errors of
  ///   `init(name:opType:domain:opsetVersion:attributes:inputs:outputs:captures:registry:)`.
  public init(
    name: String = "", opType: String, domain: String = "", opsetVersion: Int, attributes: AttributeList = [:],
    inputs: [ValueID?], outputs: [ValueID?], captures: [ValueID] = []
  ) throws(InfoldError) {
    try self.init(
      name: name, opType: opType, domain: domain, opsetVersion: opsetVersion, attributes: attributes, inputs: inputs,
      outputs: outputs, captures: captures, registry: .standard)
  }

  /// Returns a copy of the node with other attributes, for standard operators.
  /// - Throws: The errors of `replacing(attributes:registry:)`.
  public func replacing(attributes: AttributeList) throws(InfoldError) -> Node {
    try replacing(attributes: attributes, registry: .standard)
  }
}
