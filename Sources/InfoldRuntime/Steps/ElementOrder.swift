/// Elements of slices along an axis, in the order of memory: how many slices lie outside of it, the elements of one, and those between its
/// neighbours.
struct AxisBlock: Sendable {
  let outer: Int
  let count: Int
  let stride: Int

  init(_ sizes: [Int], axis: Int) {
    outer = sizes[..<axis].reduce(1, *)
    count = sizes[axis]
    stride = sizes[(axis + 1)...].reduce(1, *)
  }

  var slices: Int { outer * stride }
}

/// Which elements come first: the greatest, or the least.
struct ElementOrder: Sendable {
  private let isMirrored: Bool
  /// What is exchanged in the keys of numbers.
  private let mask: UInt32
  /// The key of what is no number.
  private let none: UInt32

  /// - Parameter prefersNaN: Whether a number that is none comes before all others, and not where one that is greater than all would.
  init(prefersGreatest: Bool, prefersNaN: Bool) {
    isMirrored = !prefersGreatest
    mask = prefersGreatest ? 0 : .max
    none = prefersGreatest || prefersNaN ? .max : 0
  }

  /// What is greater the earlier an element comes: numbers of both zeros are the same, and so are those that are none.
  @inline(__always)
  func key(_ x: Float) -> UInt32 {
    let bits = Int32(bitPattern: (x + 0).bitPattern)
    let ordered = UInt32(bitPattern: bits ^ ((bits &>> 31) & .max)) ^ 0x8000_0000
    return x == x ? ordered ^ mask : none
  }

  /// The same of an integer. In planned memory, bytes of both kinds are unsigned.
  @inline(__always)
  func key<Element: FixedWidthInteger>(_ x: Element) -> Element.Magnitude {
    let bits = Element.Magnitude(truncatingIfNeeded: x)
    let ordered = Element.isSigned ? bits ^ (1 &<< (Element.Magnitude.bitWidth - 1)) : bits
    return isMirrored ? ~ordered : ordered
  }
}
