import InfoldKernelInterface
import InfoldTensor

/// Scratch memory for a kernel. Every element is NaN initially.
final class Scratch {
  let base: UnsafeMutableRawPointer

  init(byteCount: Int) {
    base = .allocate(byteCount: byteCount + 64, alignment: 64)
    base.initializeMemory(as: UInt8.self, repeating: 0xff, count: byteCount)
    (base + byteCount).initializeMemory(as: UInt8.self, repeating: 0x5a, count: 64)
    self.byteCount = byteCount
  }

  /// Whether the bytes after it are unchanged.
  var isIntact: Bool { UnsafeRawBufferPointer(start: base + byteCount, count: 64).allSatisfy { $0 == 0x5a } }
  var floats: UnsafeMutablePointer<Float> { base.assumingMemoryBound(to: Float.self) }

  private let byteCount: Int

  deinit { base.deallocate() }
}

/// A convolution with its data: images and weights between −1 and 1, and gaps between pixels.
final class ConvolutionCase: CustomStringConvertible {
  struct Shape {
    var images = 2
    var height = 5
    var width = 6
    var channels = 8
    var outputs = 8
    var window = ImageWindow(height: 1, width: 1)
    var padBottom = 0
    var padRight = 0
    /// Which of the epilogues is used.
    var epilogue = 0
  }

  static let epilogueCount = 9

  let shape: Shape
  let images: Buffer
  /// [outputs, channels, window height, window width].
  let weights: Buffer
  let output: Buffer
  var epilogue: Epilogue
  private let bias: Buffer
  private let residual: Buffer
  private let inputStride: Int
  private let outputStride: Int
  private let residualStride: Int

  var description: String { "\(shape)" }
  var outputHeight: Int {
    let window = shape.window
    let reach = window.dilationY * (window.height - 1) + 1
    return (shape.height + window.padTop + shape.padBottom - reach) / window.strideY + 1
  }
  var outputWidth: Int {
    let window = shape.window
    let reach = window.dilationX * (window.width - 1) + 1
    return (shape.width + window.padLeft + shape.padRight - reach) / window.strideX + 1
  }
  var outputPixels: Int { shape.images * outputHeight * outputWidth }
  var taps: Int { shape.window.height * shape.window.width }

  var input: InputImages<Float> {
    InputImages(
      base: images.input, count: shape.images, height: shape.height, width: shape.width, channels: shape.channels,
      pixelStride: inputStride)
  }
  var target: OutputImages<Float> {
    OutputImages(
      base: output.base, count: shape.images, height: outputHeight, width: outputWidth, channels: shape.outputs,
      pixelStride: outputStride)
  }

  /// The outputs, pixel by pixel, without the gaps between them.
  var results: [Float] {
    (0..<outputPixels).flatMap { pixel in (0..<shape.outputs).map { output.base[pixel * outputStride + $0] } }
  }

  init(_ shape: Shape) {
    self.shape = shape
    inputStride = shape.channels + 3
    outputStride = shape.outputs + 1
    residualStride = shape.outputs + 2
    images = Buffer(random: shape.images * shape.height * shape.width * inputStride - 3, seed: 1)
    weights = Buffer(random: shape.outputs * shape.channels * shape.window.height * shape.window.width, seed: 2)
    bias = Buffer(random: shape.outputs, seed: 3)
    let window = shape.window
    let height =
      (shape.height + window.padTop + shape.padBottom - window.dilationY * (window.height - 1) - 1) / window.strideY + 1
    let width =
      (shape.width + window.padLeft + shape.padRight - window.dilationX * (window.width - 1) - 1) / window.strideX + 1
    let pixels = shape.images * height * width
    residual = Buffer(random: pixels * residualStride - 2, seed: 4)
    output = Buffer(pixels * outputStride - 1)
    epilogue =
      switch shape.epilogue {
      case 0: Epilogue()
      case 1: Epilogue(bias: bias.input, activation: .relu)
      case 2: Epilogue(bias: bias.input, activation: Activation(.clip, -0.5, 0.25))
      case 3:
        Epilogue(bias: bias.input, residual: residual.input, residualPixelStride: residualStride, activation: .relu)
      case 4:
        Epilogue(
          residual: residual.input, residualPixelStride: residualStride, activation: .relu, activatesFirst: true)
      case 5: Epilogue(bias: bias.input, activation: Activation(.leakyRelu, 0.1))
      case 6:
        Epilogue(
          bias: bias.input, residual: residual.input, residualPixelStride: residualStride,
          activation: Activation(.hardSwish))
      case 7:
        Epilogue(
          bias: bias.input, residual: residual.input, residualPixelStride: residualStride,
          activation: Activation(.silu), activatesFirst: true)
      default:
        Epilogue(
          bias: bias.input, residual: residual.input, residualPixelStride: residualStride,
          activation: Activation(.gelu))
      }
  }

  /// The expected outputs, pixel by pixel, without the gaps between them.
  func expectedResults() -> [Double] {
    let expected = expected()
    return (0..<outputPixels).flatMap { pixel in (0..<shape.outputs).map { expected[pixel * outputStride + $0] } }
  }

  /// The expected output: the definition in double precision. Elements that are not written keep their current values.
  func expected() -> [Double] {
    let window = shape.window
    var expected = output.values.map(Double.init)
    let (images, weights) = (images.input, weights.input)
    for pixel in 0..<outputPixels {
      let (line, x) = pixel.quotientAndRemainder(dividingBy: outputWidth)
      let (image, y) = line.quotientAndRemainder(dividingBy: outputHeight)
      for column in 0..<shape.outputs {
        var sum = epilogue.bias.map { Double($0[column]) } ?? 0
        for ky in 0..<window.height {
          let inputY = y * window.strideY - window.padTop + ky * window.dilationY
          guard inputY >= 0, inputY < shape.height else { continue }
          for kx in 0..<window.width {
            let inputX = x * window.strideX - window.padLeft + kx * window.dilationX
            guard inputX >= 0, inputX < shape.width else { continue }
            let place = images + ((image * shape.height + inputY) * shape.width + inputX) * inputStride
            let factors = weights + (column * shape.channels * window.height + ky) * window.width + kx
            var channel = 0
            while channel < shape.channels {
              sum += Double(place[channel]) * Double(factors[channel * window.height * window.width])
              channel += 1
            }
          }
        }
        let addend = epilogue.residual.map { Double($0[pixel * residualStride + column]) } ?? 0
        expected[pixel * outputStride + column] =
          epilogue.activatesFirst
          ? epilogue.activation.reference(sum) + addend : epilogue.activation.reference(sum + addend)
      }
    }
    return expected
  }

  /// The sums of the products' magnitudes, position by position.
  func magnitudes() -> [Double] {
    let window = shape.window
    let (images, weights) = (images.input, weights.input)
    var sums: [Double] = []
    for pixel in 0..<outputPixels {
      let (line, x) = pixel.quotientAndRemainder(dividingBy: outputWidth)
      let (image, y) = line.quotientAndRemainder(dividingBy: outputHeight)
      for column in 0..<shape.outputs {
        var sum = 0.0
        for tap in 0..<taps {
          let inputY = y * window.strideY - window.padTop + tap / window.width * window.dilationY
          let inputX = x * window.strideX - window.padLeft + tap % window.width * window.dilationX
          guard (0..<shape.height).contains(inputY), (0..<shape.width).contains(inputX) else { continue }
          let place = images + ((image * shape.height + inputY) * shape.width + inputX) * inputStride
          for channel in 0..<shape.channels {
            sum +=
              (Double(place[channel]) * Double(weights[(column * shape.channels + channel) * taps + tap])).magnitude
          }
        }
        sums.append(sum)
      }
    }
    return sums
  }

  /// Whether the computation gives the same bits for all columns at once and panel by panel.
  func isIndependentOfColumns(panelWidth: Int, _ run: (Range<Int>) -> Void) -> Bool {
    run(0..<shape.outputs)
    let whole = output.values
    for column in stride(from: 0, to: shape.outputs, by: panelWidth) {
      run(column..<min(column + panelWidth, shape.outputs))
    }
    return zip(whole, output.values).allSatisfy { $0.bitPattern == $1.bitPattern } && output.isIntact
  }
}
