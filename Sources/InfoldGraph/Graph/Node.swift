import InfoldSystem
import InfoldTensor

/// The place of a node in its graph's `nodes`.
public struct NodeID: Sendable, Hashable, Comparable {
  /// The index into `Graph.nodes`.
  public let index: Int

  init(index: Int) {
    self.index = index
  }

  public static func < (a: NodeID, b: NodeID) -> Bool { a.index < b.index }
}

/// One application of an operator.
public struct Node: Sendable {
  /// What a node is to Infold.
  public enum Kind: Sendable {
    /// An operator that Infold has, with its attributes read.
    case typed(any Operator)
    /// A call of a function that the model defines, as the function's body with the node's attributes put into it. The
    /// node's inputs are the body's inputs, as far as they are given, and likewise the outputs.
    indirect case call(body: Graph)
    /// A node that Infold cannot run, and why. It can be inspected and written, not run.
    case opaque(reason: InfoldError)
  }

  /// What copies of a node share until one of them is changed: passes copy nodes far more often than they change them.
  private var content: Content

  private final class Content: @unchecked Sendable {
    /// Written by a node that alone refers to this.
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

  /// The name; empty when the model gives none.
  public var name: String {
    get { content.fields.name }
    set { change { $0.name = newValue } }
  }
  /// The operator's name, like `Conv`.
  public var opType: String { content.fields.opType }
  /// The operator's domain; empty for ONNX's own.
  public var domain: String { content.fields.domain }
  /// The version of the domain's operator set that the model imports.
  public var opsetVersion: Int { content.fields.opsetVersion }
  /// The inputs in the operator's order; `nil` for an optional one that is left out.
  public var inputs: [ValueID?] {
    get { content.fields.inputs }
    set { change { $0.inputs = newValue } }
  }
  /// The outputs in the operator's order; `nil` for an optional one that is left out.
  public var outputs: [ValueID?] {
    get { content.fields.outputs }
    set { change { $0.outputs = newValue } }
  }
  /// The values of this graph that the node's subgraphs use by name.
  public var captures: [ValueID] {
    get { content.fields.captures }
    set { change { $0.captures = newValue } }
  }
  /// The attributes, as the model gives them.
  public var attributes: AttributeList { content.fields.attributes }
  /// The operator that `opType`, `opsetVersion` and `attributes` mean.
  public var kind: Kind { content.fields.kind }
  /// The serialized NodeProto without name, operator, domain, inputs, outputs and attributes.
  package var unmodeledFields: [UInt8] {
    get { content.fields.unmodeledFields }
    set { change { $0.unmodeledFields = newValue } }
  }

  /// A node, whose operator is looked up in `registry`.
  /// - Throws: `InfoldError` with `.invalidModel` when the attributes, or the number of inputs and outputs, break the
  ///   operator's definition. What Infold does not support is not an error: the node is then opaque.
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

  /// A call of a function that the model defines.
  /// - Parameter body: The function's body, with the attributes put into it.
  /// - Throws: `InfoldError` with `.invalidModel` for more inputs or outputs than the function has.
  package init(
    name: String, opType: String, domain: String, opsetVersion: Int, attributes: AttributeList, inputs: [ValueID?],
    outputs: [ValueID?], captures: [ValueID], calling body: Graph
  ) throws(InfoldError) {
    guard inputs.count <= body.inputs.count, outputs.count <= body.outputs.count else {
      throw InfoldError(
        .invalidModel,
        "the function takes at most \(counted(body.inputs.count, "input")) and gives \(counted(body.outputs.count, "output")); the node has "
          + "\(inputs.count) and \(outputs.count)")
    }
    self.init(
      .call(body: body), name: name, opType: opType, domain: domain, opsetVersion: opsetVersion, attributes: attributes,
      inputs: inputs, outputs: outputs, captures: captures)
  }

  /// A node that is wrong, and why.
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

  /// The same node, which Infold turned out not to support.
  package func refused(_ reason: InfoldError) -> Node {
    var node = self
    node.change { $0.kind = .opaque(reason: reason) }
    return node
  }

  /// The same node with other attributes.
  /// - Throws: As the initializer.
  public func replacing(
    attributes: AttributeList, registry: OperatorRegistry
  ) throws(InfoldError) -> Node {
    var node = try Node(
      name: name, opType: opType, domain: domain, opsetVersion: opsetVersion, attributes: attributes, inputs: inputs,
      outputs: outputs, captures: captures, registry: registry)
    node.unmodeledFields = unmodeledFields
    return node
  }

  /// The operator, where Infold has it.
  public var typed: (any Operator)? {
    if case .typed(let typed) = kind { typed } else { nil }
  }

  /// The function's body, where the node calls a function of the model.
  public var body: Graph? {
    if case .call(let body) = kind { body } else { nil }
  }

  /// The values that the node reads: inputs that are there, and captures.
  public var uses: some Sequence<ValueID> {
    inputs.lazy.compactMap { $0 } + captures
  }

  /// What an evaluation is given: the inputs, and behind them the captures.
  package var operands: [ValueID?] { inputs + captures.map { $0 } }

  /// The outputs that are there.
  public var definitions: some Sequence<ValueID> {
    outputs.lazy.compactMap { $0 }
  }

  /// How an error calls a node: `node "conv1" (Conv)`; by its first output when it has no name, and by its first input when it
  /// has neither.
  package static func label(
    name: String, opType: String, domain: String, outputs: [String], inputs: [String] = []
  ) -> String {
    let type = String(printable: domain.isEmpty ? opType : domain + "." + opType)
    if !name.isEmpty { return "node \(String(quoting: name)) (\(type))" }
    if let output = outputs.first(where: { !$0.isEmpty }) {
      return "node (\(type)) that makes \(String(quoting: output))"
    }
    if let input = inputs.first(where: { !$0.isEmpty }) { return "node (\(type)) that reads \(String(quoting: input))" }
    return "node (\(type))"
  }
}
