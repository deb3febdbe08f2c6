import InfoldSystem

extension Picture {
  /// Returns the picture resized to `width`×`height` pixels.
  ///
  /// The result equals that of Pillow's `Image.resize` for 8-bit RGB, bit for bit. Rows are
  /// resampled and rounded to 8 bits first, then columns. A side that keeps its size is not
  /// resampled.
  /// - Parameters:
  ///   - width: The new width, at least 1.
  ///   - height: The new height, at least 1.
  ///   - filter: The weights of the source pixels.
  ///   - limits: The limits for the result, and for the intermediate picture of the new width and
  ///     the old height.
  /// - Throws: `InfoldError` with `.invalidArgument` if a size is below 1, or `.limitExceeded` if
  ///   it exceeds `limits`.
  public func resized(
    width: Int, height: Int, filter: ResizeFilter, limits: ImageLimits = ImageLimits()
  ) throws(InfoldError) -> Picture {
    guard width > 0, height > 0 else {
      throw InfoldError(.invalidArgument, "a picture cannot be resized to \(width)×\(height) pixels")
    }
    try limits.check(width: width, height: height)
    if filter == .nearest { return nearest(width: width, height: height) }
    try limits.check(width: width, height: self.height)
    return resampledRows(to: width, filter).resampledColumns(to: height, filter)
  }

  private func nearest(width: Int, height: Int) -> Picture {
    let columns = nearestPositions(from: self.width, to: width)
    let rows = nearestPositions(from: self.height, to: height)
    var result = [UInt8]()
    result.reserveCapacity(width * height * Picture.channels)
    for row in rows {
      for column in columns {
        let source = (row * self.width + column) * Picture.channels
        result += pixels[source..<source + Picture.channels]
      }
    }
    return Picture(checkedWidth: width, height: height, pixels: result)
  }

  private func resampledRows(to newWidth: Int, _ filter: ResizeFilter) -> Picture {
    guard newWidth != width else { return self }
    let resampling = ResamplingWeights(from: width, to: newWidth, filter)
    var result = [UInt8]()
    result.reserveCapacity(newWidth * height * Picture.channels)
    for row in 0..<height {
      let rowStart = row * width * Picture.channels
      for window in resampling.windows {
        var (red, green, blue) = (ResamplingWeights.half, ResamplingWeights.half, ResamplingWeights.half)
        var source = rowStart + window.start * Picture.channels
        for index in window.weights {
          let weight = resampling.weights[index]
          red &+= Int32(pixels[source]) &* weight
          green &+= Int32(pixels[source + 1]) &* weight
          blue &+= Int32(pixels[source + 2]) &* weight
          source += Picture.channels
        }
        result.append(ResamplingWeights.sample(red))
        result.append(ResamplingWeights.sample(green))
        result.append(ResamplingWeights.sample(blue))
      }
    }
    return Picture(checkedWidth: newWidth, height: height, pixels: result)
  }

  private func resampledColumns(to newHeight: Int, _ filter: ResizeFilter) -> Picture {
    guard newHeight != height else { return self }
    let resampling = ResamplingWeights(from: height, to: newHeight, filter)
    let rowLength = width * Picture.channels
    var sums = [Int32](repeating: 0, count: rowLength)
    var result = [UInt8]()
    result.reserveCapacity(newHeight * rowLength)
    for window in resampling.windows {
      for index in 0..<rowLength { sums[index] = ResamplingWeights.half }
      var rowStart = window.start * rowLength
      for weightIndex in window.weights {
        let weight = resampling.weights[weightIndex]
        for index in 0..<rowLength { sums[index] &+= Int32(pixels[rowStart + index]) &* weight }
        rowStart += rowLength
      }
      for sum in sums { result.append(ResamplingWeights.sample(sum)) }
    }
    return Picture(checkedWidth: width, height: newHeight, pixels: result)
  }
}

/// The source position under the center of every new position. As in Pillow, centers are computed
/// by repeated addition rather than multiplication, which rounds differently.
private func nearestPositions(from sourceSize: Int, to size: Int) -> [Int] {
  let scale = Double(sourceSize) / Double(size)
  var center = scale * 0.5
  return (0..<size).map { _ in
    defer { center += scale }
    return min(Int(center), sourceSize - 1)
  }
}
