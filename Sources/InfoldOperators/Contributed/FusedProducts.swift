import InfoldGraph
import InfoldSystem

/// com.microsoft FusedGemm: an activation of Gemm(A, B, C).
///
/// The inputs and attributes are those of Gemm. `activation` is the name of the activation, and the
/// attributes that begin with `activation_` are its attributes.
package struct FusedGemm: ContributedFloatingPointOperator {
  package static let name = "FusedGemm"
  package static let family = OperatorFamily.product
  package static func arity(since version: Int) -> Arity { Arity(inputs: 2...3) }

  private let product: AttributeList
  private let activation: FusedActivation?

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    product = attributes.forwarded(["alpha", "beta", "transA", "transB"])
    var parameters: AttributeList = [:]
    for name in ["alpha", "beta", "gamma"] {
      parameters[name] = try attributes.float("activation_" + name).map(Attribute.float)
    }
    activation = try attributes.string("activation").map { name throws(InfoldError) in
      try FusedActivation(name, attributes: parameters)
    }
  }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    let y = try network.add(Gemm.name, network.inputs, product)
    return [try activation?.apply(to: y, &network) ?? y]
  }
}

/// com.microsoft FusedMatMul: A′ · B′ · alpha, a matrix product like NumPy's `matmul`.
///
/// For an operand with at least two dimensions, `transBatchA` moves the first dimension of A before
/// the last one. Then `transA` swaps the last two dimensions. `transBatchB` and `transB` do the
/// same for B.
package struct FusedMatMul: ContributedFloatingPointOperator {
  package static let name = "FusedMatMul"
  package static let family = OperatorFamily.product
  package static func arity(since version: Int) -> Arity { Arity(2) }

  private let alpha: Float
  private let transposesMatrix: [Bool]
  private let transposesBatch: [Bool]

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    alpha = try attributes.float("alpha") ?? 1
    transposesMatrix = [try attributes.flag("transA"), try attributes.flag("transB")]
    transposesBatch = [try attributes.flag("transBatchA"), try attributes.flag("transBatchB")]
  }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    var operands: [ValueID] = []
    for index in 0...1 {
      let operand = try network.input(index)
      guard let rank = network.shape(operand)?.rank else { return nil }
      operands.append(try network.transpose(operand, axes(ofOperand: index, rank: rank)))
    }
    let product = try network.add(MatMul.name, operands)
    return [alpha == 1 ? product : try network.add(Mul.name, [product, network.number(Double(alpha), like: product)])]
  }

  /// Returns, for each axis of an operand in the product, the axis of the input.
  private func axes(ofOperand index: Int, rank: Int) -> [Int] {
    var axes = Array(0..<rank)
    guard rank > 1 else { return axes }
    if transposesBatch[index], rank > 2 { axes.insert(axes.removeFirst(), at: rank - 2) }
    if transposesMatrix[index] { axes.swapAt(rank - 2, rank - 1) }
    return axes
  }
}
