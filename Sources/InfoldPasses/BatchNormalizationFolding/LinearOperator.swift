import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// A node that is linear in its input and has constant weights. Maps are folded into its weights.
package struct LinearOperator: Sendable {
  /// The linear form of the operator.
  package let form: LinearForm
  /// The first two dimensions of the weight, and the number of elements in the others.
  private let outer: (Int, Int)
  private let inner: Int

  /// Creates the linear operator of a node.
  /// - Returns: `nil` if the operator is not linear, or its weight has an unexpected rank.
  init?(_ node: Node, weight: [Int]) {
    guard let form = node.typed?.linearForm, form.hasWindow ? weight.count >= 3 : weight.count == 2 else { return nil }
    self.form = form
    outer = (weight[0], weight[1])
    inner = weight[2...].reduce(1, *)
  }

  package var outputChannels: Int { form.outputAxis == 0 ? outer.0 : outer.1 * form.groups }

  package var inputChannels: Int { form.outputAxis == 0 ? outer.1 * form.groups : outer.0 }

  /// The maximum number of products that are summed for one element of the output.
  package var dotLength: Int { inputChannels / form.groups * inner }

  /// Whether the operator has a bias per output channel in input 2.
  package var takesBias: Bool {
    if case .none = form.bias { false } else { true }
  }

  /// Whether the bias is multiplied by its own factor.
  package var scalesBias: Bool {
    if case .scaled = form.bias { true } else { false }
  }

  /// The factor of the products.
  package var alpha: Double { Double(form.alpha) }

  /// Returns the channel axis of the output.
  package func channelAxis(rank: Int) -> Int { form.writesChannelsLast ? rank - 1 : 1 }

  /// Returns the summand of each output channel: the bias, multiplied by beta if it is scaled, or
  /// `nil` if it is not one number per channel.
  /// - Throws: `InfoldError` with `.limitExceeded` if memory cannot be allocated.
  package func biasPerChannel(_ bias: Tensor) throws(InfoldError) -> [Double]? {
    let elements: [Double] = try bias.widened().elements()
    guard case .scaled(let beta, _) = form.bias else { return elements.count == outputChannels ? elements : nil }
    guard bias.shape.dropLast().allSatisfy({ $0 == 1 }) else { return nil }
    let scaled = elements.map { beta == 0 ? 0 : $0 * Double(beta) }
    return scaled.count == outputChannels
      ? scaled : scaled.count == 1 ? Array(repeating: scaled[0], count: outputChannels) : nil
  }

  /// Returns the summand of each output channel for a node of this operator, or `nil` if it has no
  /// bias or the bias is not one number per channel.
  /// - Throws: `InfoldError` with `.limitExceeded` if memory cannot be allocated.
  func bias(of node: Node, in graph: Graph) throws(InfoldError) -> [Double]? {
    guard node.inputs.count > 2, let tensor = node.inputs[2].flatMap(graph.constant) else { return nil }
    return try biasPerChannel(tensor)
  }

  /// The number of elements of each output channel if they are contiguous, or `nil`.
  package var elementsOfOutput: Int? { form.outputAxis == 0 ? outer.1 * inner : nil }

  /// Calls `body` with ranges of elements and the input and output channel that each connects.
  @inline(__always)
  package func forEachBlock(_ body: (_ elements: Range<Int>, _ input: Int, _ output: Int) -> Void) {
    let beginsWithOutputs = form.outputAxis == 0
    var start = 0
    for a in 0..<outer.0 {
      let first = a / (outer.0 / form.groups) * outer.1
      for b in first..<(first + outer.1) {
        body(start..<(start + inner), beginsWithOutputs ? b : a, beginsWithOutputs ? a : b)
        start += inner
      }
    }
  }
}
