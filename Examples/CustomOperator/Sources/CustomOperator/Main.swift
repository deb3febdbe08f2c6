import BlurPool
import Infold

/// Reads a model with a custom operator of this package, and runs it.
@main
enum Main {
  static func main() throws(InfoldError) {
    // Use `Model(path:operators:)` for a file.
    let file = try blurredModel(stride: 2).serialized()
    let model = try Model(bytes: file, operators: .standard.adding(BlurPool.self))
    let session = try Session(model)

    // Stripes of one pixel. Keeping every second pixel without blurring would give black.
    let stripes = (0..<64).map { Float($0 % 2) }
    let y = try session.run(["x": Tensor(shape: [1, 1, 8, 8], stripes)])["y"]!
    print("y", y)
    let pixels: [Float] = try y.elements()
    for row in 0..<y.shape[2] {
      print(pixels[(row * y.shape[3])..<((row + 1) * y.shape[3])].map { "\($0)" }.joined(separator: " "))
    }
  }
}
