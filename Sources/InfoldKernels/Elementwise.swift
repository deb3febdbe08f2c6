import InfoldKernelInterface

extension Kernels {
  @inline(never)
  public static func unary(_ arguments: UnaryArguments, pixels: Range<Int>) {
    let (a, b) = (arguments.alpha, arguments.beta)
    let (alpha, beta) = (Vector(repeating: a), Vector(repeating: b))
    let (zero, one) = (Vector(repeating: 0), Vector(repeating: 1))
    switch arguments.function {
    case .identity: forEachVector(arguments, pixels) { $0 }
    case .absolute: forEachVector(arguments, pixels) { magnitude($0) }
    case .negative: forEachVector(arguments, pixels) { -$0 }
    case .reciprocal: forEachVector(arguments, pixels) { one / $0 }
    case .squareRoot: forEachVector(arguments, pixels) { $0.squareRoot() }
    case .floor: forEachVector(arguments, pixels) { $0.rounded(.down) }
    case .ceiling: forEachVector(arguments, pixels) { $0.rounded(.up) }
    case .roundToEven: forEachVector(arguments, pixels) { $0.rounded(.toNearestOrEven) }
    case .exponential: forEachVector(arguments, pixels) { exponential($0) }
    case .logarithm: forEachVector(arguments, pixels) { logarithm($0) }
    case .errorFunction: forEachVector(arguments, pixels) { errorFunction($0) }
    case .tanh: forEachVector(arguments, pixels) { hyperbolicTangent($0) }
    case .sigmoid: forEachVector(arguments, pixels) { sigmoid($0) }
    case .swish: forEachVector(arguments, pixels) { $0 / (one + exponential(-alpha * $0)) }
    case .gelu: forEachVector(arguments, pixels) { gaussianErrorLinearUnit($0) }
    case .geluTanh:
      // ½x(1 + tanh u) is x ÷ (1 + e⁻²ᵘ).
      forEachVector(arguments, pixels) { x in
        let cubic = Vector.multiplyAdd(x * x * x, Vector(repeating: 0.044715), x)
        return x / (one + exponential(cubic * Vector(repeating: -1.595_769_12)))
      }
    case .clip: forEachVector(arguments, pixels) { clip($0, a, b) }
    case .leakyRelu: forEachVector(arguments, pixels) { leakyRelu($0, a) }
    case .elu:
      forEachVector(arguments, pixels) { $0.replacing(with: alpha * exponentialLessOne($0), where: $0 .< zero) }
    case .selu:
      forEachVector(arguments, pixels) {
        beta * $0.replacing(with: alpha * exponentialLessOne($0), where: $0 .<= zero)
      }
    case .hardSigmoid: forEachVector(arguments, pixels) { hardSigmoid($0, a, b) }
    case .hardSwish: forEachVector(arguments, pixels) { $0 * hardSigmoid($0, a, b) }
    case .softplus:
      forEachVector(arguments, pixels) { x in
        maximum(zero, x) + logarithmOfSuccessor(exponential(-magnitude(x)))
      }
    case .softsign: forEachVector(arguments, pixels) { $0 / (one + magnitude($0)) }
    case .mish:
      // tanh(log(1 + e)) = (e² + 2e) ÷ (e² + 2e + 2), which is 1 from x = 20 on.
      forEachVector(arguments, pixels) { x in
        let e = exponential(minimum(Vector(repeating: 20), x))
        let n = e * (e + Vector(repeating: 2))
        return x * (n / (n + Vector(repeating: 2)))
      }
    }
  }

  @inline(never)
  public static func binary(_ arguments: BinaryArguments, pixels: Range<Int>) {
    let activation = arguments.activation
    let zero = Vector(repeating: 0)
    switch arguments.function {
    case .add: forEachVector(arguments, pixels) { ($0 + $1).applying(activation) }
    case .subtract: forEachVector(arguments, pixels) { ($0 - $1).applying(activation) }
    case .multiply: forEachVector(arguments, pixels) { ($0 * $1).applying(activation) }
    case .divide: forEachVector(arguments, pixels) { ($0 / $1).applying(activation) }
    case .maximum: forEachVector(arguments, pixels) { largest($0, $1).applying(activation) }
    case .minimum: forEachVector(arguments, pixels) { (-largest(-$0, -$1)).applying(activation) }
    case .parametricRelu:
      forEachVector(arguments, pixels) { $0.replacing(with: $0 * $1, where: $0 .< zero).applying(activation) }
    }
  }

  @inline(never)
  public static func scaleShift(_ arguments: ScaleShiftArguments, pixels: Range<Int>) {
    let activation = arguments.activation
    if arguments.scale.channelStride == 0 {
      forEachVector(arguments, pixels, repeatsScale: true) { Vector.multiplyAdd($0, $1, $2).applying(activation) }
    } else {
      forEachVector(arguments, pixels, repeatsScale: false) { Vector.multiplyAdd($0, $1, $2).applying(activation) }
    }
  }
}
