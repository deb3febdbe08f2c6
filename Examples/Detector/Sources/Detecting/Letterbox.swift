import Infold
import InfoldImage

/// Fits a picture of any size into an input of fixed size: as large as possible, centered, with
/// bars around it.
public struct Letterbox: Sendable {
  /// The size of the input in pixels.
  private let width: Int
  private let height: Int
  /// The position of the picture in the input.
  private let frame: Box
  /// The scale from picture pixels to input pixels, horizontally and vertically.
  private let scale: (x: Float, y: Float)
  private let picture: (width: Int, height: Int)

  /// - Parameters:
  ///   - width: The width of the input in pixels.
  ///   - height: The height of the input in pixels.
  public init(of picture: Picture, width: Int, height: Int) {
    let ratio = min(Double(width) / Double(picture.width), Double(height) / Double(picture.height))
    let inner = (
      width: min(max(1, Int((Double(picture.width) * ratio).rounded())), width),
      height: min(max(1, Int((Double(picture.height) * ratio).rounded())), height)
    )
    let (left, top) = ((width - inner.width) / 2, (height - inner.height) / 2)
    self.width = width
    self.height = height
    self.picture = (picture.width, picture.height)
    frame = Box(
      left: Float(left), top: Float(top), right: Float(left + inner.width), bottom: Float(top + inner.height))
    scale = (Float(inner.width) / Float(picture.width), Float(inner.height) / Float(picture.height))
  }

  /// The picture with its bars, in the size of the input.
  /// - Parameter bars: The red, green and blue sample of the bars.
  public func fill(with picture: Picture, bars: UInt8) throws(InfoldError) -> Picture {
    let (left, top) = (Int(frame.left), Int(frame.top))
    let inner = try picture.resized(width: Int(frame.right) - left, height: Int(frame.bottom) - top, filter: .bilinear)
    var pixels = [UInt8](repeating: bars, count: width * height * Picture.channels)
    let rowLength = inner.width * Picture.channels
    for row in 0..<inner.height {
      let start = ((top + row) * width + left) * Picture.channels
      pixels.replaceSubrange(start..<start + rowLength, with: inner.pixels[row * rowLength..<(row + 1) * rowLength])
    }
    return try Picture(width: width, height: height, pixels: pixels)
  }

  /// Converts a box from input to picture coordinates, clamped to the picture.
  public func box(inPicture box: Box) -> Box {
    func clamped(_ place: Float, _ size: Int) -> Float { min(max(place, 0), Float(size)) }
    return Box(
      left: clamped((box.left - frame.left) / scale.x, picture.width),
      top: clamped((box.top - frame.top) / scale.y, picture.height),
      right: clamped((box.right - frame.left) / scale.x, picture.width),
      bottom: clamped((box.bottom - frame.top) / scale.y, picture.height))
  }
}
