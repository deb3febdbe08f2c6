import InfoldSystem

extension ElementType {
  /// The 8-bit type that holds the numbers of int4 or uint4, or `nil` for other types.
  package var ofWholeBytes: ElementType? {
    switch self {
    case .int4: .int8
    case .uint4: .uint8
    default: nil
    }
  }
}

extension Tensor {
  /// Returns the numbers of an int4 or uint4 tensor as int8 or uint8. The lower half of each byte
  /// comes first.
  /// - Precondition: The elements are of type int4 or uint4.
  package func inWholeBytes() throws(InfoldError) -> Tensor {
    guard let type = elementType.ofWholeBytes else { preconditionFailure("\(elementType) is not a 4-bit type") }
    var result = try Tensor(zeros: shape, of: type)
    let isSigned = elementType == .int4
    try result.withUnsafeMutableBytes { numbers in
      withUnsafeBytes { packed in
        for index in numbers.indices {
          let half = packed[index / 2] >> (index % 2 == 0 ? 0 : 4) & 0xF
          numbers[index] = isSigned && half > 7 ? half | 0xF0 : half
        }
      }
    }
    return result
  }

  /// Returns the lowest four bits of each number as int4 or uint4, two to a byte, with the first in
  /// the lower half.
  /// - Precondition: The elements are of type int8 or uint8.
  package func inHalfBytes(as type: ElementType) throws(InfoldError) -> Tensor {
    precondition(type.ofWholeBytes == elementType, "\(elementType) was packed as \(type)")
    var result = try Tensor(zeros: shape, of: type)
    try result.withUnsafeMutableBytes { packed in
      withUnsafeBytes { numbers in
        for index in numbers.indices { packed[index / 2] |= (numbers[index] & 0xF) << (index % 2 == 0 ? 0 : 4) }
      }
    }
    return result
  }
}
