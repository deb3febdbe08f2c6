public import Infold
public import InfoldImage

/// A version of a model that is ready to run.
///
/// Whoever has one may go on with it while the repository has another in its place already.
public final class ServedModel: Sendable {
  /// The name.
  public let name: String
  /// The version.
  public let version: String
  /// How it is served.
  public let settings: ModelSettings
  /// What says what is on a picture, where a file beside the model says how pictures go in.
  public let classifier: ImageClassifier?
  /// What it takes, in the model's order.
  public let inputs: [ValueInfo]
  /// What it makes, in the model's order.
  public let outputs: [ValueInfo]
  /// Runs with all threads that compute.
  let wide: Session
  /// Runs on one thread. It shares its weights with the other session.
  let narrow: Session
  /// Whether requests may be put together.
  public let takesBatches: Bool
  /// The inputs that must be given for that.
  let batchedInputCount: Int
  /// What is counted of it.
  public let metrics: ModelMetrics

  /// Prepares a model, and runs it once where the shapes of its inputs are known.
  /// - Parameters:
  ///   - path: The file.
  ///   - threads: The threads that compute.
  ///   - memoryLimit: The most bytes that each session may take.
  /// - Throws: `InfoldError` that names the file.
  init(
    name: String, version: String, path: String, settings: ModelSettings, threads: Int, memoryLimit: Int?,
    metrics: ModelMetrics
  ) throws(InfoldError) {
    (self.name, self.version, self.settings, self.metrics) = (name, version, settings, metrics)
    var options = SessionOptions(
      threads: threads, precision: settings.precision, planCacheSize: settings.largestBatch + 8,
      memoryLimit: memoryLimit ?? settings.memoryLimit, timeLimit: settings.timeLimit.map { .seconds($0) })
    let model = try Model(path: path)
    let sidecar = SidecarFile.path(besideModel: path)
    if SidecarFile.exists(sidecar) {
      let classifier = try ImageClassifier(model, sidecar: sidecar, options: options)
      self.classifier = classifier
      wide = classifier.session
    } else {
      classifier = nil
      wide = try Session(model, options: options)
    }
    options.threads = 1
    narrow = threads == 1 ? wide : try Session(consume model, options: options)
    (inputs, outputs) = (wide.inputs, wide.outputs)
    batchedInputCount = inputs.count { !$0.hasDefault }
    do throws(InfoldError) {
      takesBatches = try Self.warmUp(wide, narrow, settings)
    } catch {
      throw error.inFile(path)
    }
  }

  /// Runs the sessions on zeros, for every batch that may come, so that no request pays for plans.
  /// - Returns: Whether requests may be put together.
  private static func warmUp(
    _ wide: Session, _ narrow: Session, _ settings: ModelSettings
  ) throws(InfoldError) -> Bool {
    let needed = wide.inputs.filter { !$0.hasDefault || settings.warmUp[$0.name] != nil }
    for name in settings.warmUp.keys where !wide.inputs.contains(where: { $0.name == name }) {
      throw InfoldError(.invalidArgument, "warmUp names '\(name.printable)', which is no input of the model")
    }
    let hasOpenBatch =
      !needed.isEmpty
      && needed.allSatisfy { input in
        if let shape = input.type?.shape, let first = shape.first { first.size == nil } else { false }
      }
    /// The shapes with a batch of this size; `nil` where sizes are not known.
    func shapes(_ batch: Int) -> [String: [Int]]? {
      var shapes: [String: [Int]] = [:]
      for input in needed {
        guard let shape = input.type?.shape else { return nil }
        var sizes: [Int] = []
        for (axis, dimension) in shape.dimensions.enumerated() {
          if axis == 0, hasOpenBatch {
            sizes.append(batch)
          } else if let size = dimension.size {
            sizes.append(size)
          } else if let given = settings.warmUp[input.name], given.count == shape.rank {
            sizes.append(given[axis])
          } else {
            return nil
          }
        }
        shapes[input.name] = sizes
      }
      return shapes
    }
    guard let one = shapes(1) else { return false }
    do throws(InfoldError) {
      try wide.warmUp(shapes: one)
      if narrow !== wide { try narrow.warmUp(shapes: one) }
    } catch {
      // A batch of one is only a guess where nobody has said that there is one.
      guard hasOpenBatch, settings.warmUp.isEmpty, error.code != .limitExceeded else { throw error }
      return false
    }
    guard hasOpenBatch, settings.largestBatch > 1 else { return false }
    for batch in 2...settings.largestBatch {
      guard let shapes = shapes(batch), try wide.computesImagesApart(shapes: shapes) else { return false }
      if narrow !== wide { try narrow.prepare(shapes: shapes) }
    }
    return true
  }

  /// The bytes that its sessions take now, beside the model's own tensors.
  public var memoryUse: Int { wide.memoryUse + (narrow === wide ? 0 : narrow.memoryUse) }

  /// What it says of itself.
  /// - Parameter versions: The versions of the model that are ready.
  func metadata(versions: [String]) -> ModelMetadata {
    ModelMetadata(
      name: name, versions: versions, platform: "infold_onnx", inputs: inputs.map(TensorMetadata.init),
      outputs: outputs.map(TensorMetadata.init))
  }
}

extension TensorMetadata {
  init(_ value: ValueInfo) {
    self.init(
      name: value.name, datatype: (value.type?.elementType).flatMap { Datatype($0) },
      shape: value.type?.shape?.dimensions.map { $0.size ?? -1 }, isOptional: value.hasDefault)
  }
}
