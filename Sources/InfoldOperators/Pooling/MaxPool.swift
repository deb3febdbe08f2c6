import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX MaxPool, opsets 1, 8, 10, 11, 12, 22: the maximum of each window, over 1 to 3 spatial
/// dimensions.
///
/// X is [N, C, D1, …]; Y and the optional output Indices (int64) are [N, C, O1, …]. Indices holds
/// the offset in X of each maximum. NaN counts as the maximum; of equal elements, the first one is
/// selected. A window that covers only padding gives the lowest value (−∞) and the index −1.
package struct MaxPool: NumericOperator {
  package static let name = "MaxPool"
  package static let versions = [1, 8, 10, 11, 12, 22]
  package static let compatibleVersions = [8, 10, 11, 12, 22]
  package static let family = OperatorFamily.pool
  package static func elementTypes(since version: Int) -> ElementTypeSet {
    version < 12 ? .floatingPoint : ElementTypeSet(ElementTypeSet.floatingPoint.types + [.int8, .uint8])
  }
  package static func arity(since version: Int) -> Arity { Arity(inputs: 1...1, outputs: version < 8 ? 1...1 : 1...2) }

  /// The sliding window.
  package let window: SlidingWindow
  /// Whether Indices is column-major: within a channel, the first spatial dimension varies fastest
  /// (`storage_order` 1).
  package let isColumnMajor: Bool
  private let elementTypes: ElementTypeSet

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    let version = attributes.version
    window = try SlidingWindow(
      pooling: SlidingWindow.Attributes(&attributes, hasDilations: version >= 10, hasCeilMode: version >= 10))
    isColumnMajor = version < 8 ? false : try attributes.flag("storage_order")
    elementTypes = Self.elementTypes(since: version)
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: elementTypes)
    let shape = try window.pooled(x.shape)
    return [TensorType(x.elementType, shape), TensorType(.int64, shape)]
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    // Indices are offsets in the whole batch, so the second output depends on the position.
    .axes(inputs) { $0 < 2 }
  }

  package func evaluate<Element: NumericElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!
    let extents = try window.extents(x.shape[2...])
    let geometry = PoolingGeometry(window, extents, input: Array(x.shape[2...]))
    var y = try Tensor(zeros: x.shape[..<2] + extents.map(\.output), of: Element.elementType)
    let channels = x.shape[0] * x.shape[1]
    var indices = context.wantsOutput(1) ? try Tensor(zeros: y.shape, of: .int64) : nil
    try x.withElements(as: Element.self) { x throws(InfoldError) in
      try y.withMutableSpan { y in
        forEachMaximum(x, channels, geometry) { place, start, offset in
          y[place] = offset.map { x[start + $0] } ?? .lowest
        }
      }
      try indices?.withMutableSpan { indices in
        forEachMaximum(x, channels, geometry) { place, start, offset in
          indices[place] = offset.map { Int64(start + (isColumnMajor ? geometry.columnMajor($0) : $0)) } ?? -1
        }
      }
    }
    return [y, indices]
  }

  /// Calls `body` for each window with its offset in Y, the offset of its channel in X, and the
  /// offset of its maximum.
  @inline(__always)
  private func forEachMaximum<Element: NumericElement>(
    _ x: borrowing Span<Element>, _ channels: Int, _ geometry: PoolingGeometry, _ body: (Int, Int, Int?) -> Void
  ) {
    for channel in 0..<channels {
      let start = channel * geometry.inputCount
      geometry.forEachWindow { output, window in
        var maximum: (value: Element, offset: Int)?
        window.forEachOffset { offset in
          let value = x[start + offset]
          guard let present = maximum else { return maximum = (value, offset) }
          // Only NaN differs from itself. Once NaN is the maximum, it stays.
          if !(value <= present.value), present.value == present.value { maximum = (value, offset) }
        }
        body(channel * geometry.outputCount + output, start, maximum?.offset)
      }
    }
  }
}

extension MaxPool {
  package var quantizedForm: QuantizedForm? { .movement }

  package static var rounds: Bool { false }

  package var averagesInput: Bool { true }
}
