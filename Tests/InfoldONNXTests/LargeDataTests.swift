import Glibc
import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Initializers whose data is not unpacked by protobuf-c. They are read like small ones.
@Suite struct LargeDataTests {
  /// Above the size that `LargeInitializerData` leaves to protobuf-c, with length prefixes of different widths.
  private static let counts = [4095, 4096, 4097, 6000, 600_000, 700_000]

  private static func numbers(_ count: Int, _ factor: Float) -> [Float] { (0..<count).map { Float($0) * factor } }

  /// Alternating large and small initializers, with unknown fields before and after the data.
  private static func bytes(_ counts: [Int], more: [Wire] = []) -> [UInt8] {
    Onnx.relu(
      more: counts.indices.flatMap { index -> [Wire] in
        [
          .message(
            5,
            [.text(200, "before")]
              + Onnx.tensor(
                name: "large\(index)", [counts[index]], [Onnx.raw(numbers(counts[index], Float(index + 1)))])
              + [.text(12, "documentation \(index)"), .text(201, "behind")]),
          Onnx.initializer("small\(index)", [2], [Onnx.raw([Float(index), 0.5])]),
        ]
      } + more)
  }

  private static func expectNumbers(_ model: Model, _ counts: [Int]) throws {
    let tensors = Dictionary(
      uniqueKeysWithValues: model.graph.values.compactMap { value in value.initializer?.tensor.map { (value.name, $0) }
      })
    #expect(tensors.count == 2 * counts.count)
    for (index, count) in counts.enumerated() {
      #expect(try tensors["large\(index)"]?.elements(as: Float.self) == numbers(count, Float(index + 1)))
      #expect(try tensors["small\(index)"]?.elements(as: Float.self) == [Float(index), 0.5])
    }
  }

  @Test func areReadLikeSmallOnes() throws {
    let bytes = Self.bytes(Self.counts)
    try Self.expectNumbers(try Model(bytes: bytes, operators: .standard), Self.counts)
    try withTemporaryFolder { folder in
      let path = folder + "/model.onnx"
      try Model(bytes: bytes, operators: .standard).write(to: path)
      let read = try Model(path: path, operators: .standard)
      try Self.expectNumbers(read, Self.counts)
      // Unknown fields are kept, also when the written model is read again.
      let again = try read.serialized()
      #expect(try again == Model(bytes: again, operators: .standard).serialized())
      for text in ["before", "behind", "documentation 5"] {
        #expect(String(decoding: again, as: UTF8.self).contains(text))
      }
    }
  }

  /// In a body, and in a tensor attribute, large data is unpacked as before.
  @Test func elsewhere() throws {
    let tensor = Onnx.tensor([5000], [Onnx.raw(Self.numbers(5000, 3))])
    let constant = Onnx.node(
      "Constant", [], ["c"], attributes: [Onnx.attribute("value", type: 4, [.message(5, tensor)])])
    let model = try Model(bytes: Self.bytes([5000], more: [constant]), operators: .standard)
    let node = try #require(model.graph.nodes.first { $0.opType == "Constant" })
    let value = try #require(try node.evaluate([])[0])
    #expect(try value.elements(as: Float.self) == Self.numbers(5000, 3))
  }

  /// If such a model is truncated anywhere, or a byte before or after its data is changed, reading it gives an error or a model.
  @Test func damage() throws {
    let bytes = Self.bytes([5000])
    for count in stride(from: 0, to: bytes.count, by: 37) {
      #expect(throws: InfoldError.self, "cut to \(count) bytes") {
        try Model(bytes: Array(bytes.prefix(count)), operators: .standard)
      }
    }
    for index in bytes.indices where index < 200 || index > bytes.count - 200 {
      for change: UInt8 in [0x01, 0x08, 0x40, 0x80, 0xff] {
        var changed = bytes
        changed[index] ^= change
        _ = try? Model(bytes: changed, operators: .standard).serialized()
      }
    }
  }

  /// Data of the wrong length is refused with the name of the initializer.
  @Test func wrongLengths() {
    let wrong = Onnx.relu(more: [Onnx.initializer("w", [5001], [Onnx.raw(Self.numbers(5000, 1))])])
    expectError(.malformedData, "\"w\"") { () throws(InfoldError) in try Model(bytes: wrong, operators: .standard) }
  }

  /// A file, which is read in parts, gives the same model or the same error as its bytes, wherever it is damaged.
  @Test func filesAreReadLikeBytes() throws {
    func outcome(_ read: () throws(InfoldError) -> Model) -> String {
      do throws(InfoldError) { return "\(try read().serialized().hashValue)" } catch {
        return "\(error.code): \(error.reason)"
      }
    }
    let folder = try TemporaryFolder()
    let whole = Self.bytes([5000, 4096, 9000])
    var cases = stride(from: 0, through: whole.count, by: 997).map { Array(whole.prefix($0)) } + [whole]
    for index in whole.indices where index < 120 || (20_000..<20_200).contains(index) || index > whole.count - 60 {
      for change: UInt8 in [0x01, 0x80, 0xff] {
        var changed = whole
        changed[index] ^= change
        cases.append(changed)
      }
    }
    for bytes in cases {
      let path = try folder.write("model.onnx", bytes)
      let expected = outcome { () throws(InfoldError) in try Model(bytes: bytes, operators: .standard) }
      #expect(outcome { () throws(InfoldError) in try Model(path: path, operators: .standard) } == expected)
    }
  }

  /// If a file is truncated while it is read, this is an error, whether structure or data is missing.
  @Test func filesThatShrinkAreErrors() throws {
    let folder = try TemporaryFolder()
    let bytes = Self.bytes([600_000, 800_000])
    let path = try folder.write("model.onnx", bytes)
    func held() throws(InfoldError) -> RetainedBytes {
      try RetainedBytes(RegularFile(path: path), limit: .max, hint: nil)
    }
    let (first, second) = (try held(), try held())
    try first.load(upTo: 100)
    #expect(truncate(path, 5_000_000) == 0)
    expectError(.fileAccess, "truncated") { () throws(InfoldError) in
      _ = try first.place([200_000..<2_000_000, 2_500_000..<5_000_001])
    }
    expectError(.fileAccess, "truncated") { () throws(InfoldError) in
      _ = try first.place([200_000..<300_000, 4_900_000..<5_000_001])
    }
    expectError(.fileAccess, "truncated") { () throws(InfoldError) in try second.load(upTo: bytes.count) }
    let parts = [200_001..<2_300_000, 2_500_000..<5_000_000]
    let places = try first.place(parts)
    for (part, place) in zip(parts, places) { #expect(place.elementsEqual(bytes[part])) }
    #expect(places.allSatisfy { Int(bitPattern: $0.baseAddress) % Tensor.alignment == 0 })
  }
}
