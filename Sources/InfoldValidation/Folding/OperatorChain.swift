import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// A linear operator of a graph with the per-channel affine maps before and after it. It can be
/// evaluated without the rest of the graph.
struct OperatorChain {
  /// How the maps are computed.
  enum Form {
    /// By the nodes of the graph.
    case asWritten
    /// As one scale and one shift per channel for each map. They are computed in double precision
    /// and rounded to single precision, as in a session.
    case scaleAndShift
  }

  let analysis: FoldAnalysis
  let entry: FoldPlan.Operator

  private var graph: Graph { analysis.graph }

  /// The operator's label in errors and reports.
  var label: String { graph.label(of: graph[entry.node]) }

  /// Evaluates the chain on `x`.
  /// - Parameter window: An operator whose strides, padding and other window attributes replace the
  ///   chain's own. They differ if another tool has folded padding into its operator. `nil` uses
  ///   the chain's own.
  func evaluate(
    _ x: Tensor, _ form: Form = .asWritten, precision: EvaluationContext.Precision = .declared,
    window: OperatorChain? = nil
  ) throws(InfoldError) -> Tensor {
    var y = x
    for part in entry.before { y = try apply(part, y, form, precision, axis: 1) }
    y = try evaluateOperator(y, precision, window)
    let axis = entry.linear.channelAxis(rank: y.shape.count)
    for part in entry.after { y = try apply(part, y, form, precision, axis: axis) }
    return y
  }

  private static let windowAttributes = [
    "auto_pad", "dilations", "kernel_shape", "output_padding", "output_shape", "pads", "strides",
  ]

  private func evaluateOperator(
    _ x: Tensor, _ precision: EvaluationContext.Precision, _ window: OperatorChain?
  ) throws(InfoldError) -> Tensor {
    var node = graph[entry.node]
    if let window, entry.linear.form.hasWindow {
      let other = window.graph[window.entry.node]
      var attributes = node.attributes
      for name in Self.windowAttributes { attributes[name] = other.attributes[name] }
      node = try node.replacing(attributes: attributes)
    }
    let constants = node.inputs.dropFirst().map { $0.flatMap(graph.constant) }
    return try node.evaluate([x] + constants, precision: precision)[0]!
  }

  private func apply(
    _ part: FoldPlan.Part, _ x: Tensor, _ form: Form, _ precision: EvaluationContext.Precision, axis: Int
  ) throws(InfoldError) -> Tensor {
    let node = graph[part.node]
    let layout = ChannelLayout(x.shape, axis: axis)
    guard form == .asWritten else { return try scaleAndShift(part, x, layout) }
    if node.isNormalization {
      var inputs: [Tensor?] = [x]
      for input in node.inputs.dropFirst() {
        inputs.append(try graph.constant(input!)!.elements(part.channels))
      }
      guard part.isRearranged else { return try node.evaluate(inputs, precision: precision)[0]! }
      // In the graph, the second dimension of the node's input holds the channels.
      inputs[0] = try x.reshaped(to: layout.shape)
      return try node.evaluate(inputs, precision: precision)[0]!.reshaped(to: x.shape)
    }
    guard part.isWhole, !part.isRearranged else {
      return precision == .double ? try applyInDouble(part, x, layout) : try scaleAndShift(part, x, layout)
    }
    let inputs = node.inputs.map { $0.flatMap(graph.constant) ?? x }
    return try node.evaluate(inputs, precision: precision)[0]!
  }

  private func scaleAndShift(_ part: FoldPlan.Part, _ x: Tensor, _ layout: ChannelLayout) throws(InfoldError) -> Tensor
  {
    let type = x.elementType
    let constants = [part.affine.scale, part.affine.shift].map { numbers in numbers.map { Float($0) } }
    var y: [Float] = try x.converted(to: .float32).elements()
    layout.forEachRow { channel, row in
      let (scale, shift) = (constants[0][channel], constants[1][channel])
      for index in row { y[index] = y[index] * scale + shift }
    }
    return try Tensor(shape: x.shape, y).converted(to: type)
  }

  private func applyInDouble(_ part: FoldPlan.Part, _ x: Tensor, _ layout: ChannelLayout) throws(InfoldError) -> Tensor
  {
    var y: [Double] = try x.widened().elements()
    layout.forEachRow { channel, row in
      for index in row { y[index] = part.affine.apply(y[index], channel: channel) }
    }
    return try Tensor(shape: x.shape, y)
  }
}

extension OperatorChain {
  /// Σ |w| · |x| for each element of the operator's output, in double precision, times |alpha| for
  /// Gemm.
  /// - Parameter magnitudes: |x|, or an upper bound, in float64.
  func productMagnitudes(_ magnitudes: Tensor) throws(InfoldError) -> [Double] {
    var node = graph[entry.node]
    if node.attributes["alpha"] != nil {
      var attributes = node.attributes
      attributes["alpha"] = .float(Float(entry.linear.alpha.magnitude))
      node = try node.replacing(attributes: attributes)
    }
    let weight = try graph.constant(node.inputs[1]!)!.magnitudes()
    node.inputs = Array(node.inputs.prefix(2))
    return try node.evaluate([magnitudes, weight], precision: .double)[0]!.elements()
  }
}

// MARK: - Quantities for error bounds

extension OperatorChain {
  private var node: Node { graph[entry.node] }

  /// The element type of the weight, and thus of the data.
  var elementType: ElementType { graph.constant(node.inputs[1]!)!.elementType }

  /// |b| for each output channel, times |beta| for Gemm.
  func biasMagnitudes() throws(InfoldError) -> [Double] {
    let bias = entry.linear.takesBias && node.inputs.count > 2 ? node.inputs[2].flatMap(graph.constant) : nil
    return try bias.flatMap { bias throws(InfoldError) in try entry.linear.biasPerChannel(bias) }?.map(\.magnitude)
      ?? Array(repeating: 0, count: entry.linear.outputChannels)
  }

  /// Σ |w| for each output channel.
  func weightSums() throws(InfoldError) -> [Double] {
    try sums { $0.magnitude }
  }

  /// The number of subnormal weights of each output channel.
  func subnormalWeights() throws(InfoldError) -> [Int] {
    let limit = elementType.leastNormalMagnitude
    return try sums { $0 != 0 && $0.magnitude < limit ? 1 : 0 }.map { Int($0) }
  }

  private func sums(_ term: (Double) -> Double) throws(InfoldError) -> [Double] {
    let weights: [Double] = try graph.constant(node.inputs[1]!)!.widened().elements()
    var sums = [Double](repeating: 0, count: entry.linear.outputChannels)
    entry.linear.forEachBlock { elements, _, output in
      for element in elements { sums[output] += term(weights[element]) }
    }
    return sums
  }

  /// The largest |γ| of the batch normalizations.
  func largestGain() throws(InfoldError) -> Double {
    var largest = 0.0
    for part in entry.before + entry.after where graph[part.node].isNormalization {
      let gamma: [Double] = try graph.constant(graph[part.node].inputs[1]!)!.widened().elements()
      largest = gamma.reduce(largest) { max($0, $1.magnitude) }
    }
    return largest
  }

  /// The number of channels for which a batch normalization after the operator has a variance of at
  /// most epsilon. There, epsilon determines the scale.
  func channelsWithoutVariance() throws(InfoldError) -> Int {
    var count = 0
    for part in entry.after {
      guard case .normalization(let epsilon, _)? = graph[part.node].typed?.affineForm else { continue }
      let variance: [Double] = try graph.constant(graph[part.node].inputs[4]!)!.widened().elements()
      count += variance[part.channels].count { $0 <= Double(epsilon) }
    }
    return count
  }

  /// Whether the weight comes from a DequantizeLinear node.
  var isQuantized: Bool { quantization(ofInput: 1) != nil }

  /// The largest error of each output channel's bias from rounding to an integer. 0 if the bias is
  /// not dequantized.
  var biasRoundings: [Double] {
    let channels = entry.linear.outputChannels
    guard entry.linear.takesBias, node.inputs.count > 2, let scale = quantization(ofInput: 2),
      let numbers: [Double] = try? graph.constant(scale)?.widened().elements()
    else { return Array(repeating: 0, count: channels) }
    // The quotient itself is rounded in double precision.
    return (0..<channels).map { 0.5 * (1 + 0x1p-20) * numbers[numbers.count == 1 ? 0 : $0] }
  }

  /// The scale of the DequantizeLinear node that writes an input of the operator.
  private func quantization(ofInput place: Int) -> ValueID? {
    guard let input = node.inputs[place],
      let producer = graph.index.producer(of: input).map({ graph[$0] }), producer.quantizationRole == .dequantizes
    else { return nil }
    return producer.inputs[1]
  }

  /// The number of maps around the operator that round: all except an Add that is the bias of a
  /// MatMul.
  var mapsThatRound: Int {
    let maps = entry.before.count + entry.after.count
    guard !entry.linear.takesBias, let first = entry.after.first,
      case .arithmetic(let combination)? = graph[first.node].typed?.affineForm, combination.function == .sum
    else { return maps }
    return maps - 1
  }
}

/// The positions of each channel's elements in a tensor.
struct ChannelLayout {
  private let outer: Int
  private let channels: Int
  private let inner: Int

  init(_ shape: [Int], axis: Int) {
    outer = shape[..<axis].reduce(1, *)
    channels = shape[axis]
    inner = shape[(axis + 1)...].reduce(1, *)
  }

  /// A shape of four dimensions whose second dimension holds the channels.
  var shape: [Int] { [outer, channels, inner, 1] }

  /// Calls `body` with every range of adjacent elements of one channel.
  func forEachRow(_ body: (_ channel: Int, _ elements: Range<Int>) -> Void) {
    for row in 0..<(outer * channels) { body(row % channels, (row * inner)..<((row + 1) * inner)) }
  }
}

extension Tensor {
  /// A range of the elements of a one-dimensional floating-point tensor.
  func elements(_ range: Range<Int>) throws(InfoldError) -> Tensor {
    guard range.count < count else { return self }
    let numbers: [Double] = try widened().elements()
    return try Tensor(shape: [range.count], Array(numbers[range])).converted(to: elementType)
  }

  /// The magnitudes of the elements, in float64.
  func magnitudes() throws(InfoldError) -> Tensor {
    let numbers: [Double] = try widened().elements()
    return try Tensor(shape: shape, numbers.map(\.magnitude))
  }
}
