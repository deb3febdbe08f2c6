import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Goes through a network node by node in double precision, with bounds for what rounding may do to each value. Where another network
/// has the same value, that is held within its bounds, and taken further in the place of the network's own: so bounds stay as narrow as
/// the roundings between two values that both have, and a difference is found at the layer where it arises.
struct LayerWalk {
  /// The network, with known sizes.
  let graph: Graph
  /// What a caller gives.
  let inputs: [ValueID: Tensor]
  /// What the other network has for values of this one.
  let others: [ValueID: Tensor]
  let rounding: RoundingModel
  /// What else may move a value, element by element.
  var further: [ValueID: Tensor] = [:]
  /// By how much integers may be off that stand for fractions: 1 where a number beside the middle of two steps may go to either.
  var step = 0.0

  /// A value of both networks.
  struct Layer {
    let node: NodeID
    let value: ValueID
    /// The largest magnitude that is expected.
    var largest = 0.0
    /// The largest distance.
    var error = 0.0
    /// Distance ÷ bound where that is largest, and both there.
    var share = 0.0
    var distance = 0.0
    var allowed = 0.0
    /// The largest bound.
    var bound = 0.0
    var place = 0
    /// The elements that were held within bounds, and those of which nothing is known.
    var compared = 0, unknown = 0
    /// Those beyond their bounds.
    var beyond = 0
  }

  /// Calls `compared` for each value that both networks have, in the order of the nodes.
  /// - Throws: The error of an operator, naming its node; `InfoldError` with `.limitExceeded`.
  func run(_ compared: (Layer) -> Void) throws(InfoldError) {
    var estimates: [ErrorEstimate?] = []
    for id in graph.valueIDs { estimates.append(try start(id)) }
    let isNeeded = graph.neededNodes(), lastUses = graph.lastUses(of: isNeeded)
    for id in graph.nodeIDs where isNeeded[id.index] {
      try Interruption.check()
      let node = graph[id]
      let operands = node.operands.map { $0.flatMap { estimates[$0.index] } }
      let types = node.operands.map { $0.flatMap { graph[$0].type?.elementType } }
      let outputs = try annotatingErrors({ $0.atNode(graph.label(of: node)) }) { () throws(InfoldError) in
        try ErrorPropagation(node: node, types: types, rounding: rounding).outputs(operands)
      }
      for case (let value?, var estimate?) in zip(node.outputs, outputs) {
        try widen(&estimate, of: value, madeBy: node)
        if let other = others[value], let layer = try layer(value, id, estimate, other) {
          compared(layer)
          estimate = ErrorEstimate(exactly: try other.widened())
        }
        estimates[value.index] = estimate
      }
      for value in lastUses[id.index] { estimates[value.index] = nil }
    }
  }

  private func start(_ id: ValueID) throws(InfoldError) -> ErrorEstimate? {
    if let given = inputs[id] { return ErrorEstimate(exactly: try given.widened()) }
    guard let tensor = graph.constant(id) ?? graph[id].initializer?.tensor else { return nil }
    return ErrorEstimate(constant: try tensor.widened(), relative: rounding.constants)
  }

  /// Adds what the error analysis of a node does not know of.
  private func widen(_ estimate: inout ErrorEstimate, of value: ValueID, madeBy node: Node) throws(InfoldError) {
    guard estimate.value.elementType == .float64 else { return }
    // A conversion rounds to its type.
    if node.converts, let type = graph[value].type?.elementType, type.isFloatingPoint {
      try add(estimate.value.absolute().times(type.unitRoundoff), to: &estimate)
    }
    if let more = further[value], more.shape == estimate.value.shape { try add(more, to: &estimate) }
  }

  private func add(_ error: Tensor, to estimate: inout ErrorEstimate) throws(InfoldError) {
    estimate.error = try estimate.error.map { (known) throws(InfoldError) in try known.adding(error) } ?? error
  }

  private func layer(
    _ value: ValueID, _ node: NodeID, _ estimate: ErrorEstimate, _ other: Tensor
  ) throws(InfoldError) -> Layer? {
    guard other.shape == estimate.value.shape, Self.haveNumbers(other, estimate.value) else { return nil }
    let type = other.elementType
    let isFloat = type.isFloatingPoint
    let bounds = try ElementBounds(estimate)
    let exact = try estimate.value.numbers(), numbers = try other.numbers()
    // Sessions may take subnormal numbers for zero.
    let stored = isFloat ? type.unitRoundoff : 0, least = isFloat ? max(type.smallestSubnormal, 0x1p-120) : step
    let range = isFloat ? type.largestMagnitude / 2 : .infinity
    var layer = Layer(node: node, value: value)
    layer.largest = bounds.largest
    for index in exact.indices {
      let (x, y) = (exact[index], numbers[index])
      guard x != y, !(x.isNaN && y.isNaN) else {
        layer.compared += 1
        continue
      }
      let limit = bounds.limits[index] + stored * x.magnitude + least
      // Beyond the range of the type, and where the analysis knows nothing, nothing is held against anything.
      guard x.magnitude < range, limit < .infinity else {
        layer.unknown += 1
        continue
      }
      layer.compared += 1
      let distance = (x - y).magnitude.isNaN ? .infinity : (x - y).magnitude
      layer.error = max(layer.error, distance)
      layer.bound = max(layer.bound, limit)
      if distance > limit { layer.beyond += 1 }
      let share = distance / limit
      if share > layer.share {
        (layer.share, layer.distance, layer.allowed, layer.place) = (share, distance, limit, index)
      }
    }
    return layer
  }

  /// Whether both have numbers of the same kind.
  private static func haveNumbers(_ a: Tensor, _ b: Tensor) -> Bool {
    a.elementType.isFloatingPoint == b.elementType.isFloatingPoint && a.elementType != .string
      && b.elementType != .string
  }
}

extension Node {
  /// Whether the node does nothing but give numbers another type.
  var converts: Bool { typed.map { type(of: $0).widening == .conversion } ?? false }
}

extension ElementType {
  /// The largest finite number of a floating-point type.
  fileprivate var largestMagnitude: Double {
    switch self {
    case .float16: 65504
    case .bfloat16: 0x1.fep+127
    case .float64: .greatestFiniteMagnitude
    default: Double(Float.greatestFiniteMagnitude)
    }
  }
}
