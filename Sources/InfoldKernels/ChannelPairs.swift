import InfoldKernelInterface

/// The division of the channels of a pixel into blocks for a matrix unit. All blocks of a layer
/// have the same number of pairs of channels, at most 16, so that one configuration of the unit
/// suffices. The last block may be padded with zeros.
struct ChannelPairs {
  let channels: Int
  let blocks: Int
  /// The pairs of a block.
  let pairs: Int

  @inline(always)
  init(_ channels: Int) {
    self.channels = channels
    blocks = (channels + 31) / 32
    pairs = ((channels + 1) / 2 + blocks - 1) / blocks
  }

  /// Returns the first channel of a block and the number of its channels.
  @inline(always)
  func channels(of block: Int) -> (first: Int, count: Int) {
    let first = block &* 2 &* pairs
    return (first, min(2 &* pairs, channels &- first))
  }
}

/// The order of packed weights: panel, tap, block, part, half of the panel's columns, pair, column,
/// channel of the pair.
struct UnitPanel {
  let pairs: ChannelPairs
  let taps: Int
  let parts: Int

  @inline(always)
  init(_ factors: BFloat16Factors, taps: Int, channels: Int) {
    pairs = ChannelPairs(channels)
    self.taps = taps
    parts = factors.parts
  }

  /// The bfloat16 numbers of a block of 16 columns.
  @inline(always)
  var halfCount: Int { pairs.pairs &* 32 }

  /// The bfloat16 numbers of a panel.
  @inline(always)
  var count: Int { taps &* pairs.blocks &* parts &* 2 &* halfCount }
}
