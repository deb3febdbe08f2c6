import InfoldTensor

/// A computation graph: values, and the nodes that compute values from other values.
///
/// `Graph` has value semantics. Nodes are in topological order, each after the producers of its
/// inputs; `sort()` restores that order.
public struct Graph: Sendable {
  /// The graph's name.
  public var name: String
  /// All values, indexed by `ValueID`.
  public private(set) var values: [Value]
  /// All nodes in topological order, indexed by `NodeID`.
  public private(set) var nodes: [Node] { didSet { forgetIndex() } }
  /// The graph inputs, in order. An input that is also an initializer has a default value, which
  /// the caller may override.
  public var inputs: [ValueID] {
    get { inputList }
    set {
      inputList = newValue
      inputSet = Set(newValue)
    }
  }
  private var inputList: [ValueID]
  private var inputSet: Set<ValueID>
  /// The graph outputs, in order.
  public var outputs: [ValueID] { didSet { forgetIndex() } }
  /// Whether declared types and shapes of node outputs and constants are binding.
  public var declaredShapes: DeclaredShapes
  /// Whether a node that violates its operator's definition is kept as an opaque node, so that
  /// inference continues after it. Set for models that are only inspected.
  package var keepsFaultyNodes = false
  /// Values of an outer graph that this one reads by name. Empty for a model's main graph.
  public var captures: [ValueID]
  /// Initializers that a model below IR version 4 also lists as inputs, as that version requires.
  /// They are constants.
  package var listedConstants: [ValueID]
  /// The remaining fields of the serialized `GraphProto`, other than name, nodes, initializers,
  /// inputs, outputs and value information.
  package var unmodeledFields: [UInt8]
  private var cachedIndex = CachedIndex()

  /// Creates an empty graph.
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
  /// Accesses the value with this id.
  public subscript(id: ValueID) -> Value {
    // Accessed in place: a value is large, and passes mostly read one field.
    _read { yield values[id.index] }
    _modify { yield &values[id.index] }
  }

  /// Accesses the node with this id.
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

  /// Adds a graph input and returns its id.
  public mutating func addInput(_ name: String, _ type: TensorType) -> ValueID {
    let id = add(Value(name: name, type: type))
    inputList.append(id)
    inputSet.insert(id)
    return id
  }

  /// Adds a constant and returns its id.
  public mutating func addConstant(_ name: String, _ tensor: Tensor) -> ValueID {
    add(
      Value(
        name: name, type: TensorType(tensor.elementType, Shape(tensor.shape)), initializer: Initializer(tensor)))
  }

  /// Appends a node and returns its id.
  @discardableResult
  public mutating func add(_ node: Node) -> NodeID {
    nodes.append(node)
    return NodeID(index: nodes.count - 1)
  }

  /// Removes the most recently added values, starting at `index`. Nothing may refer to them.
  mutating func removeValues(from index: Int) {
    values.removeSubrange(index...)
    forgetIndex()
  }

  /// Replaces all nodes. This invalidates all `NodeID`s.
  public mutating func replaceNodes(_ nodes: [Node]) {
    self.nodes = nodes
  }

  /// Returns whether the value is the same in every run: an initializer that callers cannot
  /// override, or a recorded constant.
  public func isConstant(_ id: ValueID) -> Bool {
    self[id].known != nil || self[id].initializer != nil && !inputSet.contains(id)
  }

  /// Returns the tensor of a constant that operators can use. Returns `nil` for all other values,
  /// including initializers that callers may override.
  public func constant(_ id: ValueID) -> Tensor? {
    isConstant(id) ? self[id].known ?? self[id].initializer?.tensor : nil
  }

  /// The inputs without a default value, which every run must provide.
  public var requiredInputs: [ValueID] { inputs.filter { self[$0].initializer == nil } }

  /// The producers and consumers of each value. Computed on first use and cached until nodes or
  /// outputs change.
  package var index: GraphIndex { cachedIndex.index(of: self) }

  private mutating func forgetIndex() {
    if isKnownUniquelyReferenced(&cachedIndex) { cachedIndex.forget() } else { cachedIndex = CachedIndex() }
  }

  /// Returns the producer of each value, `nil` for inputs, initializers and captures.
  public func producers() -> [NodeID?] { index.producers }

  /// Returns the consumers of each value, without duplicates, in graph order. Graph outputs do not
  /// count.
  public func consumers() -> [[NodeID]] { index.consumers }

  /// Returns the description of a node for error messages.
  public func label(of node: Node) -> String {
    let outputs = node.definitions.map { self[$0].name }
    return Node.label(
      name: node.name, opType: node.opType, domain: node.domain, outputs: outputs,
      inputs: outputs.isEmpty ? node.uses.map { self[$0].name } : [])
  }
}
