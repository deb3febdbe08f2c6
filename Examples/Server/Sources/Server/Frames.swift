import Infold

/// What a camera or a socket gives: frames one behind the other, in memory that belongs to the app.
enum Frames {
  /// Channels, rows and columns of a frame.
  static let shape = [3, 224, 224]

  /// A tensor of frames with stripes, each as wide as is said. It reads the memory where the frames were put, and has it freed when
  /// neither a tensor nor a run needs it any more.
  static func stripes(ofWidths widths: [Int]) throws(InfoldError) -> Tensor {
    let count = shape.reduce(1, *)
    let frames = UnsafeMutableBufferPointer<Float>.allocate(capacity: widths.count * count)
    for (place, width) in widths.enumerated() {
      for index in 0..<count {
        frames.initializeElement(at: place * count + index, to: index % shape[2] / width % 2 == 0 ? -0.9 : 0.9)
      }
    }
    nonisolated(unsafe) let memory = frames
    return try Tensor(
      unsafeNoCopy: UnsafeBufferPointer(frames), shape: [widths.count] + shape, deallocator: { memory.deallocate() })
  }
}
