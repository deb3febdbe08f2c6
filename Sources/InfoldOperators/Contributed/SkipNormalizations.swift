import InfoldGraph
import InfoldSystem
import InfoldTensor

/// com.microsoft SkipLayerNormalization: the layer normalization of input + skip + bias over the
/// last dimension, with scale gamma and shift beta.
///
/// The outputs are the result, the mean and 1 ÷ deviation, both float32 [d0, …, 1], and the sum.
package struct SkipLayerNormalization: ContributedFloatingPointOperator {
  package static let name = "SkipLayerNormalization"
  package static let family = OperatorFamily.normalization
  package static func arity(since version: Int) -> Arity { Arity(inputs: 3...5, outputs: 1...4) }

  private let epsilon: Float
  private let hasStatisticsOutputs: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    epsilon = try attributes.float("epsilon") ?? 1e-12
    hasStatisticsOutputs = attributes.hasOutput(1) || attributes.hasOutput(2)
  }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    let sum = try network.skipSum(bias: 4)
    // Kernels compute only the result, so ask for statistics only if they are wanted. Outputs that
    // are not wanted may have any value.
    let results = try network.add(
      LayerNormalization.name, [sum, network[2], network[3]], ["epsilon": .float(epsilon)],
      outputs: hasStatisticsOutputs ? 3 : 1)
    return results + Array(repeating: sum, count: 4 - results.count)
  }
}

/// com.microsoft SkipSimplifiedLayerNormalization: the root mean square normalization of input +
/// skip + bias over the last dimension, with scale gamma.
///
/// The outputs are the result, a mean that is not supported, 1 ÷ root mean square, float32 [d0, …,
/// 1], and the sum.
package struct SkipSimplifiedLayerNormalization: ContributedFloatingPointOperator {
  package static let name = "SkipSimplifiedLayerNormalization"
  package static let family = OperatorFamily.normalization
  package static func arity(since version: Int) -> Arity { Arity(inputs: 3...4, outputs: 1...4) }

  private let epsilon: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    epsilon = try attributes.float("epsilon") ?? 1e-12
    if attributes.hasOutput(1) {
      throw InfoldError(.unsupported, "unsupported output mean, which has no definition")
    }
  }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    let sum = try network.skipSum(bias: 3)
    let result = try network.add(
      RMSNormalization.name, [sum, network[2]], ["epsilon": .float(epsilon)])
    let inverse = try network.inverseRootMeanSquare(sum, axes: [-1], epsilon)
    return [result, inverse, inverse, sum]
  }
}

/// SimplifiedLayerNormalization, which ONNX Runtime adds to ONNX's own domain: root mean square
/// normalization over `axis` and all following dimensions, with a scale.
///
/// The outputs are the result, of the scale's type, and 1 ÷ root mean square, float32 [d0, …,
/// d(axis − 1), 1, …, 1].
package struct SimplifiedLayerNormalization: ComposedOperator {
  package static let name = "SimplifiedLayerNormalization"
  package static let versions = [1]
  package static let family = OperatorFamily.normalization
  package static let widening = Widening.sameFunction
  package static func elementTypes(since version: Int) -> ElementTypeSet { .floatingPoint }
  package static func arity(since version: Int) -> Arity { Arity(inputs: 2...2, outputs: 1...2) }

  private let axis: Int
  private let epsilon: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    axis = try attributes.int("axis") ?? -1
    epsilon = try attributes.float("epsilon") ?? 1e-5
    try attributes.readStashType()
  }

  func openTypes(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [TensorType(try inputs.type(1, of: .floatingPoint).elementType, nil), TensorType(.float32, nil)]
  }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    let x = try network.input(0)
    guard let rank = network.shape(x)?.rank else { return nil }
    let result = try network.add(
      RMSNormalization.name, network.inputs, ["axis": .int(Int64(axis)), "epsilon": .float(epsilon)])
    let axes = Array(try normalizedAxis(axis, rank: rank)..<rank)
    return [result, try network.inverseRootMeanSquare(x, axes: axes, epsilon)]
  }
}

extension Composition {
  /// Adds the first two inputs and, if present, a list along the last dimension.
  fileprivate mutating func skipSum(bias: Int) throws(InfoldError) -> ValueID {
    let x = try input(0), skip = try input(1)
    if let shape = shape(x), let other = self.shape(skip) {
      _ = try BroadcastRule.unidirectional.resultShape(shape, other)
    }
    for index in [2, 3, bias] {
      guard let row = self[index], let length = self.shape(row) else { continue }
      guard length.rank == 1, shape(x)?.last?.merged(with: length[0]) != nil || shape(x) == nil else {
        throw InfoldError(
          .invalidModel, "shape mismatch: input \(index) is \(length) but must match the last dimension of input 0")
      }
    }
    let sum = try add(Add.name, [x, skip])
    return try self[bias].map { bias throws(InfoldError) in try add(Add.name, [sum, bias]) } ?? sum
  }

  /// Adds 1 ÷ √(mean of x² + epsilon) along axes, in at least float32.
  fileprivate mutating func inverseRootMeanSquare(
    _ id: ValueID, axes: [Int], _ epsilon: Float
  ) throws(InfoldError) -> ValueID {
    let type = elementType(id) == .float64 ? ElementType.float64 : .float32
    let x = try cast(id, to: type)
    let mean = try add(ReduceMean.name, [add(Mul.name, [x, x]), list(axes)])
    let root = try add(Sqrt.name, [add(Add.name, [mean, number(Double(epsilon), like: mean)])])
    return try cast(add(Reciprocal.name, [root]), to: .float32)
  }
}
