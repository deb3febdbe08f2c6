import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// The networks that are not in git.
enum Zoo {
  /// The file of a network.
  /// - Throws: If it is missing, with the command that creates it.
  static func path(_ name: String) throws -> String {
    let path = "\(repositoryFolder)/.build/zoo/\(name)"
    do {
      _ = try RegularFile(path: path)
    } catch {
      throw Missing(description: "\(path): \(error); tools/fetch-zoo.sh makes it")
    }
    return path
  }

  /// A network.
  static func model(_ name: String) throws -> Model { try Model(path: path(name + ".onnx"), operators: .standard) }

  /// The error of a test that needs the zoo when it is missing.
  struct Missing: Error, CustomStringConvertible {
    let description: String
  }
}

/// Recorded results of ONNX Runtime: one row for each input.
struct Recording {
  let rows: [[Float]]

  /// The file `name` in `Tests/Recorded`.
  init(_ name: String) throws {
    let tensor = try NumPyFile.read("\(repositoryFolder)/Tests/Recorded/\(name).npy")
    let elements: [Float] = try tensor.elements()
    let length = tensor.shape[1]
    rows = (0..<tensor.shape[0]).map { Array(elements[($0 * length)..<(($0 + 1) * length)]) }
  }
}

/// The recorded part of a large output: every 251st element, and the maximum of each row along the last axis.
func summary(_ elements: [Float], rowLength: Int) -> [Float] {
  stride(from: 0, to: elements.count, by: 251).map { elements[$0] }
    + stride(from: 0, to: elements.count, by: rowLength).map { elements[$0..<($0 + rowLength)].max()! }
}

/// The largest difference of two rows, relative to the largest magnitude in `reference`.
func difference<Number: BinaryFloatingPoint>(_ row: [Number], from reference: [Number]) -> Number {
  guard row.count == reference.count, row.allSatisfy(\.isFinite) else { return .infinity }
  return zip(row, reference).reduce(0) { max($0, abs($1.0 - $1.1)) } / reference.reduce(0) { max($0, abs($1)) }
}

extension Tensor {
  /// The random input of a seed.
  static func random(seed: Int, _ shape: [Int]) throws -> Tensor {
    var random = SplitMix64(seed: UInt64(seed))
    return try Tensor(random: shape, of: .float32, using: &random)
  }

  /// A batch of tensors that contain one image each.
  static func batch(_ images: [Tensor]) throws -> Tensor {
    var elements: [Float] = []
    for image in images { elements += try image.elements(as: Float.self) }
    return try Tensor(shape: [images.count] + images[0].shape.dropFirst(), elements)
  }

  /// The elements of each image of a batch.
  func images() throws -> [[Float]] {
    let elements = try elements(as: Float.self)
    let length = count / shape[0]
    return (0..<shape[0]).map { Array(elements[($0 * length)..<(($0 + 1) * length)]) }
  }
}
