import InfoldKernelInterface

/// Where a tile's results go, and what is done to them before.
struct TileEpilogue {
  private(set) var output: UnsafeMutablePointer<Float>
  let outputStride: Int
  /// `nil` for none.
  private(set) var bias: UnsafePointer<Float>?
  /// `nil` for none.
  private(set) var residual: UnsafePointer<Float>?
  let residualStride: Int
  let activation: Activation
  let activatesFirst: Bool

  @inline(__always)
  init(_ epilogue: Epilogue, _ images: OutputImages<Float>, pixel: Int, column: Int) {
    output = images.base + pixel * images.pixelStride + column
    outputStride = images.pixelStride
    bias = epilogue.bias.map { $0 + column }
    residual = epilogue.residual.map { $0 + pixel * epilogue.residualPixelStride + column }
    residualStride = epilogue.residualPixelStride
    activation = epilogue.activation
    activatesFirst = epilogue.activatesFirst
  }

  /// That of the columns from `count` on.
  @inline(__always)
  func behind(columns count: Int) -> TileEpilogue {
    var epilogue = self
    epilogue.output += count
    epilogue.bias = bias.map { $0 + count }
    epilogue.residual = residual.map { $0 + count }
    return epilogue
  }

  /// Goes on by so many output positions.
  @inline(__always)
  mutating func advance(rows: Int) {
    output += rows * outputStride
    residual = residual.map { $0 + rows * residualStride }
  }
}

extension Tile {
  /// Applies the epilogue to a tile's sums and stores them, two vectors at a time: only the last ones may be filled in part.
  @inline(always)
  static func finish(_ sums: Sums, columns: Int, _ epilogue: TileEpilogue) {
    guard vectors > 2 else { return finish(sums[0], vectors, columns: columns, epilogue) }
    let width = 2 &* Vector.scalarCount
    finish(sums[0], 2, columns: width, epilogue)
    finishSecond(sums[1], columns: columns &- width, epilogue.behind(columns: width))
  }

  /// A function of its own: a tile's takes long to compile as it is.
  @inline(never)
  private static func finishSecond(_ sums: Pair, columns: Int, _ epilogue: TileEpilogue) {
    finish(sums, vectors &- 2, columns: columns, epilogue)
  }

  @inline(always)
  private static func finish(_ sums: Pair, _ vectors: Int, columns: Int, _ epilogue: TileEpilogue) {
    let activation = epilogue.activation
    let isWhole = columns == vectors &* Vector.scalarCount
    let isLast = epilogue.residual == nil || !epilogue.activatesFirst || activation.function == .identity
    if isWhole, isLast {
      switch activation.function {
      case .identity:
        return finish(sums, vectors, epilogue) { $0 }
      case .clip:
        let lower = activation.a, upper = activation.b
        return finish(sums, vectors, epilogue) { clip($0, lower, upper) }
      case .leakyRelu:
        let slope = Vector(repeating: activation.a)
        return finish(sums, vectors, epilogue) { leakyRelu($0, slope) }
      case .hardSigmoid:
        let (a, b) = (activation.a, activation.b)
        return finish(sums, vectors, epilogue) { hardSigmoid($0, a, b) }
      case .hardSwish:
        return finish(sums, vectors, epilogue) { $0 * hardSigmoid($0, 1 / 6, 0.5) }
      case .sigmoid, .silu, .tanh, .gelu: break
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
  /// The same for sums that are not as wide as the vectors, and for other activations. They lie row by row, two vectors in each.
  @inline(never)
  static func finishElements(
    _ tile: UnsafeMutablePointer<Float>, rows: Int, columns: Int, _ epilogue: TileEpilogue
  ) {
    let activation = epilogue.activation
    let (lower, upper) = (activation.a, activation.b)
    @inline(always)
    func keep(_ x: Vector) -> Vector { x }
    @inline(always)
    func bound(_ x: Vector) -> Vector { clip(x, lower, upper) }
    switch activation.function {
    case .identity: finishElements(tile, rows: rows, columns: columns, epilogue, keep)
    case .clip: finishElements(tile, rows: rows, columns: columns, epilogue, bound)
    default:
      finishElements(tile, rows: rows, columns: columns, epilogue) { $0.applying(activation) }
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
        if let residuals = epilogue.residual {
          let residual = Vector(at: residuals + (row &* epilogue.residualStride &+ column), count: count)
          result = epilogue.activatesFirst ? activate(result) + residual : activate(result + residual)
        } else {
          result = activate(result)
        }
        result.store(at: epilogue.output + (row &* epilogue.outputStride &+ column), count: count)
      }
      column += Vector.scalarCount
    }
  }
}
