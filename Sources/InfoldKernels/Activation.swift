import InfoldKernelInterface

extension Activation {
  /// Whether kernels apply the function to what is still in registers. Others go over the numbers that were written, as long as they are
  /// in the first-level cache: loops of their own, which would not fit into those of all kernels.
  @inline(always)
  var isShort: Bool {
    switch function {
    case .identity, .clip, .leakyRelu, .hardSwish: true
    default: false
    }
  }

  @inline(never)
  func apply(_ rows: FunctionRows) {
    switch function {
    case .identity: break
    case .clip: rows.clips(a, b)
    case .leakyRelu: rows.leakyRelus(a)
    case .hardSigmoid: rows.hardSigmoids(a, b)
    case .hardSwish: rows.hardSwishes(1 / 6, 0.5)
    case .sigmoid: rows.sigmoids()
    case .silu: rows.sigmoidLinearUnits()
    case .tanh: rows.tangents()
    case .gelu: rows.gaussianErrorLinearUnits()
    case .geluTanh: rows.gaussianErrorLinearUnitsByTangent()
    case .exponential: rows.exponentials()
    case .elu: rows.exponentialLinearUnits(a)
    case .softplus: rows.softplusses()
    case .mish: rows.mishes()
    }
  }
}

/// An activation of numbers that are written in order: two bounds at once, −∞ and ∞ where there are none, and any other function behind.
struct BoundedActivation {
  private let activation: Activation
  private let low: Float
  private let high: Float
  /// Whether the bounds are all there is to it.
  let isClip: Bool

  @inline(always)
  init(_ activation: Activation) {
    self.activation = activation
    isClip = activation.function == .clip || activation.function == .identity
    low = activation.function == .clip ? activation.a : -.infinity
    high = activation.function == .clip ? activation.b : .infinity
  }

  /// What is written of `x`.
  @inline(always)
  func bounded(_ x: Vector) -> Vector { clip(x, low, high) }

  /// Does what is left to do to numbers that were written.
  @inline(always)
  func finish(_ numbers: UnsafeMutablePointer<Float>, _ count: Int) {
    if !isClip { activation.apply(FunctionRows(inPlace: numbers, columns: count)) }
  }

  /// Writes the activation of a row, of which `vector` is given a place and the number of elements there.
  @inline(always)
  func write(_ output: UnsafeMutablePointer<Float>, _ length: Int, _ vector: (Int, Int) -> Vector) {
    // Of this size, what is finished is still in the first-level cache.
    let part = 2048
    var first = 0
    while first < length {
      let size = min(part, length &- first)
      forEachVector(of: size) { index, count in
        bounded(vector(first &+ index, count)).store(at: output + (first &+ index), count: count)
      }
      finish(output + first, size)
      first &+= size
    }
  }
}
