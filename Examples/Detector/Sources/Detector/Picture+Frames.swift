import Detecting
import Infold
import InfoldImage

extension Picture {
  /// The colors of the classes. They have high contrast on paper and can be distinguished by most
  /// people with color blindness (Okabe and Ito, 2008).
  private static let colors: [[UInt8]] = [
    [0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167], [230, 159, 0], [86, 180, 233], [0, 0, 0],
  ]

  /// The picture with a frame around each detection, in the color of its class.
  func framing(_ detections: [Detection]) throws(InfoldError) -> Picture {
    var pixels = pixels
    let thickness = max(2, min(width, height) / 300)
    for detection in detections {
      let color = Self.colors[detection.category % Self.colors.count]
      let (columns, rows) = (
        range(detection.box.left, detection.box.right, width), range(detection.box.top, detection.box.bottom, height)
      )
      for row in rows {
        let isInside = row - rows.lowerBound >= thickness && rows.upperBound - row > thickness
        for column in columns {
          if isInside, column - columns.lowerBound >= thickness, columns.upperBound - column > thickness { continue }
          let start = (row * width + column) * Picture.channels
          pixels.replaceSubrange(start..<start + Picture.channels, with: color)
        }
      }
    }
    return try Picture(width: width, height: height, pixels: pixels)
  }

  /// The pixels between two positions along a side.
  private func range(_ from: Float, _ to: Float, _ size: Int) -> Range<Int> {
    let first = min(max(0, Int(from.rounded())), size)
    return first..<min(max(first, Int(to.rounded())), size)
  }
}
