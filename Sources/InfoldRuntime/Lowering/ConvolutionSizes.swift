import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// The sizes of a convolution over images, or over volumes whose planes count as images.
protocol ConvolutionSizes {
  /// The input. Every plane counts as an image.
  var input: ImageShape { get }
  var output: ImageShape { get }
  var window: ImageWindow { get }
  var depth: DepthWindow { get }
  var groups: Int { get }
}

extension ConvolutionSizes {
  var depth: DepthWindow { .flat }

  /// The number of window positions.
  var tapCount: Int { depth.size * window.height * window.width }

  /// The number of input channels per group.
  var groupChannels: Int { input.channels / groups }
  var groupOutputs: Int { output.channels / groups }

  /// Whether every channel is convolved separately into one channel.
  var isDepthwise: Bool { groups > 1 && groupChannels == 1 && groupOutputs == 1 }

  /// Whether a row of the window is better read as one pixel with more channels.
  var hasFewChannels: Bool {
    groups == 1 && input.channels <= 4 && window.width > 1 && window.dilationX == 1 && isReachSmall
  }

  /// The groups in the form that lanes use.
  var channelGroups: ChannelGroups { ChannelGroups(count: groups, inputs: groupChannels, outputs: groupOutputs) }

  /// Returns whether a vector holds several groups, or at least one that is too small for a matrix
  /// product.
  func suitsLanes(_ kernels: any ConvolutionKernels.Type) -> Bool {
    let fewest = groupChannels > 2 ? 2 : 1
    return groups > 1 && channelGroups.perVector(of: kernels.vectorWidth) >= min(fewest, groups)
      && kernels.groupedConvolutionScratch(channelGroups, window, depth, outputWidth: output.width) != nil
  }

  /// Whether a matrix unit can compute the convolution. Each tap reads blocks of 32 channels.
  var suitsMatrixUnit: Bool {
    depth == .flat && tapCount > 0 && (groups == 1 || groupChannels >= 32)
      && checkedProduct([tapCount, (groupChannels + 31) / 32, 32]).map { $0 <= MatrixUnit.lengthLimit } ?? false
  }

  /// The number of rows and columns that windows cover, including padding.
  var reach: (height: Int, width: Int) {
    (
      (output.height - 1) * window.strideY + (window.height - 1) * window.dilationY + 1,
      (output.width - 1) * window.strideX + (window.width - 1) * window.dilationX + 1
    )
  }

  /// The sizes as a line of text.
  var text: String {
    var numbers = [
      [input.images, input.channels, input.height, input.width], [output.channels, output.height, output.width],
      [window.height, window.width], [window.strideY, window.strideX], [window.dilationY, window.dilationX],
      [window.padTop, window.padLeft], [groups],
    ]
    if depth != .flat {
      numbers.append([depth.inputDepth, depth.outputDepth, depth.size, depth.stride, depth.dilation, depth.padFront])
    }
    return numbers.map { $0.map(String.init).joined(separator: "x") }.joined(separator: " ")
  }

  /// Whether the padded image is not much larger than the image. Large strides over large padding
  /// could make it much larger. Windows with negative padding are left to other algorithms.
  private var isReachSmall: Bool {
    let count = checkedProduct([input.images, reach.height, reach.width, input.channels])
    return count.map { $0 <= 4 * input.count + 1 << 16 } ?? false && window.padTop >= 0 && window.padLeft >= 0
  }
}

/// The sizes of a convolution over one to three dimensions.
struct ConvolutionGeometry: ConvolutionSizes {
  let input: ImageShape
  let output: ImageShape
  /// The window over rows and columns, with the computed taps.
  let window: ImageWindow
  let depth: DepthWindow
  let groups: Int
  /// The computed taps along each axis of the window.
  let taps: [Range<Int>]
  /// Whether a computed tap reads padding anywhere.
  let readsPadding: Bool

  /// - Parameters:
  ///   - kernel: The sizes of the window.
  ///   - isWhole: Whether to compute all taps, including those that read only padding.
  init?(_ conv: Conv, input x: [Int], output y: [Int], kernel: [Int], isWhole: Bool = false) {
    guard (3...5).contains(x.count), let window = try? conv.window(kernel: kernel), window.rank == x.count - 2,
      let axes = try? window.kernel.indices.map({ axis throws(InfoldError) in
        try ConvolutionAxis(window, axis, input: x[2 + axis], isWhole: isWhole)
      }), axes.map(\.output) == Array(y[2...])
    else { return nil }
    (groups, taps, readsPadding) = (conv.group, axes.map(\.taps), axes.contains(where: \.readsPadding))
    var (images, volume) = (x[0], Array(repeating: ConvolutionAxis(size: 1), count: 3 - axes.count) + axes)
    // Independent planes count as images. If rows and columns are independent instead, each plane
    // becomes a row.
    if volume[0].isIdentity {
      images *= volume[0].input
      volume[0] = ConvolutionAxis(size: 1)
    } else if volume[1].isIdentity, volume[2].isIdentity {
      volume = [
        ConvolutionAxis(size: 1), volume[0], ConvolutionAxis(size: volume[1].input * volume[2].input),
      ]
    }
    // Only planes inside the input are read. Treat the rows of a widely dilated window as planes,
    // so that rows in the padding are skipped.
    if volume[0].isIdentity, volume[1].dilation > 1, volume[1].readShare < 0.85, volume[2].output >= 12, groups == 1,
      x[1] > 4
    {
      volume = [volume[1], ConvolutionAxis(size: 1), volume[2]]
    }
    let (z, rows, columns) = (volume[0], volume[1], volume[2])
    input = ImageShape([images * z.input, x[1], rows.input, columns.input])!
    output = ImageShape([images * z.output, y[1], rows.output, columns.output])!
    self.window = ImageWindow(
      height: rows.taps.count, width: columns.taps.count, strideY: rows.stride, strideX: columns.stride,
      dilationY: rows.dilation, dilationX: columns.dilation, padTop: rows.pad, padLeft: columns.pad)
    depth = DepthWindow(
      inputDepth: z.input, outputDepth: z.output, size: z.taps.count, stride: z.stride, dilation: z.dilation,
      padFront: z.pad)
  }
}
