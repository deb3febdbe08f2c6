import InfoldKernelInterface

extension ImageWindow {
  /// Whether every output position reads one pixel only, the one that has its own place: then the convolution is a product of
  /// matrices, and the pixels lie one behind the other.
  ///
  /// Equal sizes alone do not say so: a picture may be padded on one side and cut off on the other one, as the phases of transposed
  /// convolutions are.
  @inline(always)
  func readsOwnPixel(inputHeight: Int, inputWidth: Int, outputHeight: Int, outputWidth: Int) -> Bool {
    height == 1 && width == 1 && strideY == 1 && strideX == 1 && padTop == 0 && padLeft == 0
      && inputHeight == outputHeight && inputWidth == outputWidth
  }
}
