extension Preprocessing {
  /// The usual ways to scale the samples of a picture, by their names in a sidecar.
  public enum Normalization: String, Sendable, Hashable, CaseIterable {
    /// Mean and deviation of ImageNet's training set, as in torchvision and timm.
    case imagenet
    /// From −1 to 1, as in TensorFlow's models of MobileNet and Inception.
    case tensorflow
    /// From 0 to 1.
    case zeroToOne = "0-1"
    /// As they are, from 0 to 255.
    case none

    /// The means of red, green and blue, of samples between 0 and 255.
    public var mean: [Float] {
      switch self {
      case .imagenet: [123.675, 116.28, 103.53]
      case .tensorflow: [127.5, 127.5, 127.5]
      case .zeroToOne, .none: [0, 0, 0]
      }
    }

    /// The deviations of red, green and blue.
    public var standardDeviation: [Float] {
      switch self {
      case .imagenet: [58.395, 57.12, 57.375]
      case .tensorflow: [127.5, 127.5, 127.5]
      case .zeroToOne: [255, 255, 255]
      case .none: [1, 1, 1]
      }
    }
  }
}
