import InfoldGraph
import InfoldSystem
import InfoldTensor

/// com.microsoft MatMulNBits: A · Bᵀ + bias, where B [N, K] is quantized to 2, 4 or 8 bits, with a
/// scale and a zero point for each block along K.
///
/// A is […, K]. B is uint8 [N, blocks, bytes], with the first number in the lowest bits of a byte.
/// The scales have A's type and [N, blocks] elements, in any shape. The optional zero points are
/// packed like B in rows [N, bytes], or have A's type and the shape [N, blocks]; by default, they
/// are the middle of the range. The optional bias is [N]. `accuracy_level` is a minimum: Infold
/// always computes in A's type.
package struct MatMulNBits: ContributedFloatingPointOperator {
  package static let name = "MatMulNBits"
  package static let family = OperatorFamily.product
  package static let quantizationRole: QuantizationRole? = .computes
  package static func arity(since version: Int) -> Arity { Arity(inputs: 3...6) }

  private static let mostNumbers = 1 << 40

  private let columns: Int
  private let inner: Int
  private let bits: Int
  private let blockSize: Int

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    columns = try attributes.requiredInt("N")
    inner = try attributes.requiredInt("K")
    bits = try attributes.int("bits") ?? 4
    blockSize = try attributes.requiredInt("block_size")
    let level = try attributes.int("accuracy_level") ?? 0
    guard 1...Self.mostNumbers ~= columns, 1...Self.mostNumbers ~= inner else {
      throw InfoldError(
        .invalidModel, "N is \(columns) and K is \(inner) but both must be positive sizes of a matrix")
    }
    guard [2, 4, 8].contains(bits) else {
      throw InfoldError(.unsupported, "unsupported weights of \(bits) bits; supported are 2, 4 and 8")
    }
    guard blockSize >= 16, blockSize & (blockSize - 1) == 0, blockSize <= 1 << 20 else {
      throw InfoldError(.invalidModel, "block_size is \(blockSize) but must be a power of two of at least 16")
    }
    guard 0...4 ~= level else {
      throw InfoldError(.invalidModel, "accuracy_level is \(level) but must be 0 to 4")
    }
    guard try attributes.int("weight_prepacked") ?? 0 == 0 else {
      throw InfoldError(.unsupported, "unsupported prepacked weights: they are packed for another processor")
    }
  }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    guard network[4] == nil else {
      throw InfoldError(.unsupported, "unsupported input g_idx, an order of groups")
    }
    let x = try network.input(0), packed = try network.input(1), scales = try network.input(2)
    let type = network.elementType(x)
    guard let given = network.sizes(packed), let scaleSizes = network.sizes(scales) else { return nil }
    let blocks = inner / blockSize + (inner % blockSize == 0 ? 0 : 1)
    guard network.elementType(packed) == .uint8, given == [columns, blocks, blockSize * bits / 8] else {
      throw InfoldError(
        .invalidModel,
        "B is \(TensorType(network.elementType(packed), Shape(given))) but must be uint8 of shape "
          + "\([columns, blocks, blockSize * bits / 8])")
    }
    guard network.elementType(scales) == type, checkedProduct(scaleSizes) == checkedProduct([columns, blocks]) else {
      throw InfoldError(.invalidModel, "shape mismatch: the scales are \(scaleSizes) but must be \([columns, blocks])")
    }
    let numbers = try network.reshape(unpacked(packed, given, &network), [columns, blocks, blockSize])
    let middle = try network.number(Double(1 << (bits - 1)), like: x)
    let point = try zeroPoint(blocks, type, &network) ?? middle
    let centered = try network.add(Sub.name, [network.cast(numbers, to: type), point])
    let scaled = try network.add(Mul.name, [centered, network.reshape(scales, [columns, blocks, 1])])
    var weights = try network.reshape(scaled, [columns, blocks * blockSize])
    if blocks * blockSize > inner {
      weights = try network.add(
        Slice.name, [weights, network.list([0]), network.list([inner]), network.list([1])])
    }
    let product = try network.add(MatMul.name, [x, network.transpose(weights, [1, 0])])
    guard let bias = network[5] else { return [product] }
    guard network.sizes(bias) ?? [columns] == [columns] else {
      throw InfoldError(.invalidModel, "shape mismatch: the bias is \(network.sizes(bias)!) but must be \([columns])")
    }
    return [try network.add(Add.name, [product, bias])]
  }

  /// Returns the zero points of the blocks, [N, blocks, 1].
  private func zeroPoint(
    _ blocks: Int, _ type: ElementType, _ network: inout Composition
  ) throws(InfoldError) -> ValueID? {
    guard let points = network[3], let given = network.sizes(points) else { return nil }
    let isPacked = network.elementType(points) == .uint8
    let rowBytes = (blocks * bits + 7) / 8
    guard isPacked || network.elementType(points) == type,
      checkedProduct(given) == checkedProduct([columns, isPacked ? rowBytes : blocks])
    else {
      throw InfoldError(.invalidModel, "shape mismatch: the zero points \(given) do not match the blocks")
    }
    guard isPacked else { return try network.reshape(points, [columns, blocks, 1]) }
    let bytes = try network.reshape(points, [columns, rowBytes])
    var numbers = try unpacked(bytes, [columns, rowBytes], &network)
    if rowBytes * 8 / bits > blocks {
      numbers = try network.add(
        Slice.name, [numbers, network.list([0]), network.list([blocks]), network.list([1])])
    }
    return try network.cast(network.reshape(numbers, [columns, blocks, 1]), to: type)
  }

  /// Unpacks the numbers of each byte into adjacent elements of the last dimension.
  private func unpacked(
    _ bytes: ValueID, _ sizes: [Int], _ network: inout Composition
  ) throws(InfoldError) -> ValueID {
    guard bits < 8 else { return bytes }
    let range = network.add(try Tensor(scalar: UInt8(1 << bits)))
    var parts: [ValueID] = []
    for place in 0..<(8 / bits) {
      let shifted =
        place == 0
        ? bytes : try network.add(Div.name, [bytes, network.add(try Tensor(scalar: UInt8(1 << (bits * place))))])
      parts.append(try network.unsqueeze(network.add(Mod.name, [shifted, range]), [sizes.count]))
    }
    let joined = try network.add(Concat.name, parts, ["axis": .int(-1)])
    return try network.reshape(joined, sizes.dropLast() + [sizes.last! * (8 / bits)])
  }
}
