import InfoldSystem

extension ElementType {
  /// The type of 8 bits that holds the numbers of int4 or uint4; `nil` for other types.
  package var ofWholeBytes: ElementType? {
    switch self {
    case .int4: .int8
    case .uint4: .uint8
    default: nil
    }
  }
}

extension Tensor {
  /// The numbers of int4 or uint4 in int8 or uint8: of each byte, the lower half first.
  /// - Precondition: The elements are of int4 or uint4.
  package func inWholeBytes() throws(InfoldError) -> Tensor {
    guard let type = elementType.ofWholeBytes else { preconditionFailure("\(elementType) has elements of whole bytes") }
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

  /// The lowest four bits of each number in int4 or uint4, two to a byte, the first in its lower half.
  /// - Precondition: The elements are of int8 or uint8.
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
