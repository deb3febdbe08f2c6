import Infold

/// Stands in for a camera or a socket: consecutive frames, in memory owned by the app.
enum Frames {
  /// The channels, rows and columns of a frame.
  static let shape = [3, 224, 224]

  /// A tensor of frames with stripes of the given widths. It shares the memory of the frames, which
  /// is freed when no tensor or run needs it anymore.
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
