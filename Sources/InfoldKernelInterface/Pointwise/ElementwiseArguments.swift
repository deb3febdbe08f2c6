/// The iteration space of an element-wise kernel: `images` × `pixels` × `channels` elements.
///
/// A contiguous tensor, whatever its layout, may be given as one image of `n` pixels with one
/// channel. Kernels treat dense operands as one contiguous run in any case.
public struct ElementwiseShape: Sendable {
  public var images: Int
  /// The pixels of one image.
  public var pixels: Int
  public var channels: Int
  /// The number of units of work. The range of an element-wise kernel counts pixels, over all
  /// images.
  public var unitCount: Int { images * pixels }

  public init(images: Int = 1, pixels: Int, channels: Int = 1) {
    self.images = images
    self.pixels = pixels
    self.channels = channels
  }
}

/// An input of an element-wise kernel, with its strides in elements. A stride of 0 repeats the same
/// element.
///
/// Strides (image, pixel, channel) with P pixels and C channels: (P·C, C, 1) is a dense tensor, (0,
/// 0, 0) a scalar, (0, 0, 1) one number per channel, (C, 0, 1) one per image and channel, as in
/// squeeze-and-excite, and (P, 1, 0) one per pixel.
public struct ElementwiseInput: @unchecked Sendable {
  public var base: UnsafePointer<Float>
  public var imageStride: Int
  public var pixelStride: Int
  /// 0 or 1.
  public var channelStride: Int

  public init(_ base: UnsafePointer<Float>, imageStride: Int, pixelStride: Int, channelStride: Int) {
    self.base = base
    self.imageStride = imageStride
    self.pixelStride = pixelStride
    self.channelStride = channelStride
  }

  /// Creates an operand of the whole shape: a dense tensor, or a slice of one with more channels.
  public init(_ base: UnsafePointer<Float>, like shape: ElementwiseShape, pixelStride: Int? = nil) {
    let stride = pixelStride ?? shape.channels
    self.init(base, imageStride: shape.pixels * stride, pixelStride: stride, channelStride: 1)
  }

  /// Creates an operand that has one number for all elements.
  public init(scalar base: UnsafePointer<Float>) {
    self.init(base, imageStride: 0, pixelStride: 0, channelStride: 0)
  }

  /// Creates an operand that has one number per channel.
  public init(perChannel base: UnsafePointer<Float>) {
    self.init(base, imageStride: 0, pixelStride: 0, channelStride: 1)
  }
}

/// The output of an element-wise kernel. It may alias an input of the whole shape that has the same
/// strides.
public struct ElementwiseOutput: @unchecked Sendable {
  public var base: UnsafeMutablePointer<Float>
  public var imageStride: Int
  public var pixelStride: Int

  public init(_ base: UnsafeMutablePointer<Float>, imageStride: Int, pixelStride: Int) {
    self.base = base
    self.imageStride = imageStride
    self.pixelStride = pixelStride
  }

  /// Creates an output of the whole shape: a dense tensor, or a slice of one with more channels.
  public init(_ base: UnsafeMutablePointer<Float>, like shape: ElementwiseShape, pixelStride: Int? = nil) {
    let stride = pixelStride ?? shape.channels
    self.init(base, imageStride: shape.pixels * stride, pixelStride: stride)
  }
}

/// A function of one number. α and β are `UnaryArguments.alpha` and `.beta`. NaN stays NaN.
///
/// The maximum error is 2 ulp for exponential, logarithm, errorFunction, tanh, sigmoid, swish with
/// α = 1, and elu; 3 ulp for selu, softplus, mish, and gelu between −1 and ∞; and 6 ulp for gelu
/// below −1. For geluTanh it is 2 ulp plus the effect of changing x by 1 ulp.
///
/// Tiny results are less accurate. Those of sigmoid below 2⁻¹²⁶, of swish and mish below 10⁻³⁶, and
/// of gelu and geluTanh below 10⁻³⁷ have absolute errors of up to about this size. For gelu, the
/// portable kernels add the effect of changing x by 1 ulp to the bound, because they round
/// multiply-adds twice.
public enum UnaryFunction: UInt8, Sendable {
  /// x: a copy between tensors with different pixel strides.
  case identity
  case absolute
  case negative
  case reciprocal
  case squareRoot
  /// x to the power of ½. It equals the square root, except that −∞ becomes ∞ and −0 becomes 0.
  case halfPower
  case floor
  case ceiling
  /// The nearest integer, ties to even.
  case roundToEven
  /// eˣ.
  case exponential
  /// The natural logarithm.
  case logarithm
  /// The Gauss error function.
  case errorFunction
  case tanh
  /// 1 ÷ (1 + e⁻ˣ).
  case sigmoid
  /// x ÷ (1 + e⁻ᵅˣ): Swish, or SiLU with α = 1.
  case swish
  /// x · Φ(x), computed with the error function.
  case gelu
  /// GELU approximated with tanh.
  case geluTanh
  /// max(α, min(β, x)). Relu is α = 0, β = ∞.
  case clip
  /// x where x ≥ 0, otherwise α·x.
  case leakyRelu
  /// x where x ≥ 0, otherwise α·(eˣ − 1).
  case elu
  /// β·x where x > 0, otherwise β·α·(eˣ − 1).
  case selu
  /// max(0, min(1, α·x + β)).
  case hardSigmoid
  /// x · max(0, min(1, α·x + β)). ONNX's HardSwish is α = 1/6, β = 1/2.
  case hardSwish
  /// log(1 + eˣ).
  case softplus
  /// x ÷ (1 + |x|).
  case softsign
  /// x · tanh(log(1 + eˣ)).
  case mish
  case sine
  case cosine
}

/// The arguments of y = function(x).
public struct UnaryArguments: @unchecked Sendable {
  public var function: UnaryFunction
  public var alpha: Float
  public var beta: Float
  public var shape: ElementwiseShape
  public var input: ElementwiseInput
  public var output: ElementwiseOutput

  public init(
    _ function: UnaryFunction, alpha: Float = 0, beta: Float = 0, shape: ElementwiseShape, input: ElementwiseInput,
    output: ElementwiseOutput
  ) {
    self.function = function
    self.alpha = alpha
    self.beta = beta
    self.shape = shape
    self.input = input
    self.output = output
  }
}

/// A function of two numbers. If either is NaN, the result is NaN.
public enum BinaryFunction: UInt8, Sendable {
  case add
  case subtract
  case multiply
  case divide
  case maximum
  case minimum
  /// left where left ≥ 0, otherwise left · right (PRelu).
  case parametricRelu
  /// left to the power of right. As in C, 1 to any power and any number to the power of 0 is 1,
  /// even for NaN.
  case power
}

/// The arguments of y = activation(function(left, right)).
public struct BinaryArguments: @unchecked Sendable {
  public var function: BinaryFunction
  public var activation: Activation
  public var shape: ElementwiseShape
  public var left: ElementwiseInput
  public var right: ElementwiseInput
  public var output: ElementwiseOutput

  public init(
    _ function: BinaryFunction, activation: Activation, shape: ElementwiseShape, left: ElementwiseInput,
    right: ElementwiseInput, output: ElementwiseOutput
  ) {
    self.function = function
    self.activation = activation
    self.shape = shape
    self.left = left
    self.right = right
    self.output = output
  }
}

/// The arguments of y = activation(x · scale + shift), rounded once if the instruction set can: a
/// batch normalization that was not folded.
public struct ScaleShiftArguments: @unchecked Sendable {
  public var activation: Activation
  public var shape: ElementwiseShape
  public var input: ElementwiseInput
  /// The scale, usually one number per channel.
  public var scale: ElementwiseInput
  /// The shift, with the strides of `scale`.
  public var shift: ElementwiseInput
  public var output: ElementwiseOutput

  public init(
    activation: Activation, shape: ElementwiseShape, input: ElementwiseInput, scale: ElementwiseInput,
    shift: ElementwiseInput, output: ElementwiseOutput
  ) {
    self.activation = activation
    self.shape = shape
    self.input = input
    self.scale = scale
    self.shift = shift
    self.output = output
  }
}

/// The arguments of y = activation((x − mean) · factor · scale + shift): a batch normalization that
/// was not folded, evaluated as defined.
public struct ChannelNormalizationArguments: @unchecked Sendable {
  public var activation: Activation
  public var shape: ElementwiseShape
  /// The input, with channel stride 1.
  public var input: ElementwiseInput
  /// The mean of each channel. The other parameters also have one number per channel.
  public var mean: UnsafePointer<Float>
  /// 1 ÷ √(variance + epsilon).
  public var factor: UnsafePointer<Float>
  public var scale: UnsafePointer<Float>
  public var shift: UnsafePointer<Float>
  public var output: ElementwiseOutput

  public init(
    activation: Activation, shape: ElementwiseShape, input: ElementwiseInput, mean: UnsafePointer<Float>,
    factor: UnsafePointer<Float>, scale: UnsafePointer<Float>, shift: UnsafePointer<Float>, output: ElementwiseOutput
  ) {
    self.activation = activation
    self.shape = shape
    self.input = input
    self.mean = mean
    self.factor = factor
    self.scale = scale
    self.shift = shift
    self.output = output
  }
}
