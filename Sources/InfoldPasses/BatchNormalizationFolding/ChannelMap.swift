import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// A node that maps each channel of its input by a scale and a shift, according to its operator's
/// affine form: a batch normalization at inference, or arithmetic with a constant per channel.
struct ChannelMap {
  /// The input of the map.
  let input: ValueID
  /// The output of the map.
  let output: ValueID
  /// The channel axis.
  let axis: Int
  /// The scale and shift.
  let affine: ChannelAffine
  /// Whether each channel has its own numbers, as in a normalization written as arithmetic.
  /// Otherwise one number applies to all channels, as in an activation.
  let isPerChannel: Bool

  /// The reason why a node is not such a map, or must not be treated as one.
  struct Refusal: Error {
    let reason: String
    /// The error that prevented a decision. Code that catches the refusal must throw it.
    let failure: InfoldError?

    init(_ reason: String) {
      self.reason = reason
      failure = nil
    }

    private init(_ failure: InfoldError) {
      reason = failure.reason
      self.failure = failure
    }

    /// Returns the result of `body`, or `nil` if it refuses.
    /// - Throws: The error that prevented a decision.
    static func unlessRefused<Output>(_ body: () throws(Refusal) -> Output?) throws(InfoldError) -> Output? {
      do throws(Refusal) {
        return try body()
      } catch {
        if let failure = error.failure { throw failure }
        return nil
      }
    }

    /// Runs `body` and wraps its error in a refusal.
    static func carryingErrors<Output>(_ body: () throws(InfoldError) -> Output) throws(Refusal) -> Output {
      do {
        return try body()
      } catch {
        throw Refusal(error)
      }
    }
  }

  /// Creates the map of a node.
  /// - Returns: `nil` if the node has another operator or no constant operand.
  /// - Throws: `Refusal` for a BatchNormalization that cannot be folded, and for a constant that is
  ///   not per channel.
  init?(_ node: Node, in graph: Graph, _ axes: ChannelAxes) throws(Refusal) {
    switch node.typed?.affineForm {
    case .normalization(let epsilon, let refusal):
      try self.init(normalizingWith: epsilon, refusal, node, graph)
    case .arithmetic(let combination):
      guard let map = try Self(combination, node, graph, axes) else { return nil }
      self = map
    case nil: return nil
    }
  }

  private init(
    normalizingWith epsilon: Float, _ refusal: String?, _ node: Node, _ graph: Graph
  ) throws(Refusal) {
    guard let input = node.inputs[0], let output = node.outputs[0] else { throw Refusal("it has no output") }
    if let refusal { throw Refusal(refusal) }
    let parameters = try NormalizationParameters(node, epsilon: epsilon, in: graph)
    try parameters.requireFinite()
    self.input = input
    self.output = output
    axis = 1
    affine = ChannelAffine(parameters)
    isPerChannel = true
  }

  private init?(
    _ combination: ElementCombination, _ node: Node, _ graph: Graph, _ axes: ChannelAxes
  ) throws(Refusal) {
    guard let a = node.inputs[0], let b = node.inputs[1], let output = node.outputs[0] else { return nil }
    let isConstantSecond = graph.constant(b) != nil
    guard isConstantSecond != (graph.constant(a) != nil) else { return nil }
    let (data, operand) = isConstantSecond ? (a, b) : (b, a)
    guard let shape = graph[data].type?.shape, graph[data].type?.elementType.isFloatingPoint == true
    else { return nil }
    let axis = axes.axis(of: data, rank: shape.rank)
    guard (0..<shape.rank).contains(axis), let channels = shape[axis].size else { return nil }
    let values = try graph.doubles(operand, called: "its constant")
    guard
      let aligned = try? combination.broadcast.aligned(Shape(graph.constant(operand)!.shape), to: shape).sizes,
      let perChannel = Self.perChannel(
        values, aligned, axis: axis, rank: shape.rank, channels)
    else { return nil }
    let zeros = [Double](repeating: 0, count: channels), ones = [Double](repeating: 1, count: channels)
    let step: ChannelAffine.Step
    switch (combination.function, isConstantSecond) {
    case (.sum, _): step = ChannelAffine.Step(center: zeros, scale: ones, offset: perChannel)
    case (.difference, true): step = ChannelAffine.Step(center: perChannel, scale: ones, offset: zeros)
    case (.difference, false): step = ChannelAffine.Step(center: zeros, scale: ones.map(-), offset: perChannel)
    case (.product, _): step = ChannelAffine.Step(center: zeros, scale: perChannel, offset: zeros)
    case (.quotient, true): step = ChannelAffine.Step(center: zeros, scale: perChannel.map { 1 / $0 }, offset: zeros)
    default: return nil
    }
    self.input = data
    self.output = output
    self.axis = axis
    affine = ChannelAffine(step)
    isPerChannel = values.count > 1
    if let channel = affine.firstNonFiniteChannel {
      throw Refusal("its constant is not a finite factor or summand in channel \(channel)")
    }
  }

  /// Returns the constant's value for each channel, or `nil` if it varies along another axis or
  /// adds dimensions.
  private static func perChannel(
    _ values: [Double], _ shape: [Int], axis: Int, rank: Int, _ channels: Int
  ) -> [Double]? {
    let first = rank - shape.count
    guard first >= 0 else { return nil }
    for (offset, size) in shape.enumerated() where first + offset != axis && size != 1 { return nil }
    switch values.count {
    case channels: return values
    // A model may declare an arbitrary number of channels. A single number is only repeated for
    // realistic ones.
    case 1 where channels <= 1 << 16: return Array(repeating: values[0], count: channels)
    default: return nil
    }
  }
}
