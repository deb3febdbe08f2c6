import Glibc
import InfoldKernelInterface
import InfoldTensor
import Testing

@Suite struct DepthwiseTests {
  struct Shape {
    var height = 9
    var width = 9
    var channels = 8
    var kernelHeight = 3
    var kernelWidth = 3
    var stride = 1
    var dilation = 1
    var padTop = 1
    var padLeft = 1
    var padBottom = 1
    var padRight = 1
    /// Which of the epilogues is used.
    var epilogue = 0

    var outputHeight: Int { (height + padTop + padBottom - dilation * (kernelHeight - 1) - 1) / stride + 1 }
    var outputWidth: Int { (width + padLeft + padRight - dilation * (kernelWidth - 1) - 1) / stride + 1 }
  }

  private static func squares(_ size: Int, pad: Int) -> [Shape] {
    var shapes: [Shape] = []
    for stride in 1...2 {
      for width in size...22 {
        shapes.append(
          Shape(
            height: size + width % 4, width: width, channels: 1 + (width * 7 + stride) % 40, kernelHeight: size,
            kernelWidth: size, stride: stride, padTop: pad, padLeft: pad, padBottom: pad, padRight: pad,
            epilogue: width % 9))
      }
    }
    return shapes
  }

  private static var shapes: [Shape] {
    var shapes = squares(3, pad: 1) + squares(3, pad: 0) + squares(5, pad: 2) + squares(5, pad: 1) + squares(7, pad: 3)
    for channels in 1...40 { shapes.append(Shape(height: 4, width: 8, channels: channels, epilogue: channels % 9)) }
    shapes.append(Shape(channels: 11, stride: 2, padTop: 0, padLeft: 0))
    shapes.append(Shape(channels: 12, dilation: 2, padTop: 2, padLeft: 2, padBottom: 2, padRight: 2))
    shapes.append(Shape(channels: 20, kernelHeight: 1, padTop: 0, padBottom: 0))
    shapes.append(Shape(channels: 20, kernelHeight: 5, padTop: 4, padLeft: 2, padBottom: 4, padRight: 2))
    shapes.append(Shape(channels: 16, kernelHeight: 2, kernelWidth: 4, stride: 3, padLeft: 3, padRight: 2))
    for (height, width) in smallSizes {
      for size in [1, 2, 3, 5, 7] {
        for stride in 1...2 {
          for pad in [size / 2, size - 1] {
            shapes.append(
              Shape(
                height: height, width: width, channels: 15 + size, kernelHeight: size, kernelWidth: size,
                stride: stride, padTop: pad, padLeft: pad, padBottom: size - 1, padRight: size - 1, epilogue: size % 9))
          }
        }
      }
    }
    return shapes
  }

  @Test(arguments: convolutionKernelSets.indices) func convolvesLikeTheDefinition(set: Int) {
    for shape in Self.shapes { check(convolutionKernelSets[set], shape) }
  }

  private func check(_ kernels: any ConvolutionKernels.Type, _ shape: Shape) {
    let (images, channels, taps) = (2, shape.channels, shape.kernelHeight * shape.kernelWidth)
    let (stride, outputStride, residualStride) = (channels + 3, channels + 1, channels + 2)
    let pixels = shape.outputHeight * shape.outputWidth
    let input = Buffer(random: images * shape.height * shape.width * stride - 3, seed: 1)
    let weights = Buffer(random: channels * taps, seed: 2)
    let bias = Buffer(random: channels, seed: 3)
    let residual = Buffer(random: images * pixels * residualStride - 2, seed: 4)
    let output = Buffer(images * pixels * outputStride - 1)
    let packed = Buffer(
      kernels.depthwiseWeightCount(
        kernelHeight: shape.kernelHeight, kernelWidth: shape.kernelWidth, channels: channels))
    kernels.packDepthwiseWeights(
      weights.input, kernelHeight: shape.kernelHeight, kernelWidth: shape.kernelWidth, channels: channels,
      into: packed.base)
    let epilogues = [
      Epilogue(), Epilogue(bias: bias.input, activation: .relu), Epilogue(activation: Activation(.clip, -0.5, 0.25)),
      Epilogue(bias: bias.input, residual: residual.input, residualPixelStride: residualStride, activation: .relu),
      Epilogue(
        residual: residual.input, residualPixelStride: residualStride, activation: .relu, activatesFirst: true),
      Epilogue(bias: bias.input, activation: Activation(.hardSwish)),
      Epilogue(bias: bias.input, activation: Activation(.silu)),
      Epilogue(
        bias: bias.input, residual: residual.input, residualPixelStride: residualStride,
        activation: Activation(.gelu), activatesFirst: true),
      Epilogue(
        bias: bias.input, residual: residual.input, residualPixelStride: residualStride, activation: Activation(.mish)),
    ]
    let epilogue = epilogues[shape.epilogue]
    let arguments = DepthwiseArguments(
      input: InputImages(
        base: input.input, count: images, height: shape.height, width: shape.width, channels: channels,
        pixelStride: stride),
      output: OutputImages(
        base: output.base, count: images, height: shape.outputHeight, width: shape.outputWidth, channels: channels,
        pixelStride: outputStride),
      window: ImageWindow(
        height: shape.kernelHeight, width: shape.kernelWidth, strideY: shape.stride, strideX: shape.stride,
        dilationY: shape.dilation, dilationX: shape.dilation, padTop: shape.padTop, padLeft: shape.padLeft),
      weights: packed.input, epilogue: epilogue)
    #expect(
      isIndependentOfRange(units: images * shape.outputHeight, output: output) {
        kernels.depthwise(arguments, rows: $0)
      }, "\(kernels.name) \(shape)")

    var expected = output.values.map(Double.init)
    for image in 0..<images {
      for y in 0..<shape.outputHeight {
        for x in 0..<shape.outputWidth {
          let pixel = (image * shape.outputHeight + y) * shape.outputWidth + x
          for channel in 0..<channels {
            var sum = epilogue.bias.map { Double($0[channel]) } ?? 0
            for ky in 0..<shape.kernelHeight {
              for kx in 0..<shape.kernelWidth {
                let row = y * shape.stride - shape.padTop + ky * shape.dilation
                let column = x * shape.stride - shape.padLeft + kx * shape.dilation
                guard (0..<shape.height).contains(row), (0..<shape.width).contains(column) else { continue }
                let place = ((image * shape.height + row) * shape.width + column) * stride + channel
                sum +=
                  Double(input.input[place])
                  * Double(weights.input[(channel * shape.kernelHeight + ky) * shape.kernelWidth + kx])
              }
            }
            let addend = epilogue.residual.map { Double($0[pixel * residualStride + channel]) } ?? 0
            expected[pixel * outputStride + channel] =
              epilogue.activatesFirst
              ? epilogue.activation.reference(sum) + addend : epilogue.activation.reference(sum + addend)
          }
        }
      }
    }
    #expect(agree(output.values, expected, tolerance: 2e-6), "\(kernels.name) \(shape)")
  }
}

extension Activation {
  /// The function in double precision.
  func reference(_ x: Double) -> Double {
    switch function {
    case .identity: x
    case .clip: min(max(x, Double(a)), Double(b))
    case .leakyRelu: x >= 0 ? x : Double(a) * x
    case .hardSigmoid: min(max(Double(a) * x + Double(b), 0), 1)
    case .hardSwish: x * min(max(x / 6 + 0.5, 0), 1)
    case .sigmoid: 1 / (1 + exp(-x))
    case .silu: x / (1 + exp(-x))
    case .tanh: Glibc.tanh(x)
    case .gelu: x * erfc(-x / 2.0.squareRoot()) / 2
    case .geluTanh: x / (1 + exp(-2 * (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .exponential: exp(x)
    case .elu: x >= 0 ? x : Double(a) * expm1(x)
    case .softplus: max(x, 0) + log1p(exp(-abs(x)))
    case .mish: x * Glibc.tanh(log1p(exp(x)))
    }
  }
}
