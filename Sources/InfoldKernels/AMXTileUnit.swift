#if INFOLD_AMX
  import CMachine

  /// The matrix unit of processors with AMX.
  struct AMXTileUnit: TileUnit {
    @inline(always)
    static var registerByteCount: Int { 0 }

    @inline(always)
    init(memory: UnsafeMutableRawPointer) {}

    @inline(always)
    func configure(_ shapes: UnsafePointer<TileShapes>) { infold_configure_tiles(shapes) }

    @inline(always)
    func release() { infold_release_tiles() }

    @inline(always)
    func zero(_ tile: Int) {
      switch tile {
      case 0: infold_zero_tile_0()
      case 1: infold_zero_tile_1()
      case 2: infold_zero_tile_2()
      default: infold_zero_tile_3()
      }
    }

    @inline(always)
    func load(_ tile: Int, from source: UnsafeRawPointer, stride: Int) {
      switch tile {
      case 4: infold_load_tile_4(source, stride)
      case 5: infold_load_tile_5(source, stride)
      case 6: infold_load_tile_6(source, stride)
      default: infold_load_tile_7(source, stride)
      }
    }

    @inline(always)
    func store(_ tile: Int, to target: UnsafeMutableRawPointer, stride: Int) {
      switch tile {
      case 0: infold_store_tile_0(target, stride)
      case 1: infold_store_tile_1(target, stride)
      case 2: infold_store_tile_2(target, stride)
      default: infold_store_tile_3(target, stride)
      }
    }

    @inline(always)
    func multiply(into sum: Int, _ left: Int, _ right: Int) {
      switch (left, right) {
      case (4, 6): infold_multiply_tiles_4_6()
      case (4, 7): infold_multiply_tiles_4_7()
      case (5, 6): infold_multiply_tiles_5_6()
      default: infold_multiply_tiles_5_7()
      }
    }

    @inline(always)
    func multiplyBytes(into sum: Int, _ left: Int, _ right: Int) {
      switch (left, right) {
      case (4, 6): infold_multiply_byte_tiles_4_6()
      case (4, 7): infold_multiply_byte_tiles_4_7()
      case (5, 6): infold_multiply_byte_tiles_5_6()
      default: infold_multiply_byte_tiles_5_7()
      }
    }
  }
#endif
