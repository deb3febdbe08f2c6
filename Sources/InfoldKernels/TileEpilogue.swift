import InfoldKernelInterface

/// The destination of a tile's results and the operations on them: some before they are stored, the
/// others on the stored results.
struct TileEpilogue {
  private(set) var output: UnsafeMutablePointer<Float>
  let outputStride: Int
  /// The bias, or `nil`.
  private(set) var bias: UnsafePointer<Float>?
  /// The residual that is added before the results are stored, or `nil`.
  private(set) var residual: UnsafePointer<Float>?
  /// The residual that is added at the end, or `nil`.
  private var lastResidual: UnsafePointer<Float>?
  let residualStride: Int
  /// The activation that is applied before the results are stored. It is a short one.
  let activation: Activation
  /// The activation that is applied to stored results.
  private let lastActivation: Activation
  /// Whether anything is applied to stored results.
  let isDeferred: Bool
  /// The partial sums of a product that is computed in parts.
  var spilled: SpilledSums?

  @inline(__always)
  init(_ epilogue: Epilogue, _ images: OutputImages<Float>, pixel: Int, column: Int) {
    output = images.base + pixel * images.pixelStride + column
    outputStride = images.pixelStride
    bias = epilogue.bias.map { $0 + column }
    let summand = epilogue.residual.map { $0 + pixel * epilogue.residualPixelStride + column }
    residualStride = epilogue.residualPixelStride
    let isAddedLast = epilogue.activatesFirst && epilogue.activation.function != .identity
    residual = isAddedLast ? nil : summand
    lastResidual = isAddedLast ? summand : nil
    activation = epilogue.activation.isShort ? epilogue.activation : .identity
    lastActivation = epilogue.activation.isShort ? .identity : epilogue.activation
    isDeferred = !epilogue.activation.isShort || lastResidual != nil
  }

  /// Returns the epilogue of the columns from `count` on.
  @inline(__always)
  func advanced(byColumns count: Int) -> TileEpilogue {
    var epilogue = self
    epilogue.output += count
    epilogue.bias = bias.map { $0 + count }
    epilogue.residual = residual.map { $0 + count }
    epilogue.lastResidual = lastResidual.map { $0 + count }
    return epilogue
  }

  /// Advances by `rows` output positions.
  @inline(__always)
  mutating func advance(rows: Int) {
    output += rows * outputStride
    spilled?.place += rows * Kernels.panelWidth
    residual = residual.map { $0 + rows * residualStride }
    lastResidual = lastResidual.map { $0 + rows * residualStride }
  }

  /// Applies the rest of the epilogue to stored results.
  @inline(never)
  func finishWritten(rows: Int, columns: Int) {
    let results = FunctionRows(inPlace: output, stride: outputStride, rows: rows, columns: columns)
    lastActivation.apply(results)
    if let lastResidual { results.add(lastResidual, stride: residualStride) }
  }
}

extension Tile {
  /// Applies the epilogue to a tile's sums and stores them, two vectors at a time. Only the last
  /// vectors may be partial.
  @inline(always)
  static func finish(_ sums: Sums, columns: Int, _ epilogue: TileEpilogue) {
    if vectors > 2 {
      let width = 2 &* Vector.scalarCount
      finish(sums[0], 2, columns: width, epilogue)
      finishSecond(sums[1], columns: columns &- width, epilogue.advanced(byColumns: width))
    } else {
      finish(sums[0], vectors, columns: columns, epilogue)
    }
    if epilogue.isDeferred { epilogue.finishWritten(rows: rows, columns: columns) }
  }

  /// A separate function, because a tile's function already takes long to compile.
  @inline(never)
  private static func finishSecond(_ sums: Pair, columns: Int, _ epilogue: TileEpilogue) {
    finish(sums, vectors &- 2, columns: columns, epilogue)
  }

  @inline(always)
  private static func finish(_ sums: Pair, _ vectors: Int, columns: Int, _ epilogue: TileEpilogue) {
    let activation = epilogue.activation
    if columns == vectors &* Vector.scalarCount {
      switch activation.function {
      case .clip:
        let lower = activation.a, upper = activation.b
        return finish(sums, vectors, epilogue) { clip($0, lower, upper) }
      case .leakyRelu:
        let slope = Vector(repeating: activation.a)
        return finish(sums, vectors, epilogue) { leakyRelu($0, slope) }
      case .hardSwish:
        return finish(sums, vectors, epilogue) { $0 * hardSigmoid($0, 1 / 6, 0.5) }
      default:
        return finish(sums, vectors, epilogue) { $0 }
      }
    }
    var copy = sums
    withUnsafeMutablePointer(to: &copy) { tile in
      Kernels.finishElements(
        UnsafeMutableRawPointer(tile).assumingMemoryBound(to: Float.self), rows: rows, columns: columns, epilogue)
    }
  }

  @inline(always)
  private static func finish(
    _ sums: Pair, _ vectors: Int, _ epilogue: TileEpilogue, _ activate: (Vector) -> Vector
  ) {
    for vector in 0..<vectors {
      let column = vector &* Vector.scalarCount
      let bias = epilogue.bias.map { Vector(at: $0 + column) } ?? .zero
      for row in 0..<rows {
        var result = sums[row][vector] + bias
        if let residual = epilogue.residual {
          result += Vector(at: residual + (row &* epilogue.residualStride &+ column))
        }
        activate(result).store(at: epilogue.output + (row &* epilogue.outputStride &+ column))
      }
    }
  }
}

extension Kernels {
  /// Does the same for partial vectors of sums, which are stored row by row with two vectors in
  /// each.
  @inline(never)
  static func finishElements(
    _ tile: UnsafeMutablePointer<Float>, rows: Int, columns: Int, _ epilogue: TileEpilogue
  ) {
    let activation = epilogue.activation
    let (lower, upper, slope) = (activation.a, activation.b, Vector(repeating: activation.a))
    @inline(always)
    func keep(_ x: Vector) -> Vector { x }
    @inline(always)
    func bound(_ x: Vector) -> Vector { clip(x, lower, upper) }
    @inline(always)
    func scale(_ x: Vector) -> Vector { leakyRelu(x, slope) }
    @inline(always)
    func swish(_ x: Vector) -> Vector { x * hardSigmoid(x, 1 / 6, 0.5) }
    switch activation.function {
    case .clip: finishElements(tile, rows: rows, columns: columns, epilogue, bound)
    case .leakyRelu: finishElements(tile, rows: rows, columns: columns, epilogue, scale)
    case .hardSwish: finishElements(tile, rows: rows, columns: columns, epilogue, swish)
    default: finishElements(tile, rows: rows, columns: columns, epilogue, keep)
    }
  }

  @inline(__always)
  private static func finishElements(
    _ tile: UnsafeMutablePointer<Float>, rows: Int, columns: Int, _ epilogue: TileEpilogue,
    _ activate: (Vector) -> Vector
  ) {
    var column = 0
    while column < columns {
      let count = min(columns - column, Vector.scalarCount)
      let bias = epilogue.bias.map { Vector(at: $0 + column, count: count) } ?? .zero
      for row in 0..<rows {
        var result = Vector(at: tile + (2 &* row &* Vector.scalarCount &+ column)) + bias
        if let residual = epilogue.residual {
          result += Vector(at: residual + (row &* epilogue.residualStride &+ column), count: count)
        }
        activate(result).store(at: epilogue.output + (row &* epilogue.outputStride &+ column), count: count)
      }
      column += Vector.scalarCount
    }
  }
}
