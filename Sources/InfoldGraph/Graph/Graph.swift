import InfoldTensor

/// A network: values, and the nodes that make them from one another.
///
/// A value type. Nodes are in topological order: each reads only what stands before it (`sort()` makes it so).
public struct Graph: Sendable {
  /// The name.
  public var name: String
  /// Every value, by `ValueID`.
  public private(set) var values: [Value]
  /// Every node, by `NodeID`, in topological order.
  public private(set) var nodes: [Node] { didSet { forgetIndex() } }
  /// What a caller gives, in order. An initializer among them is a default that a caller may override.
  public var inputs: [ValueID] {
    get { inputList }
    set {
      inputList = newValue
      inputSet = Set(newValue)
    }
  }
  private var inputList: [ValueID]
  private var inputSet: Set<ValueID>
  /// What a run returns, in order.
  public var outputs: [ValueID] { didSet { forgetIndex() } }
  /// What declared shapes of what the nodes make count for.
  public var declaredShapes: DeclaredShapes
  /// Whether a node that breaks a rule is kept as one that cannot be run, and inference goes on behind it: in a model that is only to
  /// be looked at.
  package var keepsFaultyNodes = false
  /// Values of an outer graph that this one uses by their names; empty in a model's main graph.
  public var captures: [ValueID]
  /// Initializers that a model below IR version 4 also lists as inputs, as it had to. They are constants.
  package var listedConstants: [ValueID]
  /// The serialized GraphProto without name, nodes, initializers, inputs, outputs and value information.
  package var unmodeledFields: [UInt8]
  private var cachedIndex = CachedIndex()

  /// An empty graph.
  public init(name: String = "") {
    self.name = name
    values = []
    nodes = []
    inputList = []
    inputSet = []
    outputs = []
    declaredShapes = .advisory
    captures = []
    listedConstants = []
    unmodeledFields = []
  }
}

extension Graph {
  /// The value with this id.
  public subscript(id: ValueID) -> Value {
    // In place: a value is large, and passes ask for one of its fields mostly.
    _read { yield values[id.index] }
    _modify { yield &values[id.index] }
  }

  /// The node with this id.
  public subscript(id: NodeID) -> Node {
    get { nodes[id.index] }
    set { nodes[id.index] = newValue }
  }

  /// The ids of all values.
  public var valueIDs: some RandomAccessCollection<ValueID> { values.indices.lazy.map(ValueID.init(index:)) }

  /// The ids of all nodes, in topological order.
  public var nodeIDs: some RandomAccessCollection<NodeID> { nodes.indices.lazy.map(NodeID.init(index:)) }

  /// Adds a value and returns its id.
  public mutating func add(_ value: Value) -> ValueID {
    values.append(value)
    forgetIndex()
    return ValueID(index: values.count - 1)
  }

  /// Adds a value that a caller gives.
  public mutating func addInput(_ name: String, _ type: TensorType) -> ValueID {
    let id = add(Value(name: name, type: type))
    inputList.append(id)
    inputSet.insert(id)
    return id
  }

  /// Adds a constant.
  public mutating func addConstant(_ name: String, _ tensor: Tensor) -> ValueID {
    add(
      Value(
        name: name, type: TensorType(tensor.elementType, Shape(tensor.shape)), initializer: Initializer(tensor)))
  }

  /// Adds a node behind all others and returns its id.
  @discardableResult
  public mutating func add(_ node: Node) -> NodeID {
    nodes.append(node)
    return NodeID(index: nodes.count - 1)
  }

  /// Removes the values that were added last, to which nothing refers.
  mutating func removeValues(from index: Int) {
    values.removeSubrange(index...)
    forgetIndex()
  }

  /// Replaces all nodes. The ids of the old ones are void.
  public mutating func replaceNodes(_ nodes: [Node]) {
    self.nodes = nodes
  }

  /// Whether every run sees the same number there: an initializer that no caller may override, or what was found to be the same.
  public func isConstant(_ id: ValueID) -> Bool {
    self[id].known != nil || self[id].initializer != nil && !inputSet.contains(id)
  }

  /// The tensor of a constant that operators can use; `nil` for anything else, an overridable initializer included.
  public func constant(_ id: ValueID) -> Tensor? {
    isConstant(id) ? self[id].known ?? self[id].initializer?.tensor : nil
  }

  /// The inputs that a caller must give: those without a default.
  public var requiredInputs: [ValueID] { inputs.filter { self[$0].initializer == nil } }

  /// Which nodes make and read each value. It is made when it is first asked for, and kept until the nodes or the outputs change.
  package var index: GraphIndex { cachedIndex.index(of: self) }

  private mutating func forgetIndex() {
    if isKnownUniquelyReferenced(&cachedIndex) { cachedIndex.forget() } else { cachedIndex = CachedIndex() }
  }

  /// The node that makes each value; `nil` for inputs, initializers and captures.
  public func producers() -> [NodeID?] { index.producers }

  /// The nodes that read each value, each node once, in order. Graph outputs do not count.
  public func consumers() -> [[NodeID]] { index.consumers }

  /// How errors call the node.
  public func label(of node: Node) -> String {
    let outputs = node.definitions.map { self[$0].name }
    return Node.label(
      name: node.name, opType: node.opType, domain: node.domain, outputs: outputs,
      inputs: outputs.isEmpty ? node.uses.map { self[$0].name } : [])
  }
}
