#if !INFOLD_AMX
  /// A matrix unit whose registers are memory and whose instructions are plain functions, for tests
  /// on processors without such a unit. Results have the same bits (Intel 64 and IA-32
  /// Architectures Software Developer's Manual, LDTILECFG, TDPBF16PS and TDPBUSD), and what the
  /// processor would not execute ends the process.
  struct EmulatedTileUnit: TileUnit {
    private let tiles: UnsafeMutableRawPointer

    private static var tileByteCount: Int { 1024 }
    private static var rowByteCount: Int { 64 }

    static var registerByteCount: Int { 8 &* tileByteCount &+ 64 }

    init(memory: UnsafeMutableRawPointer) { tiles = memory }

    /// The 64 bytes of the shapes, as the processor reads them.
    private var shapes: UnsafeMutableRawPointer { tiles + 8 &* Self.tileByteCount }

    private func rows(_ tile: Int) -> Int { Int(shapes.load(fromByteOffset: 48 &+ tile, as: UInt8.self)) }

    /// Returns the number of floats, or of pairs, in a row of a register.
    private func columns(_ tile: Int) -> Int {
      Int(shapes.load(fromByteOffset: 16 &+ 2 &* tile, as: UInt16.self)) / 4
    }

    private func require(_ condition: Bool) {
      if !condition { fatalError("the processor would not execute this") }
    }

    private func row(_ row: Int, of tile: Int) -> UnsafeMutableRawPointer {
      tiles + (tile &* Self.tileByteCount &+ row &* Self.rowByteCount)
    }

    func configure(_ shapes: UnsafePointer<TileShapes>) {
      self.shapes.copyMemory(from: shapes, byteCount: 64)
      require(self.shapes.load(as: UInt8.self) == 1)
      for byte in 1..<16 { require(self.shapes.load(fromByteOffset: byte, as: UInt8.self) == 0) }
      for tile in 0..<8 {
        require(rows(tile) <= 16 && columns(tile) <= 16 && (rows(tile) == 0) == (columns(tile) == 0))
      }
      tiles.initializeMemory(as: UInt8.self, repeating: 0, count: 8 &* Self.tileByteCount)
    }

    func release() {
      shapes.initializeMemory(as: UInt8.self, repeating: 0, count: 64)
    }

    func zero(_ tile: Int) {
      require(rows(tile) > 0)
      row(0, of: tile).initializeMemory(as: UInt8.self, repeating: 0, count: Self.tileByteCount)
    }

    func load(_ tile: Int, from source: UnsafeRawPointer, stride: Int) {
      require(rows(tile) > 0)
      for index in 0..<rows(tile) {
        row(index, of: tile).copyMemory(from: source + index &* stride, byteCount: 4 &* columns(tile))
      }
    }

    func store(_ tile: Int, to target: UnsafeMutableRawPointer, stride: Int) {
      require(rows(tile) > 0)
      for index in 0..<rows(tile) {
        (target + index &* stride).copyMemory(from: row(index, of: tile), byteCount: 4 &* columns(tile))
      }
    }

    private func requireProduct(into sum: Int, _ left: Int, _ right: Int) {
      require(
        rows(sum) > 0 && rows(sum) == rows(left) && columns(left) == rows(right) && columns(sum) == columns(right))
    }

    @inline(never)
    func multiplyBytes(into sum: Int, _ left: Int, _ right: Int) {
      requireProduct(into: sum, left, right)
      for index in 0..<rows(sum) {
        let pixels = row(index, of: left).assumingMemoryBound(to: UInt8.self)
        let totals = row(index, of: sum).assumingMemoryBound(to: Int32.self)
        for group in 0..<columns(left) {
          let weights = row(group, of: right).assumingMemoryBound(to: Int8.self)
          for column in 0..<columns(sum) {
            for place in 0..<4 {
              totals[column] &+= Int32(pixels[4 &* group &+ place]) &* Int32(weights[4 &* column &+ place])
            }
          }
        }
      }
    }

    @inline(never)
    func multiply(into sum: Int, _ left: Int, _ right: Int) {
      let width = columns(sum)
      requireProduct(into: sum, left, right)
      for index in 0..<rows(sum) {
        let pixels = row(index, of: left).assumingMemoryBound(to: UInt16.self)
        let totals = row(index, of: sum).assumingMemoryBound(to: Float.self)
        var first = InlineArray<16, Float> { _ in 0 }, second = InlineArray<16, Float> { _ in 0 }
        for pair in 0..<columns(left) {
          let weights = row(pair, of: right).assumingMemoryBound(to: UInt16.self)
          let (a, b) = (pixels[2 &* pair], pixels[2 &* pair &+ 1])
          for column in 0..<width {
            first[column] = EmulatedArithmetic.sum(first[column], a, weights[2 &* column])
            second[column] = EmulatedArithmetic.sum(second[column], b, weights[2 &* column &+ 1])
          }
        }
        for column in 0..<width {
          totals[column] = EmulatedArithmetic.sum(totals[column], first[column], second[column])
        }
      }
    }
  }
#endif
