public import Infold

/// Downsamples pictures without aliasing (R. Zhang, "Making Convolutional Networks Shift-Invariant
/// Again", 2019). Each channel is blurred with the binomial filter 1 2 1 along both axes, and every
/// `stride`-th pixel is kept. Outside the picture, the nearest edge pixel is used.
///
/// x [N, C, H, W] of any floating-point type; y [N, C, ⌈H ÷ stride⌉, ⌈W ÷ stride⌉] of the same
/// type. Attribute `stride`: at least 1, by default 2.
public struct BlurPool: FloatingPointOperator {
  public static let name = "BlurPool"
  public static let domain = "com.example"
  public static let versions = [1]

  public static func arity(since version: Int) -> Arity { Arity(1) }

  private let stride: Int

  public init(_ attributes: inout AttributeReader) throws(InfoldError) {
    stride = try attributes.int("stride") ?? 2
    guard stride >= 1 else { throw InfoldError(.invalidModel, "stride is \(stride), but must be at least 1") }
  }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    var type = try inputs.type(0, of: .floatingPoint)
    try inputs.requireRank(4...4, of: 0)
    for axis in 2...3 {
      if let dimension = type.shape?[axis] { type.shape?[axis] = reduced(dimension) }
    }
    return [type]
  }

  /// Images and channels are independent, so a batch may be computed image by image.
  public func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    AxisMapping([IndependentAxis(0), IndependentAxis(1)])
  }

  public func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    let height = x.shape[2], width = x.shape[3]
    let rows = reduced(height), columns = reduced(width)
    var y = try Tensor(zeros: [x.shape[0], x.shape[1], rows, columns], of: Element.elementType)
    let taps: [(offset: Int, weight: Element)] = [(-1, 0.25), (0, 0.5), (1, 0.25)]
    try x.withSpan(as: Element.self) { x throws(InfoldError) in
      try y.withMutableSpan(as: Element.self) { y in
        for position in y.indices {
          let column = position % columns * stride, row = position / columns % rows * stride
          let plane = position / (rows * columns) * height * width
          var sum: Element = 0
          for vertical in taps {
            let start = plane + clamped(row + vertical.offset, below: height) * width
            for horizontal in taps {
              let weight = vertical.weight * horizontal.weight
              sum += weight * x[start + clamped(column + horizontal.offset, below: width)]
            }
          }
          y[position] = sum
        }
      }
    }
    return [y]
  }

  private func reduced(_ size: Int) -> Int { size / stride + (size % stride == 0 ? 0 : 1) }

  /// The same for a size that may be a symbol: ⌈H ÷ 2⌉ is unknown until H is known.
  private func reduced(_ dimension: Dimension) -> Dimension {
    switch dimension {
    case .fixed(let size): .fixed(reduced(size))
    case .symbol, .unknown: stride == 1 ? dimension : .unknown
    }
  }
}

private func clamped(_ index: Int, below count: Int) -> Int { min(max(index, 0), count - 1) }
