/// The groups of a convolution, with the input and output channels of each.
public struct ChannelGroups: Sendable, Hashable {
  public var count: Int
  /// The input channels of one group.
  public var inputs: Int
  /// The output channels of one group.
  public var outputs: Int

  public init(count: Int, inputs: Int, outputs: Int) {
    self.count = count
    self.inputs = inputs
    self.outputs = outputs
  }

  /// Returns the number of groups whose input and output channels fit into a vector of `width`
  /// lanes, or 0 if groups are too large.
  @inlinable @inline(__always)
  public func perVector(of width: Int) -> Int {
    let groups = width / (inputs > outputs ? inputs : outputs)
    return groups < count ? groups : count
  }

  /// Returns the number of vectors that cover the output channels, with `perVector` groups each.
  /// The last one may have fewer.
  @inlinable @inline(__always)
  public func blocks(ofVectors width: Int) -> Int {
    let groups = perVector(of: width)
    return (count + groups - 1) / groups
  }
}

/// A convolution of images or volumes with small groups of channels.
public struct GroupedConvolutionArguments: @unchecked Sendable {
  public var groups: ChannelGroups
  /// The input with all channels of all groups. Planes count as images.
  public var input: InputImages<Float>
  /// The output, in the same form. It must not overlap the input.
  public var output: OutputImages<Float>
  public var window: ImageWindow
  public var depth: DepthWindow
  /// The weights that `packGroupedWeights` wrote.
  public var weights: UnsafePointer<Float>
  public var epilogue: Epilogue
  /// Scratch memory of `groupedConvolutionScratch` bytes, aligned to 64 bytes.
  public var scratch: UnsafeMutableRawPointer

  public init(
    groups: ChannelGroups, input: InputImages<Float>, output: OutputImages<Float>, window: ImageWindow,
    depth: DepthWindow = .flat, weights: UnsafePointer<Float>, epilogue: Epilogue, scratch: UnsafeMutableRawPointer
  ) {
    self.groups = groups
    self.input = input
    self.output = output
    self.window = window
    self.depth = depth
    self.weights = weights
    self.epilogue = epilogue
    self.scratch = scratch
  }
}
