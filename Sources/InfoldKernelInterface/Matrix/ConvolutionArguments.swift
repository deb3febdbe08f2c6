/// A convolution, or a part of one. Of a grouped one, pointers are to the channels of the first group that is computed.
///
/// `input.channels` are the elements that a position of the window reads, from the pixel's first on. In the first layer of a
/// network these may be all pixels of a row of the window, which lie behind one another in a padded image: more than the pixel
/// stride, with a window of width 1.
public struct ConvolutionArguments: @unchecked Sendable {
  /// May be empty, with a height or a width of 0: results are then what the epilogue makes of 0, whatever the input holds.
  public var window: ImageWindow
  public var input: InputImages<Float>
  /// Of a volume, how many planes the window reads, all of them at the same places; 0 for none.
  public var planes: Int
  /// The elements from one of them to the next. The input's pictures are the first ones.
  public var planeStride: Int
  /// Packed; rows are ordered by (plane, window row, window column, channel).
  public var weights: UnsafePointer<Float>
  /// The numbers from one panel of weights to the next, where panels have more rows than the window reads; `nil` for as many.
  public var panelStride: Int?
  /// Whether the weights were read shortly before, and lie in a near cache, so that fetching them ahead would only take time.
  public var weightsAreNear: Bool
  public var output: OutputImages<Float>
  public var epilogue: Epilogue
  /// The output positions to compute, counted over images, rows and columns.
  public var pixels: Range<Int>
  /// The output channels to compute, of each group; begins at a multiple of `panelWidth`.
  public var columns: Range<Int>
  public var groups: ConvolutionGroups
  /// Memory of `convolutionScratch` bytes, aligned to 64 bytes.
  public var scratch: UnsafeMutableRawPointer

  public init(
    window: ImageWindow, input: InputImages<Float>, planes: Int = 1, planeStride: Int = 0,
    weights: UnsafePointer<Float>, panelStride: Int? = nil, weightsAreNear: Bool = false, output: OutputImages<Float>,
    epilogue: Epilogue, pixels: Range<Int>, columns: Range<Int>, groups: ConvolutionGroups = .one,
    scratch: UnsafeMutableRawPointer
  ) {
    self.window = window
    self.input = input
    self.planes = planes
    self.planeStride = planeStride
    self.weights = weights
    self.panelStride = panelStride
    self.weightsAreNear = weightsAreNear
    self.output = output
    self.epilogue = epilogue
    self.pixels = pixels
    self.columns = columns
    self.groups = groups
    self.scratch = scratch
  }
}

/// Neighbouring groups of a convolution whose results are computed for the same output positions.
public struct ConvolutionGroups: Sendable, Hashable {
  public var count: Int
  /// The output channels of each.
  public var outputChannels: Int
  /// The packed weights of each, in numbers.
  public var weightCount: Int

  /// One group, or a convolution that is not grouped.
  public static let one = ConvolutionGroups(count: 1, outputChannels: 0, weightCount: 0)

  public init(count: Int, outputChannels: Int, weightCount: Int) {
    self.count = count
    self.outputChannels = outputChannels
    self.weightCount = weightCount
  }
}
