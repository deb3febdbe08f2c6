import InfoldGraph
import InfoldSystem

extension Preprocessing {
  /// Reads a file like the one beside a model, which says everything that it must by itself.
  /// - Throws: `InfoldError` that names the file, and tells of everything that is wrong: `.fileAccess`, `.limitExceeded` for more than
  ///   1 MiB, `.malformedData` for what is no JSON object, an unknown key, a missing one, or one of another type; `.invalidArgument`
  ///   for a value out of its range.
  public init(path: String) throws(InfoldError) {
    self = try annotatingErrors({ $0.inFile(path) }) { () throws(InfoldError) in
      let example = SidecarText(PictureModel(inputs: []), normalization: .imageNet).oneLine
      return try Sidecar.fields(inFile: path, example: example).preprocessing()
    }
  }

  /// Reads the file beside a model, which need not say what the model says itself: the name of its only input, its size and layout
  /// where they are fixed, its only output, and whether a softmax makes it.
  /// - Throws: As `init(path:)`; and for what contradicts the model.
  public init(path: String, for model: Model) throws(InfoldError) {
    self = try Sidecar(path: path, for: PictureModel(model.graph)).preprocessing
  }

  /// What a model says itself of the pictures that it takes, and what no model says: how samples are scaled.
  /// - Parameters:
  ///   - model: The model, of which pictures are the only input that must be given.
  ///   - normalization: How samples are scaled.
  ///   - size: Height and width, where the model leaves them open.
  ///   - output: The output with a score for each class, where there are several.
  ///   - cropFraction: The part of the picture that is used, as torchvision does by default: 224 of 256 pixels.
  ///   - filter: How that part is resized.
  ///   - colorOrder: The order of the channels; `nil` for the one that belongs to `normalization`.
  /// - Throws: `InfoldError` that tells of everything that is wrong: `.invalidArgument` when the model takes no pictures, or leaves
  ///   open what is not given, and for values out of their ranges.
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
      try pictures.completePicture(&fields, sizeHint: "give them as size")
      return try fields.preprocessing(pictures.problems)
    }
  }
}
