import InfoldSystem
import InfoldTensor

extension Preprocessing {
  /// The shape of the model's input for one picture.
  public var inputShape: [Int] {
    switch layout {
    case .nchw: [1, Picture.channels, height, width]
    case .nhwc: [1, height, width, Picture.channels]
    }
  }

  /// The model's input for one picture: cropped, resized, normalized to (value − mean) / standardDeviation.
  /// - Returns: A float32 tensor of `inputShape`.
  /// - Throws: `InfoldError` with `.limitExceeded` when the picture is too tall or too wide to be resized.
  public func tensor(from picture: Picture) throws(InfoldError) -> Tensor {
    let resized = try picture.centerCropped(fraction: cropFraction, aspect: (width, height))
      .resized(width: width, height: height, filter: filter)
    let pixelCount = width * height
    let (pixelStride, channelStride) = layout == .nchw ? (1, pixelCount) : (Picture.channels, 1)
    var elements = [Float](repeating: 0, count: pixelCount * Picture.channels)
    for channel in 0..<Picture.channels {
      let values = (UInt8.min...UInt8.max).map { normalized($0, channel: channel) }
      let source = colorOrder == .rgb ? channel : Picture.channels - 1 - channel
      for pixel in 0..<pixelCount {
        let sample = resized.pixels[pixel * Picture.channels + source]
        elements[pixel * pixelStride + channel * channelStride] = values[Int(sample)]
      }
    }
    return try Tensor(shape: inputShape, elements)
  }
}
