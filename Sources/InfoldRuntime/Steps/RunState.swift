import InfoldSystem
import InfoldTensor

/// The mutable state of one run. The steps of a plan refer to buffers; the state holds their
/// addresses.
///
/// While the tasks of a step run, several threads use the state concurrently. They write to the
/// memory that their tasks own, and to nothing else in the state.
final class RunState: @unchecked Sendable {
  /// The address of each buffer of the plan.
  let bases: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
  /// The tensors of values outside planned memory, by value index.
  var tensors: [Tensor?]
  /// The context of the run; `nil` between two runs.
  var context: RunContext?
  /// The image of the batch that the state reads and writes.
  var image = 0
  /// The first error of a step.
  var failure: InfoldError?
  /// The scratch memory of all workers.
  var scratch: UnsafeMutableRawPointer
  /// The distance between the scratch memory of consecutive workers, in bytes.
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

  /// Releases everything except the constants.
  func release(keeping constants: [(value: Int, tensor: Tensor)]) {
    failure = nil
    context = nil
    for index in tensors.indices where tensors[index] != nil { tensors[index] = nil }
    for (value, tensor) in constants { tensors[value] = tensor }
  }

  /// Returns the address of a value.
  @inline(__always)
  func address(_ location: Location) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(bases[location.buffer]) + location.offset * location.format.byteCount
  }

  /// Returns the address of a single-precision value.
  @inline(__always)
  func pointer(_ location: Location) -> UnsafeMutablePointer<Float> {
    assert(location.format == .float32)
    return bases[location.buffer] + location.offset
  }

  /// Returns the address of an image whose rows a `RowStep` reads or writes, in whatever format.
  @inline(__always)
  func firstRow(_ location: Location) -> UnsafeMutablePointer<Float> {
    address(location).assumingMemoryBound(to: Float.self)
  }

  /// Returns the address of a quantized value.
  @inline(__always)
  func bytes(_ location: Location) -> UnsafeMutablePointer<UInt8> {
    assert(location.format.isQuantized)
    return address(location).assumingMemoryBound(to: UInt8.self)
  }

  /// Returns the scratch memory of a worker.
  @inline(__always)
  func scratch(of worker: Int) -> UnsafeMutableRawPointer {
    scratch + worker * scratchStride
  }
}

extension UnsafeMutablePointer {
  /// An aligned address that is never accessed, for arguments that are not known yet.
  static var nowhere: Self { Self(bitPattern: ArenaLayout.alignment)! }
}
