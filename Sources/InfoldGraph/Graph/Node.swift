import InfoldSystem
import InfoldTensor

/// The position of a node in `Graph.nodes`.
public struct NodeID: Sendable, Hashable, Comparable {
  /// The index into `Graph.nodes`.
  public let index: Int

  init(index: Int) {
    self.index = index
  }

  public static func < (a: NodeID, b: NodeID) -> Bool { a.index < b.index }
}

/// A use of an operator in a graph.
public struct Node: Sendable {
  /// How Infold interprets a node.
  public enum Kind: Sendable {
    /// A supported operator with its parsed attributes.
    case typed(any Operator)
    /// A call of a model-local function, as the function's body with the node's attributes
    /// substituted. The inputs and outputs of the node correspond to the leading inputs and outputs
    /// of the body.
    indirect case call(body: Graph)
    /// A node that Infold cannot run, with the reason. It can be inspected and written.
    case opaque(reason: InfoldError)
  }

  /// Storage that copies of a node share until one of them changes. Passes copy nodes far more
  /// often than they change them.
  private var content: Content

  private final class Content: @unchecked Sendable {
    /// Mutated only by a node that holds the unique reference.
    var fields: Fields

    init(_ fields: Fields) { self.fields = fields }
  }

  private struct Fields {
    var name: String
    let opType: String
    let domain: String
    let opsetVersion: Int
    var inputs: [ValueID?]
    var outputs: [ValueID?]
    var captures: [ValueID]
    let attributes: AttributeList
    var kind: Kind
    var unmodeledFields: [UInt8] = []
  }

  private mutating func change(_ body: (inout Fields) -> Void) {
    if !isKnownUniquelyReferenced(&content) { content = Content(content.fields) }
    body(&content.fields)
  }

  /// The node's name; empty if the model gives none.
  public var name: String {
    get { content.fields.name }
    set { change { $0.name = newValue } }
  }
  /// The operator's name, such as `Conv`.
  public var opType: String { content.fields.opType }
  /// The operator's domain, empty for ONNX's own.
  public var domain: String { content.fields.domain }
  /// The opset version that the model imports for the domain.
  public var opsetVersion: Int { content.fields.opsetVersion }
  /// The inputs in the operator's order; `nil` for an omitted optional input.
  public var inputs: [ValueID?] {
    get { content.fields.inputs }
    set { change { $0.inputs = newValue } }
  }
  /// The outputs in the operator's order; `nil` for an omitted optional output.
  public var outputs: [ValueID?] {
    get { content.fields.outputs }
    set { change { $0.outputs = newValue } }
  }
  /// The values of this graph that the node's bodies read by name.
  public var captures: [ValueID] {
    get { content.fields.captures }
    set { change { $0.captures = newValue } }
  }
  /// The attributes as the model gives them.
  public var attributes: AttributeList { content.fields.attributes }
  /// The operator that `opType`, `opsetVersion` and `attributes` select.
  public var kind: Kind { content.fields.kind }
  /// The serialized `NodeProto` without name, operator, domain, inputs, outputs and attributes.
  package var unmodeledFields: [UInt8] {
    get { content.fields.unmodeledFields }
    set { change { $0.unmodeledFields = newValue } }
  }

  /// Creates a node and looks up its operator in `registry`. An unsupported operator is not an
  /// error: the node becomes opaque.
  /// - Throws: `InfoldError.Code.invalidModel` if the attributes or the number of inputs and
  ///   outputs violate the operator's definition.
  public init(
    name: String = "", opType: String, domain: String = "", opsetVersion: Int, attributes: AttributeList = [:],
    inputs: [ValueID?], outputs: [ValueID?], captures: [ValueID] = [], registry: OperatorRegistry
  ) throws(InfoldError) {
    let kind = try annotatingErrors({
      $0.atNode(Self.label(name: name, opType: opType, domain: domain, outputs: []))
    }) { () throws(InfoldError) in
      try registry.resolve(
        opType, domain: domain, opsetVersion: opsetVersion, attributes: attributes,
        inputs: inputs.map { $0 != nil }, outputs: outputs.map { $0 != nil })
    }
    self.init(
      kind, name: name, opType: opType, domain: domain, opsetVersion: opsetVersion, attributes: attributes,
      inputs: inputs, outputs: outputs, captures: captures)
  }

  /// Creates a call of a model-local function.
  /// - Parameter body: The function's body with the attributes substituted.
  /// - Throws: `InfoldError.Code.invalidModel` if the node has more inputs or outputs than the
  ///   function.
  package init(
    name: String, opType: String, domain: String, opsetVersion: Int, attributes: AttributeList, inputs: [ValueID?],
    outputs: [ValueID?], captures: [ValueID], calling body: Graph
  ) throws(InfoldError) {
    guard inputs.count <= body.inputs.count, outputs.count <= body.outputs.count else {
      throw InfoldError(
        .invalidModel,
        "the function takes at most \(counted(body.inputs.count, "input")) and returns at most "
          + "\(counted(body.outputs.count, "output")); the node has \(inputs.count) and \(outputs.count)")
    }
    self.init(
      .call(body: body), name: name, opType: opType, domain: domain, opsetVersion: opsetVersion, attributes: attributes,
      inputs: inputs, outputs: outputs, captures: captures)
  }

  /// Creates a node that is invalid for the given reason.
  package init(
    name: String, opType: String, domain: String, opsetVersion: Int, inputs: [ValueID?], outputs: [ValueID?],
    refusedFor reason: InfoldError
  ) {
    self.init(
      .opaque(reason: reason), name: name, opType: opType, domain: domain, opsetVersion: opsetVersion, attributes: [:],
      inputs: inputs, outputs: outputs, captures: [])
  }

  private init(
    _ kind: Kind, name: String, opType: String, domain: String, opsetVersion: Int, attributes: AttributeList,
    inputs: [ValueID?], outputs: [ValueID?], captures: [ValueID]
  ) {
    content = Content(
      Fields(
        name: name, opType: opType, domain: domain, opsetVersion: opsetVersion, inputs: inputs, outputs: outputs,
        captures: captures, attributes: attributes, kind: kind))
  }

  /// Returns a copy of the node that is opaque for the given reason.
  package func refused(_ reason: InfoldError) -> Node {
    var node = self
    node.change { $0.kind = .opaque(reason: reason) }
    return node
  }

  /// Returns a copy of the node with other attributes.
  /// - Throws: The errors of the initializer.
  public func replacing(
    attributes: AttributeList, registry: OperatorRegistry
  ) throws(InfoldError) -> Node {
    var node = try Node(
      name: name, opType: opType, domain: domain, opsetVersion: opsetVersion, attributes: attributes, inputs: inputs,
      outputs: outputs, captures: captures, registry: registry)
    node.unmodeledFields = unmodeledFields
    return node
  }

  /// The operator, if Infold supports it.
  public var typed: (any Operator)? {
    if case .typed(let typed) = kind { typed } else { nil }
  }

  /// The function's body, if the node calls a model-local function.
  public var body: Graph? {
    if case .call(let body) = kind { body } else { nil }
  }

  /// The values that the node reads: inputs that are present, and captures.
  public var uses: some Sequence<ValueID> {
    inputs.lazy.compactMap { $0 } + captures
  }

  /// The operands of an evaluation: the inputs, followed by the captures.
  package var operands: [ValueID?] { inputs + captures.map { $0 } }

  /// The outputs that are present.
  public var definitions: some Sequence<ValueID> {
    outputs.lazy.compactMap { $0 }
  }

  /// Returns the description of a node for error messages: `node "conv1" (Conv)`. An unnamed node
  /// is described by its first output, or by its first input if it has no outputs.
  package static func label(
    name: String, opType: String, domain: String, outputs: [String], inputs: [String] = []
  ) -> String {
    let type = String(printable: domain.isEmpty ? opType : domain + "." + opType)
    if !name.isEmpty { return "node \(String(quoting: name)) (\(type))" }
    if let output = outputs.first(where: { !$0.isEmpty }) {
      return "node (\(type)) that produces \(String(quoting: output))"
    }
    if let input = inputs.first(where: { !$0.isEmpty }) { return "node (\(type)) that reads \(String(quoting: input))" }
    return "node (\(type))"
  }
}
