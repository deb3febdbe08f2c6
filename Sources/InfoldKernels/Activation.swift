import InfoldKernelInterface

extension Activation {
  /// Whether kernels apply the function to results in registers. The other functions are applied to
  /// stored results while these are still in the first-level cache. Their loops are separate
  /// functions, because they would be too large for each kernel.
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

/// An activation of numbers that are written in order. It clips with two bounds (−∞ and ∞ if there
/// are none) and then applies any other function.
struct BoundedActivation {
  private let activation: Activation
  private let low: Float
  private let high: Float
  /// Whether the activation consists of the bounds only.
  let isClip: Bool

  @inline(always)
  init(_ activation: Activation) {
    self.activation = activation
    isClip = activation.function == .clip || activation.function == .identity
    low = activation.function == .clip ? activation.a : -.infinity
    high = activation.function == .clip ? activation.b : .infinity
  }

  /// Returns `x` clipped to the bounds.
  @inline(always)
  func bounded(_ x: Vector) -> Vector { clip(x, low, high) }

  /// Applies the rest of the activation to numbers that were written.
  @inline(always)
  func finish(_ numbers: UnsafeMutablePointer<Float>, _ count: Int) {
    if !isClip { activation.apply(FunctionRows(inPlace: numbers, columns: count)) }
  }

  /// Writes the activation of a row. `vector` receives a position and the number of elements there.
  @inline(always)
  func write(_ output: UnsafeMutablePointer<Float>, _ length: Int, _ vector: (Int, Int) -> Vector) {
    // A part of this size is still in the first-level cache when it is finished.
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
