import BlurPool
import Infold

/// Reads a model that uses an operator of this package, and runs it.
@main
enum Main {
  static func main() throws(InfoldError) {
    // A file from elsewhere is read with `Model(path:operators:)`.
    let file = try blurredModel(stride: 2).serialized()
    let model = try Model(bytes: file, operators: .standard.adding(BlurPool.self))
    let session = try Session(model)

    // Stripes of one pixel: every second pixel alone would be black.
    let stripes = (0..<64).map { Float($0 % 2) }
    let y = try session.run(["x": Tensor(shape: [1, 1, 8, 8], stripes)])["y"]!
    print("y", y)
    let pixels: [Float] = try y.elements()
    for row in 0..<y.shape[2] {
      print(pixels[(row * y.shape[3])..<((row + 1) * y.shape[3])].map { "\($0)" }.joined(separator: " "))
    }
  }
}
