import CLibFuzzer
import FuzzTargets
import InfoldTensor

/// The entry points of libFuzzer. Models are usually mutated as messages, everything else byte by
/// byte.
@_cdecl("LLVMFuzzerCustomMutator")
func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ maximum: Int, _ seed: UInt32) -> Int {
  var random = SplitMix64(seed: UInt64(seed))
  switch Main.target {
  case .npy, .sidecar: return LLVMFuzzerMutate(data, size, maximum)
  case .image:
    let size = LLVMFuzzerMutate(data, size, maximum)
    if !random.oneIn(4) { repairChecksums(UnsafeMutableBufferPointer(start: data, count: size)) }
    return size
  case .decode, .roundtrip, .run:
    let bytes = UnsafeBufferPointer(start: data, count: size)
    guard !random.oneIn(20), let model = [WireField](Array(bytes)[...], .model) else {
      return LLVMFuzzerMutate(data, size, maximum)
    }
    var mutator = ModelMutator(model, random)
    mutator.mutate()
    return store(mutator.model.serialized, data, maximum) ?? LLVMFuzzerMutate(data, size, maximum)
  }
}

@_cdecl("LLVMFuzzerCustomCrossOver")
func crossOver(
  _ first: UnsafePointer<UInt8>, _ firstSize: Int, _ second: UnsafePointer<UInt8>, _ secondSize: Int,
  _ output: UnsafeMutablePointer<UInt8>, _ maximum: Int, _ seed: UInt32
) -> Int {
  switch Main.target {
  case .npy, .image, .sidecar: return 0
  case .decode, .roundtrip, .run:
    guard let model = [WireField](Array(UnsafeBufferPointer(start: first, count: firstSize))[...], .model),
      let other = [WireField](Array(UnsafeBufferPointer(start: second, count: secondSize))[...], .model)
    else { return 0 }
    var mutator = ModelMutator(model, SplitMix64(seed: UInt64(seed)))
    mutator.splice(from: other)
    return store(mutator.model.serialized, output, maximum) ?? 0
  }
}

/// Copies `bytes` to libFuzzer's buffer, or returns `nil` if they do not fit.
private func store(_ bytes: [UInt8], _ buffer: UnsafeMutablePointer<UInt8>, _ maximum: Int) -> Int? {
  guard bytes.count <= maximum else { return nil }
  bytes.withUnsafeBufferPointer { source in
    if let base = source.baseAddress { buffer.update(from: base, count: source.count) }
  }
  return bytes.count
}

/// Corrects the checksum of every PNG chunk (PNG specification, 5.5). libpng ignores everything
/// after a wrong one.
private func repairChecksums(_ bytes: UnsafeMutableBufferPointer<UInt8>) {
  var place = 8
  while place + 12 <= bytes.count {
    let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - place - 12 else { return }
    var checksum: UInt32 = .max
    for byte in bytes[(place + 4)..<(place + 8 + length)] {
      checksum ^= UInt32(byte)
      for _ in 0..<8 { checksum = checksum & 1 == 1 ? checksum >> 1 ^ 0xEDB8_8320 : checksum >> 1 }
    }
    for index in 0..<4 {
      bytes[place + 8 + length + index] = UInt8(truncatingIfNeeded: ~checksum >> (24 - 8 * UInt32(index)))
    }
    place += 12 + length
  }
}

extension SplitMix64 {
  mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

  mutating func pick<Element>(_ elements: some RandomAccessCollection<Element>) -> Element {
    elements.randomElement(using: &self)!
  }

  mutating func oneIn(_ count: Int) -> Bool { int(1...count) == 1 }
}
