/// Memory for a kernel's floats, aligned to 64 bytes.
final class Memory {
  let base: UnsafeMutablePointer<Float>
  var input: UnsafePointer<Float> { UnsafePointer(base) }
  var raw: UnsafeMutableRawPointer { UnsafeMutableRawPointer(base) }

  /// Random numbers between −1 and 1. Zeros would not be representative, and processors may be slow
  /// with subnormal numbers.
  init(_ count: Int) {
    base = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * MemoryLayout<Float>.stride, alignment: 64)
      .bindMemory(to: Float.self, capacity: count)
    var generator: UInt32 = 1
    for index in 0..<count {
      generator = generator &* 1_664_525 &+ 1_013_904_223
      base[index] = Float(Int32(bitPattern: generator)) * 0x1p-31
    }
  }

  convenience init(byteCount: Int) {
    self.init((byteCount + MemoryLayout<Float>.stride - 1) / MemoryLayout<Float>.stride)
  }

  deinit {
    base.deallocate()
  }
}
