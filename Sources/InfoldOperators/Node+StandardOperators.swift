import InfoldGraph
import InfoldSystem

extension Node {
  /// A node, whose operator is looked up among the standard ones.
  /// - Throws: As `init(name:opType:domain:opsetVersion:attributes:inputs:outputs:captures:registry:)`.
  public init(
    name: String = "", opType: String, domain: String = "", opsetVersion: Int, attributes: AttributeList = [:],
    inputs: [ValueID?], outputs: [ValueID?], captures: [ValueID] = []
  ) throws(InfoldError) {
    try self.init(
      name: name, opType: opType, domain: domain, opsetVersion: opsetVersion, attributes: attributes, inputs: inputs,
      outputs: outputs, captures: captures, registry: .standard)
  }

  /// The same node with other attributes, of a standard operator.
  /// - Throws: As `replacing(attributes:registry:)`.
  public func replacing(attributes: AttributeList) throws(InfoldError) -> Node {
    try replacing(attributes: attributes, registry: .standard)
  }
}
