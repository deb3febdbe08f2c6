public import Infold
public import InfoldImage
import Logging
import Synchronization

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
  /// What an image took lately, in nanoseconds of processors.
  let expectedTime = Atomic<Int64>(1_000_000)

  /// Prepares a model, and runs it once where the shapes of its inputs are known.
  /// - Parameters:
  ///   - path: The file.
  ///   - threads: The threads that compute.
  ///   - memoryLimit: What all models count in.
  ///   - logger: Told where it cannot be run before it is asked.
  /// - Throws: `InfoldError` that names the file.
  init(
    name: String, version: String, path: String, settings: ModelSettings, threads: Int, memoryLimit: SharedMemoryLimit?,
    metrics: ModelMetrics, logger: Logger
  ) throws(InfoldError) {
    (self.name, self.version, self.settings, self.metrics) = (name, version, settings, metrics)
    var options = SessionOptions(
      threads: threads, precision: settings.precision, planCacheSize: settings.largestBatch + 8,
      memoryLimit: settings.memoryLimit, sharedMemoryLimit: memoryLimit,
      timeLimit: settings.timeLimit.map { .seconds($0) })
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
      let warmUp = try WarmUp(wide, narrow, settings)
      takesBatches = try warmUp.run { reason in
        logger.notice(
          "a model is not run before it is asked",
          metadata: ["model": "\(name)", "version": "\(version)", "reason": "\(reason)"])
      }
    } catch {
      throw error.inFile(path)
    }
  }

  /// Says what a run took, in nanoseconds of processors.
  func didTake(_ cost: Int64, images: Int) {
    // Of runs that end at once, one may count for all.
    let expected = expectedTime.load(ordering: .relaxed)
    expectedTime.store((expected * 7 + cost / Int64(max(images, 1))) / 8, ordering: .relaxed)
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
