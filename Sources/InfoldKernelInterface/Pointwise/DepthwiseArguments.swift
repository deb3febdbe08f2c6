/// A convolution in which every channel has a filter of its own (group = channels, multiplier 1).
public struct DepthwiseArguments: @unchecked Sendable {
  public var input: InputImages<Float>
  /// As many pictures and channels as the input has; must not overlap it.
  public var output: OutputImages<Float>
  public var window: ImageWindow
  /// What `packDepthwiseWeights` wrote: [window.height · window.width][channels].
  public var weights: UnsafePointer<Float>
  public var epilogue: Epilogue

  public init(
    input: InputImages<Float>, output: OutputImages<Float>, window: ImageWindow, weights: UnsafePointer<Float>,
    epilogue: Epilogue
  ) {
    self.input = input
    self.output = output
    self.window = window
    self.weights = weights
    self.epilogue = epilogue
  }
}
