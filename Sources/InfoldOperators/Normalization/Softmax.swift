import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX Softmax, opsets 1, 11, 13: exp(x) ÷ Σ exp(x) along `axis`. X and Y have the same shape.
///
/// Before opset 13, the sum covers `axis`, 1 by default, and all following dimensions. For an input
/// of rank 1, the default is its only axis.
package struct Softmax: SoftmaxOperator {
  package static let name = "Softmax"
  package static let returnsProbabilities = true

  /// The normalized dimension, or the first of them.
  package let axis: SoftmaxAxis

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try SoftmaxAxis(&attributes)
  }

  /// Creates a softmax along an axis.
  init(axis: SoftmaxAxis) { self.axis = axis }

  func apply<Element: FloatingPointElement>(_ x: Element, maximum: Element, sum: Double) -> Element {
    .exp(x - maximum) / Element(sum)
  }
}

/// ONNX LogSoftmax, opsets 1, 11, 13: x − log Σ exp(x) along `axis`. X and Y have the same shape.
///
/// Before opset 13, the sum covers `axis`, 1 by default, and all following dimensions. For an input
/// of rank 1, the default is its only axis.
package struct LogSoftmax: SoftmaxOperator {
  package static let name = "LogSoftmax"

  /// The normalized dimension, or the first of them.
  package let axis: SoftmaxAxis

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try SoftmaxAxis(&attributes)
  }

  func apply<Element: FloatingPointElement>(_ x: Element, maximum: Element, sum: Double) -> Element {
    x - maximum - Element(Double.log(sum))
  }
}

/// The axis that Softmax and LogSoftmax normalize, and that Hardmax searches.
package struct SoftmaxAxis: Sendable, Hashable {
  /// The attribute or its default. Negative values count from the end.
  package let axis: Int
  /// Whether the operator also covers all dimensions after the axis (before opset 13).
  package let flattens: Bool
  private let isDefault: Bool

  init(_ attributes: inout AttributeReader) throws(InfoldError) {
    flattens = attributes.version < 13
    let given = try attributes.int("axis")
    axis = given ?? (flattens ? 1 : -1)
    isDefault = given == nil
  }

  private init(axis: Int) { (self.axis, flattens, isDefault) = (axis, false, false) }

  /// The last axis.
  static let last = SoftmaxAxis(axis: -1)

  /// Returns whether the model relies on a default that a tensor of this rank does not have: axis
  /// 1, the default before opset 13, for rank 1. Infold then uses axis 0, like other runtimes and
  /// ONNX's own reference evaluator. The standard does not define this case, so the model gets a
  /// warning.
  package func isMissing(rank: Int) -> Bool { isDefault && axis == 1 && rank == 1 }

  /// Returns the nonnegative axis in a tensor of this rank.
  /// - Throws: `InfoldError.Code.invalidModel` if the axis does not exist.
  package func position(rank: Int) throws(InfoldError) -> Int {
    isMissing(rank: rank) ? 0 : try normalizedAxis(axis, rank: rank)
  }

  /// The positions of a line: `length` elements starting at `first`, `stride` apart.
  struct Line {
    let first: Int
    let length: Int
    let stride: Int
  }

  /// Returns the length and stride of the lines along the axis. `stride` lines start at consecutive
  /// elements.
  package func lines(_ shape: [Int]) throws(InfoldError) -> (length: Int, stride: Int) {
    let axis = try position(rank: shape.count)
    let trailing = shape[(axis + 1)...].reduce(1, *)
    return flattens ? (shape[axis] * trailing, 1) : (shape[axis], trailing)
  }
}

/// An operator that computes each line along an axis independently.
protocol LineOperator: StandardFloatingPointOperator {
  var axis: SoftmaxAxis { get }
  /// Writes a line of `y`, initially zero, from the same line of `x`.
  func write<Element: FloatingPointElement>(
    _ line: SoftmaxAxis.Line, of y: inout MutableSpan<Element>, from x: Span<Element>)
}

/// The common part of Softmax and LogSoftmax.
protocol SoftmaxOperator: LineOperator {
  /// Returns the result for `x` in a line with this maximum and this sum of exp(x − maximum).
  func apply<Element: FloatingPointElement>(_ x: Element, maximum: Element, sum: Double) -> Element
}

extension LineOperator {
  package static var versions: [Int] { [1, 11, 13] }
  package static var compatibleVersions: [Int] { [11] }
  package static var family: OperatorFamily { .activation }
  package static func arity(since version: Int) -> Arity { Arity(1) }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    if let shape = x.shape {
      _ = try axis.position(rank: shape.rank)
      if axis.isMissing(rank: shape.rank) {
        WarningCollector.current?.add([
          ModelWarning(
            .impossibleDefault,
            "the default axis 1 does not exist in an input of rank 1; axis 0 is used")
        ])
      }
    }
    return [x]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard let rank = inputs.types[0]?.shape?.rank, let position = try? axis.position(rank: rank) else {
      return .unknown
    }
    return .axes(inputs) { axis.flattens ? $0 < position : $0 != position }
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    guard inputs[0]!.count > 0 else { return inputs }
    let (length, stride) = try axis.lines(inputs[0]!.shape)
    return [
      try inputs[0]!.rewritten { (x: borrowing Span<Element>, y) in
        for line in 0..<(x.count / length) {
          let first = line / stride * length * stride + line % stride
          write(SoftmaxAxis.Line(first: first, length: length, stride: stride), of: &y, from: x)
        }
      }
    ]
  }
}

extension SoftmaxOperator {
  func write<Element: FloatingPointElement>(
    _ line: SoftmaxAxis.Line, of y: inout MutableSpan<Element>, from x: Span<Element>
  ) {
    let (first, length, stride) = (line.first, line.length, line.stride)
    var maximum = x[first]
    for index in 1..<length { maximum = max(maximum, x[first + index * stride]) }
    var sum = 0.0
    for index in 0..<length { sum += Double(Element.exp(x[first + index * stride] - maximum)) }
    for index in 0..<length {
      let place = first + index * stride
      y[place] = apply(x[place], maximum: maximum, sum: sum)
    }
  }
}
