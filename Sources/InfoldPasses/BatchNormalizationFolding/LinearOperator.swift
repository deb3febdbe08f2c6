import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// A node that is linear in its input, with constant weights: where folding writes to.
package struct LinearOperator: Sendable {
  /// How the operator is linear.
  package let form: LinearForm
  /// Sizes of the weight: its first two dimensions, and the elements behind them.
  private let outer: (Int, Int)
  private let inner: Int

  /// - Returns: `nil` for an operator that is not linear, or a weight of another rank than its.
  init?(_ node: Node, weight: [Int]) {
    guard let form = node.typed?.linearForm, form.hasWindow ? weight.count >= 3 : weight.count == 2 else { return nil }
    self.form = form
    outer = (weight[0], weight[1])
    inner = weight[2...].reduce(1, *)
  }

  package var outputChannels: Int { form.outputAxis == 0 ? outer.0 : outer.1 * form.groups }

  package var inputChannels: Int { form.outputAxis == 0 ? outer.1 * form.groups : outer.0 }

  /// The products that are added up for one element of the output, at most.
  package var dotLength: Int { inputChannels / form.groups * inner }

  /// Whether the bias belongs to one output channel each, and stands in input 2.
  package var takesBias: Bool {
    if case .none = form.bias { false } else { true }
  }

  /// Whether the bias is multiplied with a number of its own.
  package var scalesBias: Bool {
    if case .scaled = form.bias { true } else { false }
  }

  /// What the products of the weight are multiplied with.
  package var alpha: Double { Double(form.alpha) }

  /// The axis of the output's channels.
  package func channelAxis(rank: Int) -> Int { form.writesChannelsLast ? rank - 1 : 1 }

  /// What the operator adds in each output channel: the bias, times beta where it is scaled; `nil` when it is not one number per
  /// channel.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  package func biasPerChannel(_ bias: Tensor) throws(InfoldError) -> [Double]? {
    let elements: [Double] = try bias.widened().elements()
    guard case .scaled(let beta, _) = form.bias else { return elements.count == outputChannels ? elements : nil }
    guard bias.shape.dropLast().allSatisfy({ $0 == 1 }) else { return nil }
    let scaled = elements.map { beta == 0 ? 0 : $0 * Double(beta) }
    return scaled.count == outputChannels
      ? scaled : scaled.count == 1 ? Array(repeating: scaled[0], count: outputChannels) : nil
  }

  /// What a node of this operator adds in each output channel; `nil` without a bias, and when it is not one number per channel.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  func bias(of node: Node, in graph: Graph) throws(InfoldError) -> [Double]? {
    guard node.inputs.count > 2, let tensor = node.inputs[2].flatMap(graph.constant) else { return nil }
    return try biasPerChannel(tensor)
  }

  /// The elements of each output channel, where they follow one another; `nil` where they do not.
  package var elementsOfOutput: Int? { form.outputAxis == 0 ? outer.1 * inner : nil }

  /// Calls `body` with the range of elements, and the channels that they connect.
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
