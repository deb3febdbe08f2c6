import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Conv, opsets 1, 11, 22: convolution over 1 to 3 spatial dimensions.
///
/// X is [N, C, D1, …], W is [M, C / group, k1, …], the optional B is [M], and Y is [N, M, O1, …]:
/// Y[n, m, o] = B[m] + Σ over c, k of W[m, c, k] · X[n, group's c, o · stride + k · dilation −
/// pad].
package struct Conv: ConvolutionOperator {
  package static let name = "Conv"
  package static let versions = [1, 11, 22]
  package static let compatibleVersions = [11, 22]

  /// The number of channel groups, at least 1.
  package let group: Int
  private let windowAttributes: SlidingWindow.Attributes

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    windowAttributes = try SlidingWindow.Attributes(&attributes, hasDilations: true, hasCeilMode: false)
    group = try attributes.int("group") ?? 1
    guard group >= 1 else { throw InfoldError(.invalidModel, "group is \(group) but must be at least 1") }
  }

  /// Returns the sliding window for a weight with these spatial sizes.
  /// - Throws: `InfoldError.Code.invalidModel` if the attributes contradict the weight.
  package func window(kernel: [Int]) throws(InfoldError) -> SlidingWindow {
    try SlidingWindow(windowAttributes, ofWeight: kernel)
  }

  func filters(_ x: Shape, _ weight: Shape, bias: Shape?) throws(InfoldError) -> Dimension {
    if let channels = x[1].size, let perGroup = weight[1].size,
      channels % group != 0 || channels / group != perGroup
    {
      throw InfoldError(
        .invalidModel,
        "the input has \(counted(channels, "channel")) in \(counted(group, "group")), but the weight \(weight) takes "
          + "\(perGroup) per group")
    }
    guard let filters = weight[0].size else { return weight[0] }
    guard filters % group == 0 else {
      throw InfoldError(
        .invalidModel,
        "the weight \(weight) has \(counted(filters, "filter")), which is not divisible into \(counted(group, "group"))"
      )
    }
    if let biasCount = bias?[0].size, biasCount != filters {
      throw InfoldError(
        .invalidModel,
        "shape mismatch: the bias has \(counted(biasCount, "element")), but the weight has \(counted(filters, "filter"))"
      )
    }
    return weight[0]
  }

  /// Counts the elements of Y, each a sum over the channels of a group and the window, including
  /// padding.
  package func multiplyAccumulates(inputs: [TensorType?], outputs: [TensorType?]) -> Int? {
    guard let output = outputs[0]?.shape?.sizes, let weight = inputs[1]?.shape?.sizes else { return nil }
    return checkedProduct(output + weight.dropFirst())
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    [
      try convolved(
        inputs[0]!, inputs[1]!, bias: inputs.count > 2 ? inputs[2] : nil, as: Element.self)
    ]
  }

  /// Returns the convolution of tensors with elements of type `Element`. Integers wrap around.
  func convolved<Element: NumericElement>(
    _ x: Tensor, _ weight: Tensor, bias: Tensor?, as _: Element.Type
  ) throws(InfoldError) -> Tensor {
    let window = try window(kernel: Array(weight.shape[2...]))
    let extents = try window.extents(x.shape[2...])
    var y = try Tensor(zeros: [x.shape[0], weight.shape[0]] + extents.map(\.output), of: Element.elementType)
    let geometry = ConvolutionGeometry(window, extents, input: Array(x.shape[2...]))
    let filters = weight.shape[0], perGroup = weight.shape[1]
    guard y.count > 0 else { return y }
    let biases = try bias?.elements(as: Element.self)
    try y.withMutableSpan(as: Element.self) { y in
      x.withElements(as: Element.self) { x in
        weight.withElements(as: Element.self) { weight in
          for plane in 0..<(y.count / geometry.outputCount) {
            let (n, m) = plane.quotientAndRemainder(dividingBy: filters)
            let firstChannel = m / (filters / group) * perGroup
            let output = plane * geometry.outputCount
            if let biases {
              for index in output..<(output + geometry.outputCount) { y[index] = biases[m] }
            }
            for c in 0..<perGroup {
              geometry.accumulate(
                x, from: (n * perGroup * group + firstChannel + c) * geometry.inputCount,
                weight, from: (m * perGroup + c) * geometry.kernelCount, into: &y, at: output)
            }
          }
        }
      }
    }
    return y
  }
}

extension Conv {
  package var quantizedForm: QuantizedForm? { .convolution }

  package var linearForm: LinearForm? { LinearForm(outputAxis: 0, hasWindow: true, groups: group, reading: .window) }

  package func mayPad(input: Shape?, weight: [Int]) -> Bool? {
    guard weight.count > 2, let window = try? window(kernel: Array(weight[2...])) else { return nil }
    return window.mayPad(input: input.map { Array($0[2...]) })
  }
}
