/// The groups of a convolution: the channels that each reads, and those that it makes.
public struct ChannelGroups: Sendable, Hashable {
  public var count: Int
  /// Channels of one group's input.
  public var inputs: Int
  /// Channels of one group's output.
  public var outputs: Int

  public init(count: Int, inputs: Int, outputs: Int) {
    self.count = count
    self.inputs = inputs
    self.outputs = outputs
  }

  /// The groups whose channels, of either side, a vector of `width` numbers holds; 0 for groups that are larger.
  @inlinable @inline(__always)
  public func perVector(of width: Int) -> Int {
    let groups = width / (inputs > outputs ? inputs : outputs)
    return groups < count ? groups : count
  }

  /// The vectors of output channels, of as many groups each, the last one perhaps of fewer.
  @inlinable @inline(__always)
  public func blocks(ofVectors width: Int) -> Int {
    let groups = perVector(of: width)
    return (count + groups - 1) / groups
  }
}

/// A convolution over pictures or volumes in small groups of channels.
public struct GroupedConvolutionArguments: @unchecked Sendable {
  public var groups: ChannelGroups
  /// All channels of all groups; planes count as pictures.
  public var input: InputImages<Float>
  /// The same of the result, which must not overlap the input.
  public var output: OutputImages<Float>
  public var window: ImageWindow
  public var depth: DepthWindow
  /// What `packGroupedWeights` wrote.
  public var weights: UnsafePointer<Float>
  public var epilogue: Epilogue
  /// Memory of `groupedConvolutionScratch` bytes, aligned to 64 bytes.
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
