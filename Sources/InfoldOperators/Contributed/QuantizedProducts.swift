import InfoldGraph
import InfoldSystem
import InfoldTensor

/// com.microsoft MatMulIntegerToFloat: the floating-point result of a quantized matrix product,
/// plus a bias per column.
///
/// The inputs are A […, M, K], B […, K, N], their scales, their optional zero points and the
/// optional bias [N]. The scale and zero point of A are scalars, those of B scalars or lists [N].
package struct MatMulIntegerToFloat: ContributedQuantizedOperator, AttributelessOperator {
  package static let name = "MatMulIntegerToFloat"
  package static let family = OperatorFamily.product
  package static func arity(since version: Int) -> Arity { Arity(inputs: 4...7) }

  func openTypes(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [TensorType(try inputs.type(2).elementType, nil)]
  }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    let a = try network.dequantized(0, scale: 2, zeroPoint: 4)
    let b = try network.dequantized(1, scale: 3, zeroPoint: 5, axis: -1)
    return [try network.product(a, b, bias: 6)]
  }
}

/// com.microsoft DynamicQuantizeMatMul: the floating-point matrix product of A, quantized to uint8
/// by its range, and a quantized B, plus a bias per column.
///
/// The inputs are A […, M, K], B […, K, N], B's scale and optional zero point, scalars or lists
/// [N], and the optional bias [N].
package struct DynamicQuantizeMatMul: ContributedOperator, AttributelessOperator {
  package static let name = "DynamicQuantizeMatMul"
  package static let family = OperatorFamily.product
  package static let quantizationRole: QuantizationRole? = .computes
  package static func elementTypes(since version: Int) -> ElementTypeSet { ElementTypeSet([.float32, .float64]) }
  package static func arity(since version: Int) -> Arity { Arity(inputs: 3...5) }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    let quantized = try network.add(DynamicQuantizeLinear.name, [network.input(0)], outputs: 3)
    let a = try network.add(DequantizeLinear.name, quantized)
    let b = try network.dequantized(1, scale: 2, zeroPoint: 3, axis: -1)
    return [try network.product(a, b, bias: 4)]
  }
}

/// com.microsoft QGemm: Gemm of quantized numbers. The result is quantized, or floating-point if Y
/// has no scale.
///
/// The inputs are A with its scale and zero point; B with its scale and zero point, scalars or
/// lists [N]; the optional int32 C, in units of `alpha` times both scales; and the optional scale
/// and zero point of Y.
package struct QGemm: ContributedQuantizedOperator {
  package static let name = "QGemm"
  package static let family = OperatorFamily.product
  package static func arity(since version: Int) -> Arity { Arity(inputs: 6...9) }

  private let alpha: Float
  private let transA: Bool
  private let transB: Bool

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    alpha = try attributes.float("alpha") ?? 1
    transA = try attributes.flag("transA")
    transB = try attributes.flag("transB")
  }

  func openTypes(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    [TensorType(inputs.has(8) ? try inputs.type(8).elementType : try inputs.type(1).elementType, nil)]
  }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    guard (network[7] == nil) == (network[8] == nil) else {
      throw InfoldError(.invalidModel, "the scale and the zero point of Y must be given together")
    }
    let a = try network.dequantized(0, scale: 1, zeroPoint: 2)
    let b = try network.dequantized(3, scale: 4, zeroPoint: 5, axis: transB ? 0 : 1)
    var inputs = [a, b]
    if let addend = network[6] {
      guard network.elementType(addend) == .int32 else {
        throw InfoldError(.invalidModel, "type mismatch: C is \(network.elementType(addend)) but must be int32")
      }
      inputs.append(try summand(addend, &network))
    }
    let y = try network.add(
      Gemm.name, inputs,
      [
        "alpha": .float(alpha), "beta": .float(alpha), "transA": .int(transA ? 1 : 0), "transB": .int(transB ? 1 : 0),
      ])
    guard let zeroPoint = network[8] else { return [y] }
    let type = network.elementType(zeroPoint)
    guard ElementTypeSet.bytes.contains(type) else {
      throw InfoldError(.unsupported, "unsupported element type: Y is \(type); supported are \(ElementTypeSet.bytes)")
    }
    return [try network.quantized(y, scale: 7, zeroPoint: 8, to: type)]
  }

  /// Returns C as floats, in units of the product of both scales.
  private func summand(_ addend: ValueID, _ network: inout Composition) throws(InfoldError) -> ValueID {
    let scales = [try network.input(1), try network.input(4)]
    let unit: ValueID
    if let first = network.constant(scales[0]), let second = network.constant(scales[1]), first.elementType == .float32,
      second.elementType == .float32
    {
      // A constant allows the whole product to be computed with quantized numbers.
      unit = network.add(try Tensor.broadcasting(second, first.reshaped(to: [])) { (a: Float, b: Float) in a * b })
    } else {
      unit = try network.add(Mul.name, scales)
    }
    return try network.add(DequantizeLinear.name, [addend, unit], ["axis": .int(-1)])
  }
}

extension Composition {
  /// Adds the matrix product and, if present, a list along its columns.
  fileprivate mutating func product(_ a: ValueID, _ b: ValueID, bias: Int) throws(InfoldError) -> ValueID {
    let product = try add(MatMul.name, [a, b])
    guard let bias = self[bias] else { return product }
    guard let given = shape(bias), let columns = shape(product)?.last else {
      return try add(Add.name, [product, bias])
    }
    guard given.rank == 1, given[0].merged(with: columns) != nil else {
      throw InfoldError(
        .invalidModel, "shape mismatch: the bias \(given) must have one number for each of \(columns) columns")
    }
    return try add(Add.name, [product, bias])
  }
}
