import InfoldGraph
import InfoldSystem
import InfoldTensor

/// A pool that computes in floating point. X is [N, C, D1, …]; Y is [N, C, O1, …].
protocol FloatingPointPool: StandardFloatingPointOperator {
  /// The sliding window.
  var window: SlidingWindow { get }
}

extension FloatingPointPool {
  public static var family: OperatorFamily { .pool }

  public static func arity(since version: Int) -> Arity { Arity(1) }

  public func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .axes(inputs) { $0 < 2 } }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    return [TensorType(x.elementType, try window.pooled(x.shape))]
  }
}
