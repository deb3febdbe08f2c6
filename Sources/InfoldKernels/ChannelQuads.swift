/// The division of the channels of a quantized pixel into blocks for a matrix unit. All blocks of a
/// layer have the same number of quads, of four channels each, at most 16, so that one configuration
/// of the unit suffices.
///
/// Blocks may extend beyond the last channel, by less than `byteSlack` bytes. The bytes there may
/// have any value, because their weights are zero.
struct ChannelQuads {
  let blocks: Int
  /// The quads of a block.
  let quads: Int

  @inline(always)
  init(_ channels: Int) {
    blocks = (channels + 63) / 64
    quads = ((channels + 3) / 4 + blocks - 1) / blocks
  }

  /// The bytes of a pixel in a block.
  @inline(always)
  var byteCount: Int { 4 &* quads }
}

/// The order of packed 8-bit weights: panel, tap, block, half of the panel's columns, quad, column,
/// channel of the quad.
struct UnitBytePanel {
  let quads: ChannelQuads
  let taps: Int

  @inline(always)
  init(taps: Int, channels: Int) {
    quads = ChannelQuads(channels)
    self.taps = taps
  }

  /// The bytes of a block of 16 columns.
  @inline(always)
  var halfByteCount: Int { quads.quads &* 64 }

  /// The bytes of a panel.
  @inline(always)
  var byteCount: Int { taps &* quads.blocks &* 2 &* halfByteCount }
}
