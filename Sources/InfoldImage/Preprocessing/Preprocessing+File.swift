import InfoldGraph
import InfoldSystem

extension Preprocessing {
  /// Reads a sidecar that is complete without a model.
  /// - Throws: `InfoldError` with the path of the file and all problems: `.fileAccess`,
  ///   `.limitExceeded` for more than 1 MiB, `.malformedData` for data that is not a JSON object,
  ///   an unknown key, a missing key, or a value of the wrong type; `.invalidArgument` for a value
  ///   out of range.
  public init(path: String) throws(InfoldError) {
    self = try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
      let example = SidecarText(PictureModel(inputs: []), normalization: .imageNet).oneLine
      return try Sidecar.fields(inFile: path, example: example).preprocessing()
    }
  }

  /// Reads the sidecar of a model. It may omit properties that the model determines: the name of its
  /// only input, its size and layout if they are fixed, its only output, and whether a softmax
  /// computes it.
  /// - Throws: The errors of `init(path:)`, and `InfoldError` if the sidecar contradicts the model.
  public init(path: String, for model: Model) throws(InfoldError) {
    self = try Sidecar(path: path, for: PictureModel(model.graph)).preprocessing
  }

  /// Combines properties of the model with a normalization, which models do not specify.
  /// - Parameters:
  ///   - model: The model. Its only required input is the picture.
  ///   - normalization: How samples are scaled.
  ///   - size: Height and width, if they are dynamic dimensions of the model.
  ///   - output: The output with a score per class, if there are several outputs.
  ///   - cropFraction: The fraction of the picture that is used. The default is that of
  ///     torchvision: 224 of 256 pixels.
  ///   - filter: The filter used for resizing.
  ///   - colorOrder: The channel order, or `nil` for that of `normalization`.
  /// - Throws: `InfoldError` with all problems: `.invalidArgument` if the model takes no pictures,
  ///   if its size is neither fixed nor passed, or if a value is out of range.
  public init(
    for model: Model, normalization: Normalization, size: (height: Int, width: Int)? = nil, output: String? = nil,
    cropFraction: Double = 0.875, filter: ResizeFilter = .bilinear, colorOrder: ColorOrder? = nil
  ) throws(InfoldError) {
    let pictures = PictureModel(model.graph)
    self = try annotatingErrors({ failure in
      let failure = failure.ofArguments
      return model.path.map(failure.inFile) ?? failure
    }) { () throws(InfoldError) in
      var fields = PreprocessingFields()
      (fields.normalization, fields.colorOrder, fields.output) = (normalization, colorOrder, output)
      (fields.cropFraction, fields.filter) = (cropFraction, filter)
      fields.size = size.map { [$0.height, $0.width] }
      try pictures.completePicture(&fields, sizeHint: "pass them as size")
      return try fields.preprocessing(pictures.problems)
    }
  }
}
