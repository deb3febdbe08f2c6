import InfoldKernelInterface
import InfoldOperators

/// The location of rows: the address of the first, and the distance between adjacent rows in
/// elements.
struct RowPlace {
  var base: UnsafeMutablePointer<Float>
  var stride: Int

  init(_ base: UnsafeMutablePointer<Float>, stride: Int) {
    self.base = base
    self.stride = stride
  }

  /// Returns the same rows, starting at a column.
  static func + (place: RowPlace, column: Int) -> RowPlace { RowPlace(place.base + column, stride: place.stride) }

  var input: ElementwiseInput { ElementwiseInput(base, imageStride: 0, pixelStride: stride, channelStride: 1) }
  var output: ElementwiseOutput { ElementwiseOutput(base, imageStride: 0, pixelStride: stride) }
}

/// Element-wise kernels applied to rows with a stride.
struct KernelRows {
  let kernels: any LanewiseKernels.Type
  let count: Int
  var width: Int

  private var shape: ElementwiseShape { ElementwiseShape(pixels: count, channels: width) }

  /// Returns the same number of rows with another width.
  func withWidth(_ width: Int) -> KernelRows { KernelRows(kernels: kernels, count: count, width: width) }

  func apply(_ function: UnaryFunction, alpha: Float = 0, beta: Float = 0, _ x: RowPlace, to y: RowPlace) {
    kernels.unary(
      UnaryArguments(function, alpha: alpha, beta: beta, shape: shape, input: x.input, output: y.output),
      pixels: 0..<count)
  }

  /// Applies a function to two operands. A row `b` with stride 0 is broadcast to all rows of `a`.
  func apply(_ function: BinaryFunction, _ a: RowPlace, _ b: RowPlace, to y: RowPlace) {
    kernels.binary(
      BinaryArguments(
        function, activation: .identity, shape: shape, left: a.input, right: b.input, output: y.output),
      pixels: 0..<count)
  }

  /// Computes x · scale + shift.
  func scaleShift(_ x: RowPlace, by scale: Float, plus shift: Float, to y: RowPlace) {
    withUnsafePointer(to: scale) { scale in
      withUnsafePointer(to: shift) { shift in
        kernels.scaleShift(
          ScaleShiftArguments(
            activation: .identity, shape: shape, input: x.input, scale: ElementwiseInput(scalar: scale),
            shift: ElementwiseInput(scalar: shift), output: y.output),
          pixels: 0..<count)
      }
    }
  }

  /// Computes x where it is above `bound`, and 0 elsewhere.
  func threshold(_ x: RowPlace, above bound: Float, to y: RowPlace) {
    for row in 0..<count {
      let (x, y) = (x.base + row * x.stride, y.base + row * y.stride)
      for column in 0..<width { y[column] = x[column] > bound ? x[column] : 0 }
    }
  }

  func apply(_ function: GateFunction, _ x: RowPlace, to y: RowPlace) {
    var source = x
    for part in function.parts {
      switch part {
      case .unary(let function, let alpha, let beta): apply(function, alpha: alpha, beta: beta, source, to: y)
      case .affine(let scale, let shift): scaleShift(source, by: scale, plus: shift, to: y)
      case .threshold(let bound): threshold(source, above: bound, to: y)
      }
      source = y
    }
  }

  func clear(_ place: RowPlace) {
    for row in 0..<count { (place.base + row * place.stride).update(repeating: 0, count: width) }
  }
}

/// An activation of a recurrent operator, as a sequence of kernel functions.
struct GateFunction: Sendable {
  enum Part: Sendable {
    case unary(UnaryFunction, Float, Float)
    /// x · scale + shift.
    case affine(scale: Float, shift: Float)
    /// x above a bound, and 0 elsewhere.
    case threshold(Float)
  }

  /// The functions, at least one.
  private(set) var parts: [Part] = []

  /// The function if it is the only part and has no parameters.
  var plain: UnaryFunction? {
    if parts.count == 1, case .unary(let function, 0, 0) = parts[0] { function } else { nil }
  }

  /// Returns `nil` for a non-finite alpha, which kernels would multiply by zero.
  init?(_ activation: RecurrentActivation) {
    let (alpha, beta) = (activation.alpha, activation.beta)
    if activation.clip != .infinity { parts.append(.unary(.clip, -activation.clip, activation.clip)) }
    switch activation.function {
    case .relu: parts.append(.unary(.clip, 0, .infinity))
    case .tanh: parts.append(.unary(.tanh, 0, 0))
    case .sigmoid: parts.append(.unary(.sigmoid, 0, 0))
    case .affine: parts.append(.affine(scale: alpha, shift: beta))
    case .leakyrelu where alpha.isFinite: parts.append(.unary(.leakyRelu, alpha, 0))
    case .thresholdedrelu: parts.append(.threshold(alpha))
    case .scaledtanh:
      parts += [.affine(scale: beta, shift: 0), .unary(.tanh, 0, 0), .affine(scale: alpha, shift: 0)]
    case .hardsigmoid: parts.append(.unary(.hardSigmoid, alpha, beta))
    case .elu where alpha.isFinite: parts.append(.unary(.elu, alpha, 0))
    case .softsign: parts.append(.unary(.softsign, 0, 0))
    case .softplus: parts.append(.unary(.softplus, 0, 0))
    case .leakyrelu, .elu: return nil
    }
  }
}
