import InfoldKernelInterface
import InfoldTensor

/// Bytes that a kernel reads or writes, followed by bytes that it may read, and surrounded by bytes that it must not write.
final class ByteBuffer {
  private static let guardValue: UInt8 = 0xa5
  private let storage: UnsafeMutableBufferPointer<UInt8>
  let count: Int

  var base: UnsafeMutablePointer<UInt8> { storage.baseAddress! + byteSlack }
  var values: [UInt8] { Array(UnsafeBufferPointer(start: base, count: count)) }
  var isIntact: Bool {
    storage[..<byteSlack].allSatisfy { $0 == Self.guardValue }
      && storage[(byteSlack + count)...].allSatisfy { $0 == Self.guardValue }
  }

  init(_ count: Int) {
    self.count = count
    storage = .allocate(capacity: count + 2 * byteSlack)
    storage.initialize(repeating: Self.guardValue)
  }

  convenience init(random count: Int, _ random: inout SplitMix64) {
    self.init(count)
    for index in 0..<count { base[index] = UInt8(truncatingIfNeeded: random.next() >> 32) }
  }

  deinit { storage.deallocate() }
}

/// Memory with the alignment that packed weights and scratch memory need.
final class AlignedBytes {
  let base: UnsafeMutableRawPointer

  init(_ count: Int) {
    base = .allocate(byteCount: max(count, 1), alignment: 64)
    base.initializeMemory(as: UInt8.self, repeating: 0, count: max(count, 1))
  }

  func bound<Element>(to _: Element.Type) -> UnsafeMutablePointer<Element> {
    base.assumingMemoryBound(to: Element.self)
  }

  deinit { base.deallocate() }
}

/// Runs a kernel over all units at once and in parts, and returns whether the results are the same.
func isIndependentOfRange(units: Int, unit: Int = 1, output: ByteBuffer, _ run: (Range<Int>) -> Void) -> Bool {
  run(0..<units)
  let whole = output.values
  for index in 0..<output.count { output.base[index] = 0xa5 }
  var first = 0
  var size = 1
  while first < units {
    let end = min(units, first + size * unit)
    run(first..<end)
    first = end
    size = size % 3 + 1
  }
  return whole == output.values && output.isIntact
}
