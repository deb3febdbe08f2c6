import InfoldGraph
import InfoldSystem
import InfoldTensor

/// ONNX BatchNormalization, opsets 1, 6, 7, 9, 14, 15: Y = (X − mean) ÷ √(var + epsilon) · scale +
/// B.
///
/// X is [N, C, D1, …]: of rank 4 in opset 1, and since opset 9 also [N], with C = 1. scale, B, mean
/// and var are [C], one number per feature map. With `spatial` = 0 (opsets 1 to 8), they are [C,
/// D1, …], one number per activation; opsets 1 and 6 declare only [C], but Infold accepts [C, D1,
/// …] there, too. All have X's element type, except that mean and var may have their own since
/// opset 14, and scale and B since opset 15.
///
/// At inference, mean and var are the inputs, and Y is the only output. The training form uses the
/// mean and population variance of the batch, over all axes except those of the parameters. It also
/// returns the running statistics input · momentum + batch · (1 − momentum). Since opset 14,
/// `training_mode` selects the training form. Before, a node with more than one output is in
/// training form; its last two outputs, which the standard leaves undefined, are the mean and
/// variance of the batch.
package struct BatchNormalization: StandardFloatingPointOperator {
  package static let name = "BatchNormalization"
  package static let versions = [1, 6, 7, 9, 14, 15]
  package static let compatibleVersions = [15]
  package static let family = OperatorFamily.normalization
  package static func arity(since version: Int) -> Arity {
    Arity(inputs: 5...5, outputs: 1...(version < 14 ? 5 : 3))
  }

  /// The number added to the variance.
  package let epsilon: Float
  /// The weight of the old running statistics, in the training form.
  package let momentum: Float
  /// Whether there is one mean and variance per feature map rather than per activation.
  package let isSpatial: Bool
  /// Whether the operator normalizes with batch statistics and updates the running statistics.
  package let isTraining: Bool
  private let version: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    version = attributes.version
    epsilon = try attributes.float("epsilon") ?? 1e-5
    momentum = try attributes.float("momentum") ?? 0.9
    isSpatial = version < 9 ? try attributes.flag("spatial", default: true) : true
    if version == 1 { attributes.ignore("consumed_inputs") }
    let hasStatistics = attributes.outputCount > 1
    if version >= 14 {
      isTraining = try attributes.flag("training_mode")
      guard isTraining || !hasStatistics else {
        throw InfoldError(.invalidModel, "BatchNormalization returns running statistics only with training_mode = 1")
      }
    } else {
      isTraining = hasStatistics
      if version < 7, try attributes.flag("is_test"), hasStatistics {
        throw InfoldError(.invalidModel, "BatchNormalization with is_test = 1 has one output and no running statistics")
      }
    }
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    for index in 1...4 { _ = try inputs.type(index, of: .floatingPoint) }
    switch version {
    case ..<14: try inputs.requireSameElementType(0...4)
    case 14: try inputs.requireSameElementType(0...2)
    default: try inputs.requireSameElementType(1...2)
    }
    try inputs.requireSameElementType(3...4)
    try inputs.requireRank(version == 1 ? 4...4 : (version < 9 ? 2 : 1)...Int.max, of: 0)
    let (shape, parameters) = try shapes(inputs)
    let statistics = TensorType(try inputs.type(3).elementType, parameters)
    return [TensorType(x.elementType, shape), statistics, statistics, statistics, statistics]
  }

  /// Returns the shapes of X and of the parameters, each refined by the others.
  private func shapes(_ inputs: OperatorInputs) throws(InfoldError) -> (x: Shape?, parameters: Shape?) {
    var x = try inputs.type(0).shape
    var parameters = x.map { Shape($0.rank == 1 ? [1] : isSpatial ? [$0[1]] : Array($0[1...])) }
    if isSpatial { parameters = parameters ?? [.unknown] }
    for index in 1...4 {
      guard let given = try inputs.type(index).shape else { continue }
      guard let merged = (parameters ?? given).merged(with: given) else {
        throw mismatch(index, given, wanted: parameters!, x)
      }
      parameters = merged
    }
    if let parameters, let rank = x?.rank, rank > 1 {
      for axis in parameters.indices { x?[axis + 1] = parameters[axis] }
    }
    return (x, parameters)
  }

  private func mismatch(_ index: Int, _ given: Shape, wanted: Shape, _ x: Shape?) -> InfoldError {
    let name = ["scale", "B", "mean", "var"][index - 1]
    let form = version < 9 ? " with spatial = \(isSpatial ? 1 : 0)" : ""
    return InfoldError(
      .invalidModel,
      "shape mismatch: \(name) has the shape \(given)\(form); for an input \(x.map { "\($0)" } ?? "of this kind") it must "
        + "be \(wanted)",
      hint: !isSpatial && given.rank == 1 ? "one number per feature map requires spatial = 1" : nil)
  }

  package func resultType(_ index: Int, of inputs: [Tensor?]) -> ElementType {
    inputs[index == 0 ? 0 : 3]!.elementType
  }

  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping {
    guard !isTraining, let x = inputs.types[0]?.shape, let parameters = inputs.types[3]?.shape else { return .unknown }
    return AxisMapping(
      x.indices.map { axis in
        let own = 1..<(parameters.rank + 1) ~= axis ? axis - 1 : nil
        return IndependentAxis(inputs: [axis, own, own, own, own], outputs: [axis])
      })
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in _: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    let x = inputs[0]!, parameterShape = inputs[3]!.shape
    let scale: [Element] = try inputs[1]!.elements(), bias: [Element] = try inputs[2]!.elements()
    let mean: [Element] = try inputs[3]!.elements(), variance: [Element] = try inputs[4]!.elements()
    // X is [batch, groups, inner]: each group has its own parameters.
    let groups = mean.count, batch = x.shape.first ?? 1
    let inner = batch * groups == 0 ? 0 : x.count / (batch * groups)
    var outputs: [Tensor?] = [nil]
    var moments: [Moments] = []
    if isTraining {
      moments = x.withElements(as: Element.self) { x in
        (0..<groups).map {
          Moments(x, from: $0 * inner, blocks: batch, stride: groups * inner, length: inner)
        }
      }
      let batchMean = moments.map { Element($0.mean) }, batchVariance = moments.map { Element($0.variance) }
      let momentum = Element(momentum)
      func running(_ old: [Element], _ new: [Element]) -> [Element] {
        zip(old, new).map { $0 * momentum + $1 * (1 - momentum) }
      }
      for statistics in [running(mean, batchMean), running(variance, batchVariance), batchMean, batchVariance] {
        outputs.append(try Tensor(shape: parameterShape, statistics))
      }
    }
    let deviation = variance.map { Self.deviation($0, epsilon: Element(epsilon)) }
    outputs[0] = try x.mappedByChannel(of: groups) { (x: Element, group) in
      let normal =
        isTraining
        ? Element(moments[group].normalized(Double(x), epsilon)) : (x - mean[group]) / deviation[group]
      return normal * scale[group] + bias[group]
    }
    return context.wantedOutputs.indices.map { context.wantsOutput($0) ? outputs[$0] : nil }
  }
}

extension BatchNormalization {
  /// Returns √(σ² + ε), the divisor of each number.
  @inline(__always)
  package static func deviation<Element: FloatingPointElement>(_ variance: Element, epsilon: Element) -> Element {
    (variance + epsilon).squareRoot()
  }

  package var affineForm: AffineForm? {
    let refusal: String? =
      isTraining
      ? "it is in training form: its statistics come from each mini-batch"
      : isSpatial
        ? nil : "it normalizes each activation separately (spatial=0), but weights are shared between positions"
    return .normalization(epsilon: epsilon, refusal: refusal)
  }
}
