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
}

// Every function below is one of its own, so that the optimizer inlines its closure.

/// The functions of one operand.
private struct UnaryJob {
  let arguments: UnaryArguments
  let pixels: Range<Int>

  private var one: Vector { Vector(repeating: 1) }
  private var zero: Vector { Vector(repeating: 0) }

  @inline(always)
  private func map(_ function: (Vector) -> Vector) { forEachVector(arguments, pixels, function) }

  @inline(never) func identity() { map { $0 } }
  @inline(never) func absolute() { map { magnitude($0) } }
  @inline(never) func negative() { map { -$0 } }
  @inline(never) func reciprocal() { map { one / $0 } }
  @inline(never) func squareRoot() { map { $0.squareRoot() } }
  @inline(never) func floor() { map { $0.rounded(.down) } }
  @inline(never) func ceiling() { map { $0.rounded(.up) } }
  @inline(never) func roundToEven() { map { $0.rounded(.toNearestOrEven) } }
  @inline(never) func exponentials() { map { exponential($0) } }
  @inline(never) func logarithms() { map { logarithm($0) } }
  @inline(never) func errorFunctions() { map { errorFunction($0) } }
  @inline(never) func tangents() { map { hyperbolicTangent($0) } }
  @inline(never) func sigmoids() { map { sigmoid($0) } }
  @inline(never) func gelu() { map { gaussianErrorLinearUnit($0) } }
  @inline(never) func softsign() { map { $0 / (one + magnitude($0)) } }

  @inline(never)
  func swish() {
    let factor = Vector(repeating: -arguments.alpha)
    map { $0 / (one + exponential(factor * $0)) }
  }

  /// ½x(1 + tanh u) is x ÷ (1 + e⁻²ᵘ).
  @inline(never)
  func geluTanh() {
    map { x in
      let cubic = Vector.multiplyAdd(x * x * x, Vector(repeating: 0.044715), x)
      return x / (one + exponential(cubic * Vector(repeating: -1.595_769_12)))
    }
  }

  @inline(never)
  func clips() {
    let (low, high) = (arguments.alpha, arguments.beta)
    map { clip($0, low, high) }
  }

  @inline(never)
  func leakyRelus() {
    let slope = arguments.alpha
    map { leakyRelu($0, slope) }
  }

  @inline(never)
  func elu() {
    let alpha = Vector(repeating: arguments.alpha)
    map { $0.replacing(with: alpha * exponentialLessOne($0), where: $0 .< zero) }
  }

  @inline(never)
  func selu() {
    let (alpha, gamma) = (Vector(repeating: arguments.alpha), Vector(repeating: arguments.beta))
    map { gamma * $0.replacing(with: alpha * exponentialLessOne($0), where: $0 .<= zero) }
  }

  @inline(never)
  func hardSigmoids() {
    let (alpha, beta) = (arguments.alpha, arguments.beta)
    map { hardSigmoid($0, alpha, beta) }
  }

  @inline(never)
  func hardSwish() {
    let (alpha, beta) = (arguments.alpha, arguments.beta)
    map { $0 * hardSigmoid($0, alpha, beta) }
  }

  @inline(never)
  func softplus() {
    map { maximum(zero, $0) + logarithmOfSuccessor(exponential(-magnitude($0))) }
  }

  /// tanh(log(1 + e)) = (e² + 2e) ÷ (e² + 2e + 2), which is 1 from x = 20 on.
  @inline(never)
  func mish() {
    let two = Vector(repeating: 2)
    map { x in
      let e = exponential(minimum(Vector(repeating: 20), x))
      let n = e * (e + two)
      return x * (n / (n + two))
    }
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
  @inline(never) func maximum() { map { largest($0, $1) } }
  @inline(never) func minimum() { map { -largest(-$0, -$1) } }
  @inline(never) func parametricRelu() { map { $0.replacing(with: $0 * $1, where: $0 .< Vector(repeating: 0)) } }
}
