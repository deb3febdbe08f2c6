import InfoldKernelInterface

/// A vector of elements that are only moved, regardless of their type.
protocol MovedRow: BitwiseCopyable {
  associatedtype Element: BitwiseCopyable

  /// The number of elements in a vector.
  static var count: Int { get }

  /// Creates a vector of zeros.
  init()

  /// Loads `count` elements from `pointer` on, or a whole vector if there are as many. The rest is
  /// zero.
  init(from pointer: UnsafePointer<Element>, count: Int)

  /// Stores the first `count` elements. Stores the whole vector if `count` is at least its size,
  /// and nothing if it is negative.
  func store(at pointer: UnsafeMutablePointer<Element>, count: Int)

  /// Returns the interleaved lower halves of two vectors, and the interleaved upper halves.
  static func interleaved(_ a: Self, _ b: Self) -> (Self, Self)
}

/// Elements of 4 bytes.
struct FloatRow: MovedRow {
  private var lanes: Vector

  @inline(always)
  static var count: Int { Vector.scalarCount }

  @inline(always)
  init() { lanes = Vector(repeating: 0) }

  @inline(always)
  init(from pointer: UnsafePointer<Float>, count: Int) { lanes = Vector(at: pointer, count: count) }

  @inline(always)
  func store(at pointer: UnsafeMutablePointer<Float>, count: Int) { lanes.store(at: pointer, count: count) }

  @inline(always)
  static func interleaved(_ a: FloatRow, _ b: FloatRow) -> (FloatRow, FloatRow) {
    var (low, high) = (a, b)
    (low.lanes, high.lanes) = Vector.interleaved(a.lanes, b.lanes)
    return (low, high)
  }
}

/// Elements of 1 byte.
struct ByteRow: MovedRow {
  private var lanes: SIMD16<UInt8>

  @inline(always)
  static var count: Int { 16 }

  @inline(always)
  init() { lanes = SIMD16(repeating: 0) }

  @inline(always)
  init(from pointer: UnsafePointer<UInt8>, count: Int) {
    if count >= Self.count {
      lanes = UnsafeRawPointer(pointer).loadUnaligned(as: SIMD16<UInt8>.self)
    } else {
      lanes = SIMD16(repeating: 0)
      for lane in 0..<Self.count where lane < count { lanes[lane] = pointer[lane] }
    }
  }

  @inline(always)
  func store(at pointer: UnsafeMutablePointer<UInt8>, count: Int) {
    if count >= Self.count {
      UnsafeMutableRawPointer(pointer).storeBytes(of: lanes, as: SIMD16<UInt8>.self)
    } else {
      for lane in 0..<Self.count where lane < count { pointer[lane] = lanes[lane] }
    }
  }

  @inline(always)
  static func interleaved(_ a: ByteRow, _ b: ByteRow) -> (ByteRow, ByteRow) {
    var (low, high) = (a, b)
    low.lanes.evenHalf = a.lanes.lowHalf
    low.lanes.oddHalf = b.lanes.lowHalf
    high.lanes.evenHalf = a.lanes.highHalf
    high.lanes.oddHalf = b.lanes.highHalf
    return (low, high)
  }
}

/// Elements of 2 bytes.
struct ShortRow: MovedRow {
  private var lanes: SIMD8<UInt16>

  @inline(always)
  static var count: Int { 8 }

  @inline(always)
  init() { lanes = SIMD8(repeating: 0) }

  @inline(always)
  init(from pointer: UnsafePointer<UInt16>, count: Int) {
    if count >= Self.count {
      lanes = UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<UInt16>.self)
    } else {
      lanes = SIMD8(repeating: 0)
      for lane in 0..<Self.count where lane < count { lanes[lane] = pointer[lane] }
    }
  }

  @inline(always)
  func store(at pointer: UnsafeMutablePointer<UInt16>, count: Int) {
    if count >= Self.count {
      UnsafeMutableRawPointer(pointer).storeBytes(of: lanes, as: SIMD8<UInt16>.self)
    } else {
      for lane in 0..<Self.count where lane < count { pointer[lane] = lanes[lane] }
    }
  }

  @inline(always)
  static func interleaved(_ a: ShortRow, _ b: ShortRow) -> (ShortRow, ShortRow) {
    var (low, high) = (a, b)
    low.lanes.evenHalf = a.lanes.lowHalf
    low.lanes.oddHalf = b.lanes.lowHalf
    high.lanes.evenHalf = a.lanes.highHalf
    high.lanes.oddHalf = b.lanes.highHalf
    return (low, high)
  }
}

/// Elements of 8 bytes.
struct WordRow: MovedRow {
  private var lanes: SIMD2<UInt64>

  @inline(always)
  static var count: Int { 2 }

  @inline(always)
  init() { lanes = SIMD2(repeating: 0) }

  @inline(always)
  init(from pointer: UnsafePointer<UInt64>, count: Int) {
    lanes = SIMD2(pointer[0], count > 1 ? pointer[1] : 0)
  }

  @inline(always)
  func store(at pointer: UnsafeMutablePointer<UInt64>, count: Int) {
    if count > 0 { pointer[0] = lanes[0] }
    if count > 1 { pointer[1] = lanes[1] }
  }

  @inline(always)
  static func interleaved(_ a: WordRow, _ b: WordRow) -> (WordRow, WordRow) {
    var (low, high) = (a, b)
    low.lanes = SIMD2(a.lanes[0], b.lanes[0])
    high.lanes = SIMD2(a.lanes[1], b.lanes[1])
    return (low, high)
  }
}
