/// A convolution, or a part of one. For a grouped convolution, the pointers refer to the channels
/// of the first group to compute.
///
/// `input.channels` is the number of elements that a window position reads, starting at the pixel's
/// first. In the first layer of a network these may be all pixels in a row of the window, which are
/// contiguous in a padded image. Then `input.channels` exceeds the pixel stride, and the window has
/// width 1.
public struct ConvolutionArguments: @unchecked Sendable {
  /// The window. It may be empty, with a height or width of 0. Results are then the epilogue
  /// applied to 0, whatever the input contains.
  public var window: ImageWindow
  public var input: InputImages<Float>
  /// For volumes, the number of planes that the window reads, all at the same positions. 0 means
  /// none.
  public var planes: Int
  /// The distance between planes in elements. The images of the input are the first planes.
  public var planeStride: Int
  /// The packed weights. Rows are ordered by (plane, window row, window column, channel).
  public var weights: UnsafePointer<Float>
  /// The distance between panels in elements, if panels have more rows than the window reads. `nil`
  /// if they have the same number.
  public var panelStride: Int?
  /// Whether the weights were read recently and are still in the first- or second-level cache, so
  /// that prefetching them would waste time.
  public var weightsAreNear: Bool
  public var output: OutputImages<Float>
  public var epilogue: Epilogue
  /// The output positions to compute, counted over images, rows and columns.
  public var pixels: Range<Int>
  /// The output channels of each group to compute. The range begins at a multiple of `panelWidth`.
  public var columns: Range<Int>
  public var groups: ConvolutionGroups
  /// Scratch memory of `convolutionScratch` bytes, aligned to 64 bytes.
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

/// Adjacent groups of a convolution that are computed for the same output positions.
public struct ConvolutionGroups: Sendable, Hashable {
  public var count: Int
  /// The output channels of each group.
  public var outputChannels: Int
  /// The number of packed weights of each group.
  public var weightCount: Int

  /// A single group, or an ungrouped convolution.
  public static let one = ConvolutionGroups(count: 1, outputChannels: 0, weightCount: 0)

  public init(count: Int, outputChannels: Int, weightCount: Int) {
    self.count = count
    self.outputChannels = outputChannels
    self.weightCount = weightCount
  }
}
