import InfoldGraph
import InfoldSystem
import InfoldTensor

/// com.microsoft DynamicQuantizeLSTM: LSTM with quantized weights.
///
/// The inputs are those of LSTM, but that W [D, I, 4 · H] and R [D, H, 4 · H] are transposed and quantized; behind them stand the scale and
/// the zero point of W, and those of R, lists [D] or [D, 4 · H]. ONNX Runtime also rounds X and the states to 8 bits where they are
/// multiplied, by ranges of its own in each step. Infold does not: its results are those of the weights that the model has.
package struct DynamicQuantizeLSTM: ContributedOperator {
  package static let name = "DynamicQuantizeLSTM"
  package static let family = OperatorFamily.product
  package static let quantizationRole: QuantizationRole? = .computes
  package static func elementTypes(since version: Int) -> ElementTypeSet { ElementTypeSet([.float32, .float64]) }
  package static func arity(since version: Int) -> Arity { Arity(inputs: 3...12, outputs: 0...3) }

  private let layer: AttributeList

  package init(_ attributes: inout AttributeReader) {
    layer = attributes.forwarded([
      "activation_alpha", "activation_beta", "activations", "clip", "direction", "hidden_size", "input_forget",
    ])
  }

  func openTypes(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    Array(repeating: TensorType(try inputs.type(0).elementType, nil), count: 3)
  }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    guard let weights = try weights(1, scale: 8, &network), let recurrent = try self.weights(2, scale: 10, &network)
    else { return nil }
    let inputs = [network[0], weights, recurrent] + (3..<8).map { network[$0] }
    return try network.add(LSTM.name, inputs, layer, outputs: 3)
  }

  /// Weights as floats [D, 4 · H, columns].
  private func weights(
    _ index: Int, scale: Int, _ network: inout Composition
  ) throws(InfoldError) -> ValueID? {
    let weights = try network.input(index)
    guard ElementTypeSet.bytes.contains(network.elementType(weights)),
      network.elementType(try network.input(scale + 1)) == network.elementType(weights)
    else {
      throw InfoldError(
        .invalidModel, "input \(index) and its zero point must both have elements of \(ElementTypeSet.bytes)")
    }
    guard let shape = network.sizes(weights), let given = network.sizes(try network.input(scale)),
      let point = network.sizes(try network.input(scale + 1))
    else { return nil }
    guard shape.count == 3, given == [shape[0]] || given == [shape[0], shape[2]], point == given else {
      throw InfoldError(
        .invalidModel,
        "input \(index) has the shape \(shape), its scale \(given) and its zero point \(point), which do not fit together"
      )
    }
    let places = [shape[0], 1] + (given.count == 2 ? [shape[2]] : [1])
    let floats = network.elementType(try network.input(0))
    let zeroPoint = try network.reshape(network.cast(network.input(scale + 1), to: floats), places)
    let scales = try network.reshape(network.cast(network.input(scale), to: floats), places)
    let centered = try network.add(Sub.name, [network.cast(weights, to: floats), zeroPoint])
    return try network.transpose(network.add(Mul.name, [centered, scales]), [0, 2, 1])
  }
}
