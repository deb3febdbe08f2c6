import InfoldKernelInterface
import InfoldOperators

/// A convolution whose window's elements are moved: what they read is gathered, some positions at a time, and multiplied with packed
/// weights while it is in a cache.
struct DeformableStep: Step {
  let kernels: any ConvolutionKernels.Type
  let columns: DeformableColumns
  /// The channels of a group.
  let groupChannels: Int
  /// The results of a group.
  let filters: Int
  /// The packed weights of all groups, behind one another.
  let weights: Location
  let epilogue: PlannedEpilogue
  let output: Location

  /// The numbers that are gathered for a position and a group.
  private var inner: Int { columns.taps * groupChannels }
  /// The numbers that are gathered for a position.
  private var row: Int { columns.groups * inner }
  private var columnByteCount: Int { (columns.block * row * MemoryLayout<Float>.stride + 63) & ~63 }
  private var blocks: Int { (columns.result.pixels + columns.block - 1) / columns.block }

  var scratchByteCount: Int { columnByteCount + kernels.convolutionScratch(taps: 1, channels: inner) }

  func tasks(phase: Int, workers: Int) -> Int {
    let sharing = WorthwhileThreads.count(
      multiplications: columns.result.images * columns.result.pixels * row * filters, workers: workers)
    return sharing > 1 ? min(2 * sharing, columns.result.images * blocks) : 1
  }

  func work(phase: Int, task: Int, of count: Int) -> Int {
    (0..<columns.result.images * blocks).part(task, of: count).count
  }

  func run(phase: Int, task: Int, of count: Int, worker: Int, in frame: Frame) {
    let scratch = frame.scratch(of: worker), gathered = scratch.assumingMemoryBound(to: Float.self)
    let pixels = columns.result.pixels
    for index in (0..<columns.result.images * blocks).part(task, of: count) {
      let (image, block) = index.quotientAndRemainder(dividingBy: blocks)
      let positions = block * columns.block..<min((block + 1) * columns.block, pixels)
      columns.gather(positions, of: image, in: frame, to: gathered)
      let first = image * pixels + positions.lowerBound
      for group in 0..<columns.groups {
        var epilogue = epilogue.resolved(in: frame, firstChannel: group * filters)
        epilogue.residual = epilogue.residual.map { $0 + first * epilogue.residualPixelStride }
        kernels.convolve(
          ConvolutionArguments(
            window: ImageWindow(height: 1, width: 1),
            input: InputImages(
              base: gathered + group * inner, count: 1, height: 1, width: positions.count, channels: inner,
              pixelStride: row),
            weights: frame.pointer(weights) + group * kernels.packedCount(rows: inner, columns: filters),
            output: OutputImages(
              base: frame.pointer(output) + first * output.pixelStride + group * filters, count: 1, height: 1,
              width: positions.count, channels: filters, pixelStride: output.pixelStride),
            epilogue: epilogue, pixels: 0..<positions.count, columns: 0..<filters, scratch: scratch + columnByteCount))
      }
    }
  }
}

/// What the elements of a deformable window read, for each position: group by group, element by element, the channels.
struct DeformableColumns: Sendable {
  let image: ImageShape
  let result: ImageShape
  let window: SlidingWindow
  let pads: (top: Int, left: Int)
  let groups: Int
  let offsetGroups: Int
  let input: Location
  /// The vertical and the horizontal offset of each element.
  let offsets: Location
  /// What is read counts so much.
  let mask: Location?

  var taps: Int { window.kernel[0] * window.kernel[1] }

  /// The positions that are gathered at a time: as many as fill about a quarter of a second-level cache.
  var block: Int { min(max(6, (1 << 16) / (taps * image.channels)), 96, result.pixels) }

  /// Neighbours of a place, by their distances from an image's first element, and how much each counts.
  private struct Sample {
    var places: (Int, Int, Int, Int)
    var weights: (Float, Float, Float, Float)
    var scale: Float
  }

  func gather(_ positions: Range<Int>, of index: Int, in frame: Frame, to columns: UnsafeMutablePointer<Float>) {
    let source = frame.pointer(input) + index * image.pixels * input.pixelStride
    let outputs = result.pixels, channels = image.channels / groups, shared = image.channels / offsetGroups
    let offsets = frame.pointer(offsets) + index * offsetGroups * taps * 2 * outputs
    let mask = mask.map { frame.pointer($0) + index * offsetGroups * taps * outputs }
    let row = taps * image.channels
    for position in positions {
      let y = columns + (position - positions.lowerBound) * row
      let top = position / result.width * window.strides[0] - pads.top
      let left = position % result.width * window.strides[1] - pads.left
      for offsetGroup in 0..<offsetGroups {
        for tap in 0..<taps {
          let place = offsetGroup * taps + tap
          let sample = sample(
            Float(top + tap / window.kernel[1] * window.dilations[0]) + offsets[2 * place * outputs + position],
            Float(left + tap % window.kernel[1] * window.dilations[1]) + offsets[(2 * place + 1) * outputs + position],
            mask: mask.map { $0[place * outputs + position] })
          // The channels that share the offset, as far as they are of one group.
          var channel = offsetGroup * shared
          while channel < (offsetGroup + 1) * shared {
            let group = channel / channels
            let count = min((offsetGroup + 1) * shared, (group + 1) * channels) - channel
            add(sample, source + channel, count, to: y + (group * taps + tap) * channels + channel - group * channels)
            channel += count
          }
        }
      }
    }
  }

  @inline(__always)
  private func add(
    _ sample: Sample, _ x: UnsafePointer<Float>, _ count: Int, to y: UnsafeMutablePointer<Float>
  ) {
    let (weights, places, scale) = (sample.weights, sample.places, sample.scale)
    let (a, b, c, d) = (x + places.0, x + places.1, x + places.2, x + places.3)
    if weights.0 != 0, weights.1 != 0, weights.2 != 0, weights.3 != 0 {
      for channel in 0..<count {
        let sum = weights.0 * a[channel] + weights.1 * b[channel] + weights.2 * c[channel] + weights.3 * d[channel]
        y[channel] = sum * scale
      }
      return
    }
    y.update(repeating: 0, count: count)
    // What has no weight is not read: zero times infinity would be no number.
    func add(_ weight: Float, _ x: UnsafePointer<Float>) {
      guard weight != 0 else { return }
      for channel in 0..<count { y[channel] += weight * x[channel] }
    }
    add(weights.0, a)
    add(weights.1, b)
    add(weights.2, c)
    add(weights.3, d)
    for channel in 0..<count { y[channel] *= scale }
  }

  /// What is read at a place between elements, or outside.
  private func sample(_ row: Float, _ column: Float, mask: Float?) -> Sample {
    var sample = Sample(places: (0, 0, 0, 0), weights: (0, 0, 0, 0), scale: mask ?? 1)
    guard row > -1, row < Float(image.height), column > -1, column < Float(image.width) else { return sample }
    let top = row.rounded(.down), left = column.rounded(.down)
    let (y, x) = (Int(top), Int(left))
    func weight(_ part: Float, _ place: Int, _ size: Int) -> Float { place >= 0 && place < size ? part : 0 }
    let rows = (weight(1 - (row - top), y, image.height), weight(row - top, y + 1, image.height))
    let columns = (weight(1 - (column - left), x, image.width), weight(column - left, x + 1, image.width))
    func place(_ y: Int, _ x: Int) -> Int {
      (min(max(y, 0), image.height - 1) * image.width + min(max(x, 0), image.width - 1)) * input.pixelStride
    }
    sample.places = (place(y, x), place(y, x + 1), place(y + 1, x), place(y + 1, x + 1))
    sample.weights = (
      rows.0 * columns.0, rows.0 * columns.1, rows.1 * columns.0, rows.1 * columns.1
    )
    return sample
  }
}
