import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX ConvTranspose, opsets 1, 11, 22: transposed convolution over 1 to 3 spatial dimensions.
///
/// X is [N, C, D1, …], W is [C, M / group, k1, …], the optional B is [M], and Y is [N, M, O1, …]:
/// Y[n, m, i · stride + k · dilation − pad] accumulates W[c, m, k] · X[n, c, i] over every c of m's
/// group and every i and k, plus B[m].
package struct ConvTranspose: ConvolutionOperator {
  package static let name = "ConvTranspose"
  package static let versions = [1, 11, 22]
  package static let compatibleVersions = [22]

  /// The number of channel groups, at least 1.
  package let group: Int
  private let windowAttributes: SlidingWindow.Attributes
  private let outputPadding: [Int]?
  private let outputShape: [Int]?

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    windowAttributes = try SlidingWindow.Attributes(&attributes, hasDilations: true, hasCeilMode: false)
    outputPadding = try attributes.ints("output_padding")
    outputShape = try attributes.ints("output_shape")
    group = try attributes.int("group") ?? 1
    guard group >= 1 else { throw InfoldError(.invalidModel, "group is \(group) but must be at least 1") }
  }

  /// Returns the window for a weight with these spatial sizes.
  /// - Throws: `InfoldError.Code.invalidModel` if the attributes contradict the weight.
  package func window(kernel: [Int]) throws(InfoldError) -> TransposedWindow {
    try TransposedWindow(
      window: SlidingWindow(windowAttributes, ofWeight: kernel), outputPadding: outputPadding, outputShape: outputShape)
  }

  func filters(_ x: Shape, _ weight: Shape, bias: Shape?) throws(InfoldError) -> Dimension {
    guard let channels = x[1].merged(with: weight[0]) else {
      throw InfoldError(
        .invalidModel, "shape mismatch: the input \(x) and the weight \(weight) have different numbers of channels")
    }
    if let channels = channels.size, channels % group != 0 {
      throw InfoldError(
        .invalidModel,
        "the input has \(counted(channels, "channel")), which is not divisible into \(counted(group, "group"))")
    }
    guard let perGroup = weight[1].size else { return group == 1 ? weight[1] : bias?[0] ?? .unknown }
    guard let filters = checkedProduct([perGroup, group]) else {
      throw InfoldError(.limitExceeded, "\(group) groups of \(perGroup) filters are too many")
    }
    if let biasCount = bias?[0].size, biasCount != filters {
      throw InfoldError(
        .invalidModel, "shape mismatch: the bias has \(counted(biasCount, "element")) for \(counted(filters, "filter"))"
      )
    }
    return .fixed(filters)
  }

  /// Counts the elements of X, each multiplied by the window of every filter of its group.
  package func multiplyAccumulates(inputs: [TensorType?], outputs: [TensorType?]) -> Int? {
    guard let input = inputs[0]?.shape?.sizes, let weight = inputs[1]?.shape?.sizes else { return nil }
    return checkedProduct(input + weight.dropFirst())
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!, weight = inputs[1]!
    let bias = inputs.count > 2 ? inputs[2] : nil
    let window = try window(kernel: Array(weight.shape[2...]))
    let channels = x.shape[1], perGroup = weight.shape[1], filters = perGroup * group
    let extents = try window.extents(x.shape[2...])
    var y = try Tensor(zeros: [x.shape[0], filters] + extents.map(\.output), of: Element.elementType)
    guard y.count > 0 else { return [y] }
    let geometry = window.geometry(extents, input: Array(x.shape[2...]))
    let biases = try bias?.elements(as: Element.self)
    try y.withMutableSpan(as: Element.self) { y in
      if let biases {
        for index in y.indices { y[index] = biases[index / geometry.inputCount % filters] }
      }
      x.withElements(as: Element.self) { x in
        weight.withElements(as: Element.self) { weight in
          for plane in 0..<(geometry.outputCount == 0 ? 0 : x.count / geometry.outputCount) {
            let (n, c) = plane.quotientAndRemainder(dividingBy: channels)
            let firstFilter = n * filters + c / (channels / group) * perGroup
            for m in 0..<perGroup {
              geometry.accumulateTransposed(
                x, from: plane * geometry.outputCount, weight, from: (c * perGroup + m) * geometry.kernelCount,
                into: &y, at: (firstFilter + m) * geometry.inputCount)
            }
          }
        }
      }
    }
    return [y]
  }
}

extension ConvTranspose {
  package var linearForm: LinearForm? { LinearForm(outputAxis: 1, hasWindow: true, groups: group) }
}
