/// A convolution in which each channel has its own filter (group = channels, multiplier 1).
public struct DepthwiseArguments: @unchecked Sendable {
  public var input: InputImages<Float>
  /// The output, with as many images and channels as the input. It must not overlap the input.
  public var output: OutputImages<Float>
  public var window: ImageWindow
  /// The weights that `packDepthwiseWeights` wrote: [window.height · window.width][channels].
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
