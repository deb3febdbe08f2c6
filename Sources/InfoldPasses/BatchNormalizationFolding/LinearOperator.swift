import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// A node that is linear in its input, with constant weights: where folding writes to.
package struct LinearOperator: Sendable {
  /// The operators that weights can be folded into.
  package enum Kind: Sendable {
    case conv(Conv)
    case convTranspose(ConvTranspose)
    case gemm(Gemm)
    case matMul
  }

  package let kind: Kind
  /// Sizes of the weight: its first two dimensions, and the elements behind them.
  private let outer: (Int, Int)
  private let inner: Int
  private let group: Int

  /// - Returns: `nil` for another operator, or a weight of another rank than its.
  init?(_ node: Node, weight: [Int]) {
    switch node.typed {
    case let conv as Conv: (kind, group) = (.conv(conv), conv.group)
    case let convTranspose as ConvTranspose: (kind, group) = (.convTranspose(convTranspose), convTranspose.group)
    case let gemm as Gemm: (kind, group) = (.gemm(gemm), 1)
    case is MatMul: (kind, group) = (.matMul, 1)
    default: return nil
    }
    switch kind {
    case .conv, .convTranspose: guard weight.count >= 3 else { return nil }
    case .gemm, .matMul: guard weight.count == 2 else { return nil }
    }
    outer = (weight[0], weight[1])
    inner = weight[2...].reduce(1, *)
  }

  /// Whether the node is of one of these operators.
  static func isLinear(_ node: Node) -> Bool {
    node.typed is Conv || node.typed is ConvTranspose || node.typed is Gemm || node.typed is MatMul
  }

  package var outputChannels: Int {
    switch kind {
    case .conv: outer.0
    case .convTranspose: outer.1 * group
    case .gemm(let gemm): gemm.transB ? outer.0 : outer.1
    case .matMul: outer.1
    }
  }

  package var inputChannels: Int {
    switch kind {
    case .conv: outer.1 * group
    case .convTranspose: outer.0
    case .gemm(let gemm): gemm.transB ? outer.1 : outer.0
    case .matMul: outer.0
    }
  }

  /// Whether the weight's first dimension is that of the output channels.
  private var beginsWithOutputs: Bool {
    switch kind {
    case .conv: true
    case .gemm(let gemm): gemm.transB
    case .convTranspose, .matMul: false
    }
  }

  /// The products that are added up for one element of the output, at most.
  package var dotLength: Int {
    switch kind {
    case .conv: outer.1 * inner
    case .convTranspose: outer.0 / group * inner
    case .gemm, .matMul: inputChannels
    }
  }

  /// Whether the bias belongs to one output channel each, and stands in input 2.
  package var takesBias: Bool {
    if case .matMul = kind { false } else { true }
  }

  package var isGemm: Bool {
    if case .gemm = kind { true } else { false }
  }

  /// What the products of the weight are multiplied with: Gemm's α.
  package var alpha: Double {
    if case .gemm(let gemm) = kind { Double(gemm.alpha) } else { 1 }
  }

  /// What the operator adds in each output channel: the bias, times β for Gemm; `nil` when it is not one number per
  /// channel.
  /// - Throws: `InfoldError` with `.limitExceeded`.
  package func biasPerChannel(_ bias: Tensor) throws(InfoldError) -> [Double]? {
    let elements: [Double] = try bias.widened().elements()
    guard case .gemm(let gemm) = kind else { return elements.count == outputChannels ? elements : nil }
    guard bias.shape.dropLast().allSatisfy({ $0 == 1 }) else { return nil }
    let scaled = elements.map { gemm.beta == 0 ? 0 : $0 * Double(gemm.beta) }
    return scaled.count == outputChannels
      ? scaled : scaled.count == 1 ? Array(repeating: scaled[0], count: outputChannels) : nil
  }

  /// The elements of each output channel, where they follow one another; `nil` where they do not.
  package var elementsOfOutput: Int? { beginsWithOutputs ? outer.1 * inner : nil }

  /// Calls `body` with the range of elements, and the channels that they connect.
  @inline(__always)
  package func forEachBlock(_ body: (_ elements: Range<Int>, _ input: Int, _ output: Int) -> Void) {
    let beginsWithOutputs = beginsWithOutputs
    var start = 0
    for a in 0..<outer.0 {
      let first = a / (outer.0 / group) * outer.1
      for b in first..<(first + outer.1) {
        body(start..<(start + inner), beginsWithOutputs ? b : a, beginsWithOutputs ? a : b)
        start += inner
      }
    }
  }
}
