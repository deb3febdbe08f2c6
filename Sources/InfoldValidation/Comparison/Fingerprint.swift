import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Checksums of a value that do not depend on its shape.
struct Fingerprint {
  private let sum: Double
  private let squares: Double

  init(_ tensor: Tensor) throws(InfoldError) {
    var sum = 0.0, squares = 0.0
    tensor.withElements(as: Double.self) { elements in
      for index in elements.indices {
        sum += elements[index]
        squares += elements[index] * elements[index]
      }
    }
    (self.sum, self.squares) = (sum, squares)
  }

  func isNear(_ other: Fingerprint, count: Int) -> Bool {
    let size = max(squares, other.squares)
    guard size > 0, size.isFinite else { return false }
    return (squares - other.squares).magnitude <= 0.01 * size
      && (sum - other.sum).magnitude <= 0.01 * (size * Double(count)).squareRoot()
  }

  /// Returns the distance of two tensors of the same number of elements, relative to the size of
  /// `a`. It is infinite if it cannot be determined.
  static func distance(_ a: Tensor, _ b: Tensor) -> Double {
    guard a.count == b.count, a.elementType == .float64, b.elementType == .float64 else { return .infinity }
    let step = max(1, a.count / 4096)
    return a.withElements(as: Double.self) { a in
      b.withElements(as: Double.self) { b in
        var difference = 0.0, size = 0.0
        for index in stride(from: 0, to: a.count, by: step) {
          difference += (a[index] - b[index]) * (a[index] - b[index])
          size += a[index] * a[index]
        }
        let distance = (difference / size).squareRoot()
        return distance.isNaN ? .infinity : distance
      }
    }
  }
}

/// The values of a network by fingerprint.
struct Fingerprints {
  private var byCount: [Int: [(id: ValueID, print: Fingerprint)]] = [:]

  init(_ run: ComparedRun) throws(InfoldError) {
    for id in run.comparable {
      guard let tensor = run.tensor(id), tensor.elementType == .float64 else { continue }
      byCount[tensor.count, default: []].append((id, try Fingerprint(tensor)))
    }
  }

  func candidates(_ tensor: Tensor) throws(InfoldError) -> [ValueID] {
    guard let known = byCount[tensor.count], tensor.elementType == .float64 else { return [] }
    let print = try Fingerprint(tensor)
    return known.filter { $0.print.isNear(print, count: tensor.count) }.map(\.id)
  }
}
