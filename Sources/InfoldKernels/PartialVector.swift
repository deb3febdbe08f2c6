#if INFOLD_AVX512
  import CMachine
#endif

extension Vector {
  /// Loads `count` elements from `pointer` on, or a whole vector if there are as many. The rest is
  /// `fill`.
  @inline(always)
  init(at pointer: UnsafePointer<Float>, count: Int, fill: Float = 0) {
    if count >= Self.scalarCount {
      self.init(at: pointer)
      return
    }
    #if INFOLD_AVX512
      self = infold_load_first(pointer, count, fill)
    #elseif INFOLD_AVX2
      if count >= 4 {
        let low = SIMD4(pointer[0], pointer[1], pointer[2], pointer[3])
        self.init(lowHalf: low, highHalf: SIMD4(upTo3: pointer + 4, count: count - 4, fill: fill))
      } else {
        self.init(lowHalf: SIMD4(upTo3: pointer, count: count, fill: fill), highHalf: SIMD4(repeating: fill))
      }
    #else
      self.init(upTo3: pointer, count: count, fill: fill)
    #endif
  }

  /// Stores the first `count` elements, or the whole vector if `count` is at least its size.
  @inline(always)
  func store(at pointer: UnsafeMutablePointer<Float>, count: Int) {
    if count >= Self.scalarCount { return store(at: pointer) }
    #if INFOLD_AVX512
      infold_store_first(pointer, count, self)
    #elseif INFOLD_AVX2
      if count >= 4 {
        for lane in 0..<4 { pointer[lane] = self[lane] }
        secondHalf.store(upTo3: pointer + 4, count: count - 4)
      } else {
        firstHalf.store(upTo3: pointer, count: count)
      }
    #else
      store(upTo3: pointer, count: count)
    #endif
  }

  /// Stores the last `count` elements at the positions that they would have if the whole vector
  /// were stored at `pointer`.
  @inline(always)
  func storeLast(_ count: Int, at pointer: UnsafeMutablePointer<Float>) {
    if count >= Self.scalarCount { return store(at: pointer) }
    #if INFOLD_AVX512
      infold_store_last(pointer, count, self)
    #else
      for lane in 1..<Self.scalarCount where lane >= Self.scalarCount - count { pointer[lane] = self[lane] }
    #endif
  }
}

extension Vector {
  /// Returns the interleaved lower halves of two vectors, and the interleaved upper halves.
  @inline(always)
  static func interleaved(_ a: Vector, _ b: Vector) -> (Vector, Vector) {
    var (low, high) = (a, b)
    low.evenHalf = a.lowHalf
    low.oddHalf = b.lowHalf
    high.evenHalf = a.highHalf
    high.oddHalf = b.highHalf
    return (low, high)
  }
}

#if INFOLD_AVX2
  extension Vector {
    // Lane by lane, because the standard library's halves are generic and not always inlined.
    @inline(always)
    fileprivate var firstHalf: SIMD4<Float> { SIMD4(self[0], self[1], self[2], self[3]) }

    @inline(always)
    fileprivate var secondHalf: SIMD4<Float> { SIMD4(self[4], self[5], self[6], self[7]) }
  }
#endif

#if !INFOLD_AVX512
  extension SIMD4<Float> {
    /// Loads up to 3 elements from `pointer` on. The rest is `fill`.
    @inline(always)
    fileprivate init(upTo3 pointer: UnsafePointer<Float>, count: Int, fill: Float) {
      switch count {
      case 3...: self.init(pointer[0], pointer[1], pointer[2], fill)
      case 2: self.init(pointer[0], pointer[1], fill, fill)
      case 1: self.init(pointer[0], fill, fill, fill)
      default: self.init(repeating: fill)
      }
    }

    /// Stores up to 3 elements.
    @inline(always)
    fileprivate func store(upTo3 pointer: UnsafeMutablePointer<Float>, count: Int) {
      if count > 0 { pointer[0] = x }
      if count > 1 { pointer[1] = y }
      if count > 2 { pointer[2] = z }
    }
  }

#endif

/// Divides a row into vectors of `width` elements. Calls `body` with the index of each vector's
/// first element and the number of its elements.
@inline(always)
func forEachVector(of length: Int, width: Int = Vector.scalarCount, _ body: (Int, Int) -> Void) {
  var index = 0
  while index <= length - width {
    body(index, width)
    index += width
  }
  if index < length { body(index, length - index) }
}
