/// What an element-wise kernel goes through: `images` × `pixels` × `channels` numbers.
///
/// A tensor whose elements follow each other, whatever its layout, may be given as one image of `n` pixels with one
/// channel; kernels treat dense operands as one run of numbers in any case.
public struct ElementwiseShape: Sendable {
  public var images: Int
  /// Pixels of one image.
  public var pixels: Int
  public var channels: Int
  /// The number of units of work: the range of an element-wise kernel counts pixels, over all images.
  public var unitCount: Int { images * pixels }

  public init(images: Int = 1, pixels: Int, channels: Int = 1) {
    self.images = images
    self.pixels = pixels
    self.channels = channels
  }
}

/// An operand that an element-wise kernel reads, with its strides in floats: 0 repeats the same number.
///
/// Strides (image, pixel, channel) with P pixels and C channels: (P·C, C, 1) a dense tensor; (0, 0, 0) one number for
/// all; (0, 0, 1) one per channel; (C, 0, 1) one per image and channel, as squeeze-and-excite multiplies with; (P, 1,
/// 0) one per pixel.
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

  /// A tensor of the whole shape, dense or a slice of one with more channels.
  public init(_ base: UnsafePointer<Float>, like shape: ElementwiseShape, pixelStride: Int? = nil) {
    let stride = pixelStride ?? shape.channels
    self.init(base, imageStride: shape.pixels * stride, pixelStride: stride, channelStride: 1)
  }

  /// One number for all elements.
  public init(scalar base: UnsafePointer<Float>) {
    self.init(base, imageStride: 0, pixelStride: 0, channelStride: 0)
  }

  /// One number per channel.
  public init(perChannel base: UnsafePointer<Float>) {
    self.init(base, imageStride: 0, pixelStride: 0, channelStride: 1)
  }
}

/// The result of an element-wise kernel. It may be one of the inputs of the whole shape, if the strides are the same.
public struct ElementwiseOutput: @unchecked Sendable {
  public var base: UnsafeMutablePointer<Float>
  public var imageStride: Int
  public var pixelStride: Int

  public init(_ base: UnsafeMutablePointer<Float>, imageStride: Int, pixelStride: Int) {
    self.base = base
    self.imageStride = imageStride
    self.pixelStride = pixelStride
  }

  /// A tensor of the whole shape, dense or a slice of one with more channels.
  public init(_ base: UnsafeMutablePointer<Float>, like shape: ElementwiseShape, pixelStride: Int? = nil) {
    let stride = pixelStride ?? shape.channels
    self.init(base, imageStride: shape.pixels * stride, pixelStride: stride)
  }
}

/// A function of one number. α and β are `UnaryArguments.alpha` and `.beta`. NaN stays NaN.
///
/// Results differ from the exact ones by at most 2 units in the last place (exponential, logarithm, errorFunction, tanh, sigmoid, swish
/// with α = 1, elu), 3 (selu, softplus, mish, and gelu between −1 and ∞), or 6 (gelu below −1); geluTanh by 2, and by what changing x in
/// its last place would change. Results of sigmoid below 2⁻¹²⁶, of swish and mish below 10⁻³⁶, and of gelu and geluTanh below 10⁻³⁷, are
/// no more exact than that. The portable kernels, which round twice where they multiply and add, lose as much as changing x in its last
/// place would for gelu as well.
public enum UnaryFunction: UInt8, Sendable {
  /// x: a copy, between tensors of different pixel strides.
  case identity
  case absolute
  case negative
  case reciprocal
  case squareRoot
  /// x to the power of ½, which is the square root but for −∞, of which it is ∞, and −0, of which it is 0.
  case halfPower
  case floor
  case ceiling
  /// To the nearest integer, halves to the even one.
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
  /// x ÷ (1 + e⁻ᵅˣ): Swish, with α = 1 SiLU.
  case swish
  /// x · Φ(x), exactly (with the error function).
  case gelu
  /// GELU by its approximation with tanh.
  case geluTanh
  /// max(α, min(β, x)); Relu is α = 0, β = ∞.
  case clip
  /// x where x ≥ 0, else α·x.
  case leakyRelu
  /// x where x ≥ 0, else α·(eˣ − 1).
  case elu
  /// β·x where x > 0, else β·α·(eˣ − 1).
  case selu
  /// max(0, min(1, α·x + β)).
  case hardSigmoid
  /// x · max(0, min(1, α·x + β)); ONNX's HardSwish is α = 1/6, β = 1/2.
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

/// y = function(x).
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

/// A function of two numbers. Of two NaN, or a NaN and a number, the result is NaN.
public enum BinaryFunction: UInt8, Sendable {
  case add
  case subtract
  case multiply
  case divide
  case maximum
  case minimum
  /// left where left ≥ 0, else left · right (PRelu).
  case parametricRelu
  /// left to the power of right. As in C, 1 to the power of anything, and anything to the power of 0, is 1, NaN or not.
  case power
}

/// y = activation(function(left, right)).
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

/// y = activation(x · scale + shift), rounded once where the instruction set can: a batch normalization that stayed.
public struct ScaleShiftArguments: @unchecked Sendable {
  public var activation: Activation
  public var shape: ElementwiseShape
  public var input: ElementwiseInput
  /// Commonly one number per channel.
  public var scale: ElementwiseInput
  /// Of the same strides as `scale`.
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

/// y = activation((x − mean) · factor · scale + shift): a batch normalization that stayed, as it is defined.
public struct ChannelNormalizationArguments: @unchecked Sendable {
  public var activation: Activation
  public var shape: ElementwiseShape
  /// Of channel stride 1.
  public var input: ElementwiseInput
  /// One number per channel, like the others.
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
