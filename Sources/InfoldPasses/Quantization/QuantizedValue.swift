import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// A quantized value with a single scale and zero point.
struct QuantizedValue {
  /// The 8-bit numbers.
  var bytes: ValueID
  var scale: ValueID
  /// The zero point, or `nil` if it is 0.
  var zeroPoint: ValueID?
  var elementType: ElementType
  private(set) var scaleValue: Float
  private(set) var zeroPointValue: Int

  /// Returns whether equal integers represent equal numbers in both values.
  func isScaled(as other: QuantizedValue) -> Bool {
    elementType == other.elementType && scaleValue == other.scaleValue && zeroPointValue == other.zeroPointValue
  }

  /// Reads the constant parameters of a DequantizeLinear or QuantizeLinear node. `bytes` is its
  /// quantized side. Returns `nil` if the scale is not in the usual range, or does not apply to the
  /// whole value.
  init?(_ node: Node, bytes: ValueID, _ graph: Graph) {
    guard let type = graph[bytes].type?.elementType, type == .uint8 || type == .int8,
      let scale = node.inputs[1], let tensor = graph.constant(scale), tensor.elementType == .float32,
      tensor.count == 1, let number = try? tensor.elements(as: Float.self)[0], kernelScales.contains(number)
    else { return nil }
    self.bytes = bytes
    self.scale = scale
    elementType = type
    scaleValue = number
    zeroPoint = node.inputs.count > 2 ? node.inputs[2] : nil
    zeroPointValue = 0
    if let zeroPoint {
      guard let tensor = graph.constant(zeroPoint), tensor.count == 1, tensor.elementType == type,
        let numbers = try? tensor.cast(to: .int64).elements(as: Int64.self)
      else { return nil }
      zeroPointValue = Int(numbers[0])
    }
  }

  /// The range of the type.
  var range: ClosedRange<Int> { elementType == .int8 ? -128...127 : 0...255 }

  /// Returns the integer to which QuantizeLinear rounds `x`.
  func quantized(_ x: Float) -> Int {
    let place = (x / scaleValue).rounded(.toNearestOrEven) + Float(zeroPointValue)
    return place.isNaN ? 0 : Int(min(max(place, Float(range.lowerBound)), Float(range.upperBound)))
  }
}

/// Constant 8-bit weights, with scales and zero points per output channel or per tensor.
struct QuantizedWeights {
  var tensor: Tensor
  /// The scales: one, or as many as there are output channels.
  var scales: Tensor
  var zeroPoints: Tensor
}

/// Queries of a quantized graph for the producers and consumers of values.
struct QuantizedGraph {
  let graph: Graph
  let index: GraphIndex

  init(_ graph: Graph) {
    self.graph = graph
    index = graph.index
  }

  private func producer(_ value: ValueID?) -> Node? {
    value.flatMap(index.producer).map { graph[$0] }
  }

  /// Returns the quantized value that DequantizeLinear converts to a float value.
  func source(_ value: ValueID?) -> QuantizedValue? {
    guard let node = producer(value), node.quantizationRole == .dequantizes, let bytes = node.inputs[0],
      value.flatMap({ graph[$0].type?.elementType }) == .float32
    else { return nil }
    return QuantizedValue(node, bytes: bytes, graph)
  }

  /// Returns the QuantizeLinear that is the only consumer of a float value.
  func sink(_ value: ValueID?) -> (id: NodeID, value: QuantizedValue)? {
    guard let value, let id = index.onlyConsumer(of: value), graph[id].quantizationRole == .quantizes,
      graph[id].inputs[0] == value,
      graph[value].type?.elementType == .float32, let bytes = graph[id].outputs[0],
      let quantized = QuantizedValue(graph[id], bytes: bytes, graph)
    else { return nil }
    return (id, quantized)
  }

  /// Returns the QuantizeLinear that is the only consumer of a float value, or of the result of a
  /// node that clips it, with the bounds of the quantized numbers.
  func boundedSink(_ value: ValueID?) -> (id: NodeID, value: QuantizedValue, bounds: ClosedRange<Int>)? {
    if let (id, quantized) = sink(value) { return (id, quantized, quantized.range) }
    guard let value, let id = index.onlyConsumer(of: value), let (lower, upper) = graph.bounds(of: graph[id]),
      let (sinkID, quantized) = sink(graph[id].outputs[0])
    else { return nil }
    // Quantization is monotonic.
    return (sinkID, quantized, quantized.quantized(lower)...quantized.quantized(upper))
  }

  /// Returns the node that produces a value if `reader` is its only consumer.
  func onlyProducer(of value: ValueID, for reader: NodeID) -> Node? {
    index.onlyConsumer(of: value) == reader ? producer(value) : nil
  }
}

extension QuantizedGraph {
  /// Returns constant weights that DequantizeLinear converts to floats, with one scale for each
  /// position along `axis` or for all.
  func weights(_ value: ValueID?, axis: Int) throws(InfoldError) -> QuantizedWeights? {
    guard let node = producer(value), let operation = node.typed as? DequantizeLinear, let bytes = node.inputs[0],
      let tensor = try constant(bytes), tensor.elementType == .int8 || tensor.elementType == .uint8,
      let scales = node.inputs[1].flatMap(graph.constant), scales.elementType == .float32
    else { return nil }
    var zeroPoints = try Tensor(zeros: [], of: tensor.elementType)
    if node.inputs.count > 2, let id = node.inputs[2] {
      guard let given = graph.constant(id) else { return nil }
      zeroPoints = given
    }
    if scales.count > 1 {
      guard let given = operation.listAxis, (try? normalizedAxis(given, rank: tensor.shape.count)) == axis,
        scales.shape == [tensor.shape[axis]]
      else { return nil }
    }
    return QuantizedWeights(tensor: tensor, scales: scales, zeroPoints: zeroPoints)
  }

  /// Returns a constant, or the result of QuantizeLinear or DequantizeLinear of one.
  func constant(_ value: ValueID) throws(InfoldError) -> Tensor? {
    if let tensor = graph.constant(value) { return tensor }
    guard let node = producer(value), [.quantizes, .dequantizes].contains(node.quantizationRole) else { return nil }
    let inputs = node.inputs.map { $0.flatMap(graph.constant) }
    guard zip(node.inputs, inputs).allSatisfy({ $0 == nil || $1 != nil }) else { return nil }
    return try node.evaluate(inputs)[0]
  }

  /// Returns a constant summand per output channel as integers in units of the input's scale times
  /// the weights' scale, or `nil` if it is not a multiple of these units.
  func bias(
    _ value: ValueID, input: QuantizedValue, _ weights: QuantizedWeights, count: Int
  ) throws(InfoldError) -> Tensor? {
    guard let tensor = try constant(value), tensor.elementType == .float32, tensor.count == count else { return nil }
    let numbers: [Float] = try tensor.elements(), scales: [Float] = try weights.scales.elements()
    var integers: [Int32] = []
    for index in 0..<count {
      let unit = Double(input.scaleValue) * Double(scales[scales.count == 1 ? 0 : index])
      let exact = Double(numbers[index]) / unit
      let nearest = exact.rounded(.toNearestOrEven)
      // Exporters round the product of the scales, and its product with the integer.
      guard abs(exact - nearest) <= 1e-3 + abs(exact) * 0x1p-22, abs(nearest) < 0x1p31 else { return nil }
      integers.append(Int32(nearest))
    }
    return try Tensor(shape: [count], integers)
  }
}
