/// The canvas on which frames are placed.
struct Canvas {
  private let width: Int
  private let height: Int
  private var pixels: [UInt8]

  /// Creates a canvas of one color. Its size has been checked against the limits.
  init(width: Int, height: Int, color: (red: UInt8, green: UInt8, blue: UInt8)) {
    self.width = width
    self.height = height
    pixels = [UInt8](repeating: color.red, count: width * height * Picture.channels)
    guard color.green != color.red || color.blue != color.red else { return }
    for pixel in 0..<(width * height) {
      pixels[pixel * Picture.channels + 1] = color.green
      pixels[pixel * Picture.channels + 2] = color.blue
    }
  }

  /// Places a picture with its top left pixel at (`x`, `y`). It must fit inside the canvas.
  mutating func place(_ picture: Picture, x: Int, y: Int) {
    let length = picture.width * Picture.channels
    for row in 0..<picture.height {
      let start = ((y + row) * width + x) * Picture.channels
      pixels.replaceSubrange(start..<start + length, with: picture.pixels[row * length..<(row + 1) * length])
    }
  }

  var picture: Picture { Picture(checkedWidth: width, height: height, pixels: pixels) }
}
