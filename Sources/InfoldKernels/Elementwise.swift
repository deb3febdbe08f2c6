import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func unary(_ arguments: UnaryArguments, pixels: Range<Int>) {
    let job = UnaryJob(arguments: arguments, pixels: pixels)
    switch arguments.function {
    case .identity: job.identity()
    case .absolute: job.absolute()
    case .negative: job.negative()
    case .reciprocal: job.reciprocal()
    case .squareRoot: job.squareRoot()
    case .halfPower: job.halfPower()
    case .floor: job.floor()
    case .ceiling: job.ceiling()
    case .roundToEven: job.roundToEven()
    case .exponential: job.exponentials()
    case .logarithm: job.logarithms()
    case .errorFunction: job.errorFunctions()
    case .tanh: job.tangents()
    case .sigmoid: job.sigmoids()
    case .swish: job.swish()
    case .gelu: job.gelu()
    case .geluTanh: job.geluTanh()
    case .clip: job.clips()
    case .leakyRelu: job.leakyRelus()
    case .elu: job.elu()
    case .selu: job.selu()
    case .hardSigmoid: job.hardSigmoids()
    case .hardSwish: job.hardSwish()
    case .softplus: job.softplus()
    case .softsign: job.softsign()
    case .mish: job.mish()
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
        forEachVector(of: arguments.shape.channels) { channel, count in
          let difference = Vector(at: x + channel, count: count) - Vector(at: arguments.mean + channel, count: count)
          let normal = difference * Vector(at: arguments.factor + channel, count: count)
          let scale = Vector(at: arguments.scale + channel, count: count)
          let shift = Vector(at: arguments.shift + channel, count: count)
          activation.apply(Vector.multiplyAdd(normal, scale, shift)).store(at: y + channel, count: count)
        }
      }
    }
  }
}

// Every function below is a loop of its own; what it does to a vector is marked to be inlined, which a closure cannot
// be.

/// The functions of one operand.
private struct UnaryJob {
  let arguments: UnaryArguments
  let pixels: Range<Int>

  private var one: Vector { Vector(repeating: 1) }
  private var zero: Vector { Vector(repeating: 0) }

  @inline(always)
  private func map(_ function: (Vector) -> Vector) { forEachVector(arguments, pixels, function) }

  @inline(never) func identity() { map { $0 } }
  @inline(never) func absolute() { map(magnitude) }
  @inline(never) func negative() { map(negated) }
  @inline(never) func reciprocal() { map { one / $0 } }
  @inline(never) func squareRoot() { map { $0.squareRoot() } }
  @inline(never) func floor() { map { $0.rounded(.down) } }
  @inline(never) func ceiling() { map { $0.rounded(.up) } }
  @inline(never) func roundToEven() { map { $0.rounded(.toNearestOrEven) } }
  @inline(never) func exponentials() { map(exponential) }
  @inline(never) func logarithms() { map(logarithm) }
  @inline(never) func errorFunctions() { map(errorFunction) }
  @inline(never) func tangents() { map(hyperbolicTangent) }
  @inline(never) func sigmoids() { map(sigmoid) }
  @inline(never) func gelu() { map(gaussianErrorLinearUnit) }

  @inline(never)
  func halfPower() {
    let infinity = Vector(repeating: .infinity)
    @inline(always)
    func function(_ x: Vector) -> Vector { (x + zero).squareRoot().replacing(with: infinity, where: x .== -infinity) }
    map(function)
  }

  @inline(never)
  func softsign() {
    @inline(always)
    func function(_ x: Vector) -> Vector { x / (one + magnitude(x)) }
    map(function)
  }

  @inline(never)
  func swish() {
    let factor = Vector(repeating: -arguments.alpha)
    @inline(always)
    func function(_ x: Vector) -> Vector { x / (one + exponential(factor * x)) }
    map(function)
  }

  /// ½x(1 + tanh u) is x ÷ (1 + e⁻²ᵘ).
  @inline(never)
  func geluTanh() {
    @inline(always)
    func function(_ x: Vector) -> Vector {
      let cubic = Vector.multiplyAdd(x * x * x, Vector(repeating: 0.044715), x)
      return x / (one + exponential(cubic * Vector(repeating: -1.595_769_12)))
    }
    map(function)
  }

  @inline(never)
  func clips() {
    let (low, high) = (arguments.alpha, arguments.beta)
    @inline(always)
    func function(_ x: Vector) -> Vector { clip(x, low, high) }
    map(function)
  }

  @inline(never)
  func leakyRelus() {
    let slope = Vector(repeating: arguments.alpha)
    @inline(always)
    func function(_ x: Vector) -> Vector { leakyRelu(x, slope) }
    map(function)
  }

  @inline(never)
  func elu() {
    let alpha = Vector(repeating: arguments.alpha)
    @inline(always)
    func function(_ x: Vector) -> Vector { select(alpha * exponentialLessOne(x), x, whereNegative: x) }
    map(function)
  }

  @inline(never)
  func selu() {
    let (alpha, gamma) = (Vector(repeating: arguments.alpha), Vector(repeating: arguments.beta))
    @inline(always)
    func function(_ x: Vector) -> Vector {
      gamma * select(alpha * exponentialLessOne(x), x, whereNegative: x)
    }
    map(function)
  }

  @inline(never)
  func hardSigmoids() {
    let (alpha, beta) = (arguments.alpha, arguments.beta)
    @inline(always)
    func function(_ x: Vector) -> Vector { hardSigmoid(x, alpha, beta) }
    map(function)
  }

  @inline(never)
  func hardSwish() {
    let (alpha, beta) = (arguments.alpha, arguments.beta)
    @inline(always)
    func function(_ x: Vector) -> Vector { x * hardSigmoid(x, alpha, beta) }
    map(function)
  }

  @inline(never)
  func softplus() {
    @inline(always)
    func function(_ x: Vector) -> Vector {
      maximum(zero, x) + logarithmOfSuccessor(exponential(-magnitude(x)))
    }
    map(function)
  }

  /// tanh(log(1 + e)) = (e² + 2e) ÷ (e² + 2e + 2), which is 1 from x = 20 on.
  @inline(never)
  func mish() {
    let two = Vector(repeating: 2)
    @inline(always)
    func function(_ x: Vector) -> Vector {
      let e = exponential(minimum(Vector(repeating: 20), x))
      let n = e * (e + two)
      return x * (n / (n + two))
    }
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

  @inline(never)
  func parametricRelu() {
    // A zero stays what it is, also with an infinite slope.
    @inline(always)
    func function(_ x: Vector, _ slope: Vector) -> Vector {
      leakyRelu(x, slope).replacing(with: x, where: x .== Vector(repeating: 0))
    }
    map(function)
  }
}
