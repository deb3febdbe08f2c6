/// A tensor viewed as slices along an axis, in memory order: the number of outer slices, the
/// elements per slice, and the distance between adjacent elements of a slice.
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

/// A sort order: largest first or smallest first.
struct ElementOrder: Sendable {
  private let isMirrored: Bool
  /// The bits to invert in the keys of numbers.
  private let mask: UInt32
  /// The key of NaN.
  private let none: UInt32

  /// - Parameter prefersNaN: Whether NaN comes before all numbers. Otherwise it counts as greater
  ///   than all numbers.
  init(prefersGreatest: Bool, prefersNaN: Bool) {
    isMirrored = !prefersGreatest
    mask = prefersGreatest ? 0 : .max
    none = prefersGreatest || prefersNaN ? .max : 0
  }

  /// Returns a key that is greater the earlier an element comes. Both zeros have the same key, and
  /// so do all NaNs.
  @inline(__always)
  func key(_ x: Float) -> UInt32 {
    let bits = Int32(bitPattern: (x + 0).bitPattern)
    let ordered = UInt32(bitPattern: bits ^ ((bits &>> 31) & .max)) ^ 0x8000_0000
    return x == x ? ordered ^ mask : none
  }

  /// Returns the key of an integer. Bytes in planned memory are unsigned, even for int8.
  @inline(__always)
  func key<Element: FixedWidthInteger>(_ x: Element) -> Element.Magnitude {
    let bits = Element.Magnitude(truncatingIfNeeded: x)
    let ordered = Element.isSigned ? bits ^ (1 &<< (Element.Magnitude.bitWidth - 1)) : bits
    return isMirrored ? ~ordered : ordered
  }
}
