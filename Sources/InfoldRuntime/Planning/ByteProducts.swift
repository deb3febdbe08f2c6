import InfoldKernelInterface

/// The kernels that compute the products of a quantized layer. All give the same bits.
struct ByteProducts: Sendable {
  let kernels: any ByteProductKernels.Type
  /// Whether they are those of a matrix unit.
  let isUnit: Bool

  /// The addition to the name of an algorithm in plans.
  var suffix: String { isUnit ? ", \(kernels.name)" : "" }

  /// The output positions of a part that threads share are a multiple of this number.
  var tileRows: Int { isUnit ? 16 : 12 }
}

extension PlanBuilder {
  /// Chooses the kernels for the products of a quantized layer.
  ///
  /// - Parameters:
  ///   - shape: The shape of one group, or of one of several products.
  ///   - count: The number of groups or products.
  mutating func byteProducts(_ shape: ConvolutionShape, count: Int) -> ByteProducts {
    let vectors = ByteProducts(kernels: byteKernels, isUnit: false), workers = sharers
    guard let byteUnit, shape.suitsByteUnit else { return vectors }
    let sets = [vectors, ByteProducts(kernels: byteUnit, isUnit: true)]
    let isPreferred = cost.prefersByteUnit(
      positions: shape.positions, taps: shape.window.height * shape.window.width, channels: shape.channels,
      outputs: shape.outputChannels)
    return sets[
      choose(
        .vectors, "int8 \(count)x \(shape.text) \(workers) threads", among: sets.map { $0.kernels.name },
        expected: isPreferred ? 1 : 0)]
  }
}

extension ConvolutionShape {
  /// The number of output positions.
  fileprivate var positions: Int { images * outputHeight * outputWidth }

  /// Whether a matrix unit can compute the products of bytes. Its scratch memory grows with their
  /// number.
  fileprivate var suitsByteUnit: Bool {
    let (taps, blocks) = (window.height * window.width, (channels + 63) / 64)
    return taps > 0 && channels > 0 && depth == .flat && taps <= MatrixUnit.lengthLimit
      && taps * blocks * 64 <= MatrixUnit.lengthLimit
  }

  /// The sizes as a line of text.
  fileprivate var text: String {
    let numbers = [
      [images, channels, height, width, pixelStride], [outputChannels, outputHeight, outputWidth],
      [window.height, window.width], [window.strideY, window.strideX], [window.dilationY, window.dilationX],
      [window.padTop, window.padLeft],
    ]
    return numbers.map { $0.map(String.init).joined(separator: "x") }.joined(separator: " ")
  }
}
