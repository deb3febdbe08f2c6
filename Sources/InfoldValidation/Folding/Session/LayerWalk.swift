import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// Evaluates a network node by node in double precision, with a rounding error bound for each
/// value.
///
/// If another network has the same value, the walk checks that the difference is within the bound,
/// and then continues with the other network's value. Bounds therefore cover only the roundings
/// between two values that both networks have, and a difference is found at the layer where it
/// arises.
struct LayerWalk {
  /// The network, without dynamic dimensions.
  let graph: Graph
  /// The inputs of the network.
  let inputs: [ValueID: Tensor]
  /// The other network's tensors for values of this one.
  let others: [ValueID: Tensor]
  let rounding: RoundingModel
  /// Additional error bounds of values, element by element.
  var further: [ValueID: Tensor] = [:]
  /// The relative errors of products at nodes whose factors are rounded to narrower numbers.
  var products: [NodeID: Double] = [:]
  /// The permitted error of integers that represent quantized numbers: 1 if a number near the
  /// midpoint of two quantization steps may round to either.
  var step = 0.0

  /// A value that both networks have.
  struct Layer {
    let node: NodeID
    let value: ValueID
    /// The largest magnitude of the expected value.
    var largest = 0.0
    /// The largest distance.
    var error = 0.0
    /// The largest quotient of distance and bound, and the distance and the bound at that element.
    var share = 0.0
    var distance = 0.0
    var allowed = 0.0
    /// The largest bound.
    var bound = 0.0
    var place = 0
    /// The number of elements that were compared with a bound, and of those without a known bound.
    var compared = 0, unknown = 0
    /// The number of elements beyond their bounds.
    var beyond = 0
  }

  /// Calls `compared` for each value that both networks have, in the order of the nodes.
  /// - Throws: The error of an operator, naming its node; `InfoldError` with `.limitExceeded` if a
  ///   memory or time limit is exceeded.
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
        try ErrorPropagation(node: node, types: types, rounding: rounding, products: products[id] ?? 0)
          .outputs(operands)
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

  /// Adds errors that the error analysis of the node does not cover.
  private func widen(_ estimate: inout ErrorEstimate, of value: ValueID, madeBy node: Node) throws(InfoldError) {
    guard estimate.value.elementType == .float64 else { return }
    try estimate.addConversion(by: node, to: graph[value].type?.elementType)
    if let more = further[value], more.shape == estimate.value.shape {
      estimate.error = try more.adding(estimate.error)
    }
  }

  private func layer(
    _ value: ValueID, _ node: NodeID, _ estimate: ErrorEstimate, _ other: Tensor
  ) throws(InfoldError) -> Layer? {
    guard other.shape == estimate.value.shape, Self.haveNumbers(other, estimate.value) else { return nil }
    let type = other.elementType
    let isFloat = type.isFloatingPoint
    let bounds = try ElementBounds(estimate)
    let exact = try estimate.value.numbers(), numbers = try other.numbers()
    // Sessions may treat subnormal numbers as zero.
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
      // Elements beyond half of the range of the type, or without a known bound, are not compared.
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

  /// Whether both tensors have elements of the same kind.
  private static func haveNumbers(_ a: Tensor, _ b: Tensor) -> Bool {
    a.elementType.isFloatingPoint == b.elementType.isFloatingPoint && a.elementType != .string
      && b.elementType != .string
  }
}

extension Node {
  /// Whether the node only converts numbers to another type.
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
