extension Preprocessing {
  /// The usual ways to scale the samples of a picture, by their names in a sidecar: (value − mean) / standardDeviation for values of 0
  /// to 255.
  public enum Normalization: String, Sendable, Hashable, CaseIterable {
    /// Red (v − 123.675) / 58.395, green (v − 116.28) / 57.12, blue (v − 103.53) / 57.375: mean and deviation of ImageNet's training
    /// set, as torchvision's and timm's models want them. There they are 0.485, 0.456, 0.406 and 0.229, 0.224, 0.225, of values
    /// between 0 and 1.
    case imageNet = "imagenet"
    /// (v − 127.5) / 127.5, from −1 to 1: TensorFlow's models of MobileNet, Inception and NASNet, and `mode="tf"` of Keras.
    case tensorFlow = "tensorflow"
    /// v / 255, from 0 to 1: YOLO's classifiers and detectors, and many others.
    case zeroToOne = "0-1"
    /// Blue v − 103.939, green v − 116.779, red v − 123.68, blue first: the mean pixel of VGG's authors, which models from Caffe
    /// subtract, and `mode="caffe"` of Keras.
    case caffe
    /// v, from 0 to 255: models that scale by themselves, as Keras's EfficientNet does.
    case none

    /// The means of red, green and blue, of samples between 0 and 255.
    public var mean: [Float] {
      switch self {
      case .imageNet: [123.675, 116.28, 103.53]
      case .tensorFlow: [127.5, 127.5, 127.5]
      case .caffe: [123.68, 116.779, 103.939]
      case .zeroToOne, .none: [0, 0, 0]
      }
    }

    /// The deviations of red, green and blue.
    public var standardDeviation: [Float] {
      switch self {
      case .imageNet: [58.395, 57.12, 57.375]
      case .tensorFlow: [127.5, 127.5, 127.5]
      case .zeroToOne: [255, 255, 255]
      case .caffe, .none: [1, 1, 1]
      }
    }

    /// The order of the channels in models that scale this way.
    public var colorOrder: ColorOrder { self == .caffe ? .bgr : .rgb }
  }
}
