import Infold
import InfoldImage

extension Picture {
  /// The picture in the format of the networks: planes of blue, green and red, with values from −1
  /// to 1, padded with zeros on the right up to `width`.
  func planes(paddedTo width: Int) -> [Float] {
    var planes = [Float](repeating: 0, count: 3 * height * width)
    for channel in 0..<3 {
      for y in 0..<height {
        for x in 0..<self.width {
          let value = Float(pixels[(y * self.width + x) * 3 + 2 - channel])
          planes[(channel * height + y) * width + x] = (value - 127.5) / 127.5
        }
      }
    }
    return planes
  }
}

extension Tensor {
  /// Creates a batch [count, 3, 48, width] of lines. Each keeps its aspect ratio, up to `width`.
  init(lines: [Picture], width: Int) throws(InfoldError) {
    let height = 48
    var elements: [Float] = []
    for line in lines {
      let ownWidth = (Double(height * line.width) / Double(line.height)).rounded(.up)
      elements += try line.resized(width: min(Int(ownWidth), width), height: height, filter: .bilinear)
        .planes(paddedTo: width)
    }
    try self.init(shape: [lines.count, 3, height, width], elements)
  }
}
