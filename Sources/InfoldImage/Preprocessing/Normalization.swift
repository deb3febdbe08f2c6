extension Preprocessing {
  /// The common ways to scale the samples of a picture, with their names in a sidecar: (value −
  /// mean) / standardDeviation for values of 0 to 255.
  public enum Normalization: String, Sendable, Hashable, CaseIterable {
    /// Red (v − 123.675) / 58.395, green (v − 116.28) / 57.12, blue (v − 103.53) / 57.375: mean and
    /// standard deviation of ImageNet's training set, used by the models of torchvision and timm.
    /// For values between 0 and 1, these are 0.485, 0.456, 0.406 and 0.229, 0.224, 0.225.
    case imageNet = "imagenet"
    /// (v − 127.5) / 127.5, from −1 to 1: TensorFlow's MobileNet, Inception and NASNet models, and
    /// `mode="tf"` of Keras.
    case tensorFlow = "tensorflow"
    /// v / 255, from 0 to 1: classifiers and detectors of YOLO, and many others.
    case zeroToOne = "0-1"
    /// Blue v − 103.939, green v − 116.779, red v − 123.68, with blue first: the mean pixel of VGG,
    /// used by models from Caffe and by `mode="caffe"` of Keras.
    case caffe
    /// v, from 0 to 255: models that scale samples themselves, such as Keras's EfficientNet.
    case none

    /// The means of red, green and blue, for samples of 0 to 255.
    public var mean: [Float] {
      switch self {
      case .imageNet: [123.675, 116.28, 103.53]
      case .tensorFlow: [127.5, 127.5, 127.5]
      case .caffe: [123.68, 116.779, 103.939]
      case .zeroToOne, .none: [0, 0, 0]
      }
    }

    /// The standard deviations of red, green and blue.
    public var standardDeviation: [Float] {
      switch self {
      case .imageNet: [58.395, 57.12, 57.375]
      case .tensorFlow: [127.5, 127.5, 127.5]
      case .zeroToOne: [255, 255, 255]
      case .caffe, .none: [1, 1, 1]
      }
    }

    /// The channel order of models that use this normalization.
    public var colorOrder: ColorOrder { self == .caffe ? .bgr : .rgb }
  }
}
