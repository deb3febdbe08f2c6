import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func unary(_ arguments: UnaryArguments, pixels: Range<Int>) {
    let (alpha, beta) = (arguments.alpha, arguments.beta)
    forEachRows(arguments, pixels) { rows in
      switch arguments.function {
      case .identity: rows.copies()
      case .absolute: rows.absolutes()
      case .negative: rows.negatives()
      case .reciprocal: rows.reciprocals()
      case .squareRoot: rows.squareRoots()
      case .halfPower: rows.halfPowers()
      case .floor: rows.floors()
      case .ceiling: rows.ceilings()
      case .roundToEven: rows.roundingsToEven()
      case .exponential: rows.exponentials()
      case .logarithm: rows.logarithms()
      case .errorFunction: rows.errorFunctions()
      case .tanh: rows.tangents()
      case .sigmoid: rows.sigmoids()
      case .swish where alpha == 1: rows.sigmoidLinearUnits()
      case .swish: rows.swishes(alpha)
      case .gelu: rows.gaussianErrorLinearUnits()
      case .geluTanh: rows.gaussianErrorLinearUnitsByTangent()
      case .clip: rows.clips(alpha, beta)
      case .leakyRelu: rows.leakyRelus(alpha)
      case .elu: rows.exponentialLinearUnits(alpha)
      case .selu: rows.scaledExponentialLinearUnits(alpha, beta)
      case .hardSigmoid: rows.hardSigmoids(alpha, beta)
      case .hardSwish: rows.hardSwishes(alpha, beta)
      case .softplus: rows.softplusses()
      case .softsign: rows.softsigns()
      case .mish: rows.mishes()
      case .sine: rows.sines()
      case .cosine: rows.cosines()
      }
    }
  }

  @inline(never)
  public static func binary(_ arguments: BinaryArguments, pixels: Range<Int>) {
    let job = BinaryJob(arguments: arguments, pixels: pixels)
    switch arguments.function {
    case .add: job.add()
    case .subtract: job.subtract()
    case .multiply: job.multiply()
    case .divide: job.divide()
    case .maximum: job.maximum()
    case .minimum: job.minimum()
    case .parametricRelu: job.parametricRelu()
    case .power: job.power()
    }
  }

  @inline(never)
  public static func scaleShift(_ arguments: ScaleShiftArguments, pixels: Range<Int>) {
    if arguments.scale.channelStride == 0 {
      forEachVector(arguments, pixels, repeatsScale: true)
    } else {
      forEachVector(arguments, pixels, repeatsScale: false)
    }
  }

  @inline(never)
  public static func channelNormalization(_ arguments: ChannelNormalizationArguments, pixels: Range<Int>) {
    let activation = BoundedActivation(arguments.activation)
    forEachImage(arguments.shape, pixels) { image, first, count in
      for pixel in first..<(first + count) {
        let x = arguments.input.at(image, pixel)
        let y = arguments.output.at(image, pixel)
        activation.write(y, arguments.shape.channels) { channel, count in
          let difference = Vector(at: x + channel, count: count) - Vector(at: arguments.mean + channel, count: count)
          let normal = difference * Vector(at: arguments.factor + channel, count: count)
          let scale = Vector(at: arguments.scale + channel, count: count)
          let shift = Vector(at: arguments.shift + channel, count: count)
          return Vector.multiplyAdd(normal, scale, shift)
        }
      }
    }
  }
}

// Each function below is a separate loop. Its operation on a vector is a named function that can be
// marked for inlining, unlike a closure.

/// The functions of one operand that are not activations.
extension FunctionRows {
  private var one: Vector { Vector(repeating: 1) }
  private var zero: Vector { Vector(repeating: 0) }

  @inline(never) fileprivate func copies() { map { $0 } }
  @inline(never) fileprivate func absolutes() { map(magnitude) }
  @inline(never) fileprivate func negatives() { map(negated) }
  @inline(never) fileprivate func reciprocals() { map { one / $0 } }
  @inline(never) fileprivate func squareRoots() { map(squareRoot) }
  @inline(never) fileprivate func floors() { map { $0.rounded(.down) } }
  @inline(never) fileprivate func ceilings() { map { $0.rounded(.up) } }
  @inline(never) fileprivate func roundingsToEven() { map { $0.rounded(.toNearestOrEven) } }
  @inline(never) fileprivate func logarithms() { map(logarithm) }
  @inline(never) fileprivate func errorFunctions() { map(errorFunction) }
  @inline(never) fileprivate func sines() { map(sine) }
  @inline(never) fileprivate func cosines() { map(cosine) }

  @inline(never)
  fileprivate func halfPowers() {
    let infinity = Vector(repeating: .infinity)
    @inline(always)
    func function(_ x: Vector) -> Vector { squareRoot(x + zero).replacing(with: infinity, where: x .== -infinity) }
    map(function)
  }

  @inline(never)
  fileprivate func softsigns() {
    @inline(always)
    func function(_ x: Vector) -> Vector { x / (one + magnitude(x)) }
    map(function)
  }

  @inline(never)
  fileprivate func swishes(_ factor: Float) {
    let factor = Vector(repeating: factor)
    @inline(always)
    func function(_ x: Vector) -> Vector { swish(x, factor) }
    map(function)
  }

  @inline(never)
  fileprivate func scaledExponentialLinearUnits(_ alpha: Float, _ gamma: Float) {
    let (alpha, gamma) = (Vector(repeating: alpha), Vector(repeating: gamma))
    @inline(always)
    func function(_ x: Vector) -> Vector { gamma * exponentialLinearUnit(x, alpha) }
    map(function)
  }
}

/// The functions of two operands.
private struct BinaryJob {
  let arguments: BinaryArguments
  let pixels: Range<Int>

  @inline(always)
  private func map(_ function: (Vector, Vector) -> Vector) { forEachVector(arguments, pixels, function) }

  @inline(never) func add() { map { $0 + $1 } }
  @inline(never) func subtract() { map { $0 - $1 } }
  @inline(never) func multiply() { map { $0 * $1 } }
  @inline(never) func divide() { map { $0 / $1 } }
  @inline(never) func maximum() { map(largest) }
  @inline(never) func minimum() { map(least) }
  @inline(never) func power() { map { outlinedPower($0, $1) } }

  @inline(never)
  func parametricRelu() {
    // A zero is preserved, even with an infinite slope.
    @inline(always)
    func function(_ x: Vector, _ slope: Vector) -> Vector {
      leakyRelu(x, slope).replacing(with: x, where: x .== Vector(repeating: 0))
    }
    map(function)
  }
}
