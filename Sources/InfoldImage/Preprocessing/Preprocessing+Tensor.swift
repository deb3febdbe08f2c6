import InfoldSystem
import InfoldTensor

extension Preprocessing {
  /// The shape of the model's input for one picture.
  public var inputShape: [Int] { inputShape(pictures: 1) }

  /// The shape of the model's input for a batch of pictures.
  public func inputShape(pictures count: Int) -> [Int] {
    switch layout {
    case .nchw: [count, Picture.channels, height, width]
    case .nhwc: [count, height, width, Picture.channels]
    }
  }

  /// The model's input for one picture: cropped, resized, and normalized to (value − mean) /
  /// standardDeviation.
  /// - Returns: A float32 tensor of `inputShape`.
  /// - Throws: `InfoldError` with `.limitExceeded` if the picture is too tall or too wide to be
  ///   resized.
  public func tensor(from picture: Picture) throws(InfoldError) -> Tensor {
    try tensor(from: [picture])
  }

  /// The model's input for several pictures. Each is prepared like a single one and may have any
  /// size.
  /// - Parameter pictures: At least one picture.
  /// - Returns: A float32 tensor of `inputShape(pictures:)`.
  /// - Throws: `InfoldError`: `.invalidArgument` if there are no pictures; `.limitExceeded` if one
  ///   is too tall or too wide to be resized, or if memory does not suffice.
  public func tensor(from pictures: [Picture]) throws(InfoldError) -> Tensor {
    guard !pictures.isEmpty else { throw InfoldError(.invalidArgument, "there are no pictures") }
    let values = (0..<Picture.channels).map { channel in
      (UInt8.min...UInt8.max).map { normalized($0, channel: channel) }
    }
    return try Tensor(shape: inputShape(pictures: pictures.count), of: Float.self) { elements throws(InfoldError) in
      for (index, picture) in pictures.enumerated() {
        let resized = try picture.centerCropped(fraction: cropFraction, aspect: (width, height))
          .resized(width: width, height: height, filter: filter)
        write(resized, to: &elements, at: index * width * height * Picture.channels, values)
      }
    }
  }

  /// Writes the normalized samples of a resized picture, looked up in `values`.
  private func write(
    _ picture: Picture, to elements: inout MutableSpan<Float>, at start: Int, _ values: [[Float]]
  ) {
    let pixelCount = width * height
    let (pixelStride, channelStride) = layout == .nchw ? (1, pixelCount) : (Picture.channels, 1)
    for channel in 0..<Picture.channels {
      let values = values[channel]
      let source = colorOrder == .rgb ? channel : Picture.channels - 1 - channel
      for pixel in 0..<pixelCount {
        let sample = picture.pixels[pixel * Picture.channels + source]
        elements[start + pixel * pixelStride + channel * channelStride] = values[Int(sample)]
      }
    }
  }
}
