import InfoldSystem
import InfoldTensor

/// What one run works on. The steps of a plan say which stretch of memory they use; a state says where it lies.
///
/// While tasks of a step run, several threads use a state at once: they write the memory that their tasks own, and
/// nothing else of it.
final class RunState: @unchecked Sendable {
  /// The beginning of each of the plan's buffers.
  let bases: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
  /// The tensors of the values that are no planned memory, by value.
  var tensors: [Tensor?]
  /// What the run works with; `nil` between two runs.
  var context: RunContext?
  /// The image of the batch that it reads and writes.
  var image = 0
  /// The first error of a step.
  var failure: InfoldError?
  /// The scratch memory of all workers.
  var scratch: UnsafeMutableRawPointer
  /// The bytes from one worker's scratch memory to the next one's.
  let scratchStride: Int
  private let bufferCount: Int

  init(bufferCount: Int, valueCount: Int, scratchStride: Int) {
    self.bufferCount = bufferCount
    self.scratchStride = scratchStride
    bases = .allocate(capacity: max(bufferCount, 1))
    bases.initialize(repeating: .nowhere, count: max(bufferCount, 1))
    tensors = [Tensor?](repeating: nil, count: valueCount)
    scratch = UnsafeMutableRawPointer(UnsafeMutablePointer.nowhere)
  }

  deinit {
    bases.deallocate()
  }

  /// Lets go of everything but the constants.
  func release(keeping constants: [(value: Int, tensor: Tensor)]) {
    failure = nil
    context = nil
    for index in tensors.indices where tensors[index] != nil { tensors[index] = nil }
    for (value, tensor) in constants { tensors[value] = tensor }
  }

  /// The first byte of a value.
  @inline(__always)
  func address(_ location: Location) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(bases[location.buffer]) + location.offset * location.format.byteCount
  }

  /// The first number of a value in single precision.
  @inline(__always)
  func pointer(_ location: Location) -> UnsafeMutablePointer<Float> {
    assert(location.format == .float32)
    return bases[location.buffer] + location.offset
  }

  /// The first number of a quantized value.
  @inline(__always)
  func bytes(_ location: Location) -> UnsafeMutablePointer<UInt8> {
    assert(location.format.isQuantized)
    return address(location).assumingMemoryBound(to: UInt8.self)
  }

  /// The scratch memory of a worker.
  @inline(__always)
  func scratch(of worker: Int) -> UnsafeMutableRawPointer {
    scratch + worker * scratchStride
  }
}

extension UnsafeMutablePointer {
  /// Where nothing is read or written: an aligned address for arguments that are not known yet.
  static var nowhere: Self { Self(bitPattern: ArenaLayout.alignment)! }
}
