import InfoldGraph
import InfoldSystem
import InfoldTensor

/// com.microsoft DynamicQuantizeLSTM: an LSTM with quantized weights and 8-bit products.
///
/// The inputs are those of LSTM, except that W [D, I, 4 · H] and R [D, H, 4 · H] are transposed and
/// quantized. The scale and zero point of W and those of R follow, each a list [D] or [D, 4 · H].
/// For the products, X as a whole and the hidden state of each sequence at each position are
/// quantized to 8 bits, as by DynamicQuantizeLinear. ONNX Runtime uses one range for the states of
/// several sequences, and the number of its threads decides how many. For a single sequence, the
/// results agree.
package struct DynamicQuantizeLSTM: RecurrentOperator {
  package static let name = "DynamicQuantizeLSTM"
  package static let domain = OperatorRegistry.contributedDomain
  package static let versions = [1]
  package static let compatibleVersions: [Int] = []
  package static let quantizationRole: QuantizationRole? = .computes
  package static let widening = Widening.none
  package static func elementTypes(since version: Int) -> ElementTypeSet { ElementTypeSet([.float32, .float64]) }
  package static func arity(since version: Int) -> Arity { Arity(inputs: 3...12, outputs: 0...3) }

  static let gateCount = LSTM.gateCount
  static let stateCount = LSTM.stateCount
  private let lstm: LSTM
  package var layer: RecurrentLayer { lstm.layer }
  /// Whether the forget gate is 1 minus the input gate.
  package var couplesGates: Bool { lstm.couplesGates }

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    lstm = try LSTM(common: &attributes)
  }

  package func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    for index in [0, 1, 2, 8, 9, 10, 11] where !inputs.has(index) {
      throw InfoldError(.invalidModel, "missing input \(index)")
    }
    _ = try inputs.type(0, of: ElementTypeSet([.float32, .float64]))
    var types = inputs.types
    for (index, scale) in [(1, 8), (2, 10)] {
      types[index] = try weightType(inputs, index, scale: scale)
    }
    return try layer.inferOutputs(
      OperatorInputs(types: Array(types[..<8]), constants: Array(repeating: nil, count: 8)), gateCount: Self.gateCount,
      stateCount: Self.stateCount)
  }

  /// Positions are not independent because they share the range of X.
  package func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .unknown }

  /// Returns the type of W or R in LSTM's layout.
  private func weightType(_ inputs: OperatorInputs, _ index: Int, scale: Int) throws(InfoldError) -> TensorType {
    let weights = try inputs.type(index, of: .bytes), point = try inputs.type(scale + 1, of: .bytes)
    let given = try inputs.type(scale, of: ElementTypeSet([.float32, .float64]))
    guard point.elementType == weights.elementType else {
      throw InfoldError(
        .invalidModel,
        "type mismatch: input \(index) is \(weights.elementType), but its zero point is \(point.elementType)")
    }
    try inputs.requireRank(3...3, of: index)
    for parameter in [scale, scale + 1] { try inputs.requireRank(1...2, of: parameter) }
    let element = try inputs.type(0).elementType
    guard let shape = weights.shape else { return TensorType(element, nil) }
    if let sizes = shape.sizes, let scales = given.shape?.sizes, let points = point.shape?.sizes {
      guard scales == [sizes[0]] || scales == [sizes[0], sizes[2]], points == scales else {
        throw InfoldError(
          .invalidModel,
          "shape mismatch: input \(index) is \(shape), its scale is \(given.shape!) and its zero point is \(point.shape!)"
        )
      }
    }
    return TensorType(element, [shape[0], shape[2], shape[1]])
  }

  func advance<Element: FloatingPointElement>(
    _ state: inout RecurrentState<Element>, _ x: ArraySlice<Element>, _ weights: RecurrentWeights<Element>,
    _ activations: [RecurrentActivation]
  ) {
    let grid = DynamicGrid(of: state.hidden)
    state.hidden = state.hidden.map(grid.rounded)
    lstm.advance(&state, x, weights, activations)
  }

  func evaluate<Element: FloatingPointElement>(
    _ inputs: [Tensor?], _ context: EvaluationContext, in type: Element.Type
  ) throws(InfoldError) -> [Tensor?] {
    _ = try inferOutputs(OperatorInputs(inputs))
    var own = Array(inputs[..<8])
    let grid = DynamicGrid<Element>(of: inputs[0]!)
    own[0] = try inputs[0]!.mapped { (x: Element) in grid.rounded(x) }
    for (index, scale) in [(1, 8), (2, 10)] {
      own[index] = try dequantized(inputs[index]!, scales: inputs[scale]!, zeroPoints: inputs[scale + 1]!, type)
    }
    return try evaluateSequences(own, context, in: type)
  }

  /// Returns dequantized weights, [D, 4 · H, columns].
  private func dequantized<Element: FloatingPointElement>(
    _ weights: Tensor, scales: Tensor, zeroPoints: Tensor, _: Element.Type
  ) throws(InfoldError) -> Tensor {
    let (directions, rows, columns) = (weights.shape[0], weights.shape[1], weights.shape[2])
    let numbers = try weights.numbers(), points = try zeroPoints.numbers()
    let scales: [Element] = try scales.elements()
    let isPerColumn = zeroPoints.shape.count == 2
    var result: [Element] = []
    result.reserveCapacity(numbers.count)
    for direction in 0..<directions {
      for column in 0..<columns {
        let place = isPerColumn ? direction * columns + column : direction
        for row in 0..<rows {
          let number = numbers[(direction * rows + row) * columns + column] - points[place]
          result.append(Element(number) * scales[place])
        }
      }
    }
    return try Tensor(shape: [directions, columns, rows], result)
  }
}
