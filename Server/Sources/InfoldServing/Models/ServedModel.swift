public import Infold
public import InfoldImage
import Logging
import Synchronization

/// A version of a model that is ready to run.
///
/// It can still be used after the repository has replaced it.
public final class ServedModel: Sendable {
  /// The name of the model.
  public let name: String
  /// The version.
  public let version: String
  /// The settings.
  public let settings: ModelSettings
  /// The classifier, if the model has a sidecar.
  public let classifier: ImageClassifier?
  /// The inputs, in the order of the model.
  public let inputs: [ValueInfo]
  /// The outputs, in the order of the model.
  public let outputs: [ValueInfo]
  /// A session that uses all compute threads.
  let wide: Session
  /// A session that uses one thread. It shares its weights with the other session.
  let narrow: Session
  /// Whether requests may be batched.
  public let takesBatches: Bool
  /// The number of inputs that a batched request must have.
  let batchedInputCount: Int
  /// The metrics of the model.
  public let metrics: ModelMetrics
  /// The recent processor time of an image, in nanoseconds.
  let expectedTime = Atomic<Int64>(1_000_000)

  /// Prepares a model, and runs it once if the shapes of its inputs are known.
  /// - Parameters:
  ///   - path: The path of the model.
  ///   - threads: The number of compute threads.
  ///   - memoryLimit: The memory limit shared by all models.
  ///   - logger: Logs the reason if the model cannot be warmed up.
  /// - Throws: `InfoldError` with the path of the file.
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
          "a model was not warmed up",
          metadata: ["model": "\(name)", "version": "\(version)", "reason": "\(reason)"])
      }
    } catch {
      throw error.inFile(path)
    }
  }

  /// Records the processor time of a run, in nanoseconds.
  func didTake(_ cost: Int64, images: Int) {
    // If runs end simultaneously, only one of them may be counted.
    let expected = expectedTime.load(ordering: .relaxed)
    expectedTime.store((expected * 7 + cost / Int64(max(images, 1))) / 8, ordering: .relaxed)
  }

  /// The current memory of its sessions in bytes, without the model's tensors.
  public var memoryUse: Int { wide.memoryUse + (narrow === wide ? 0 : narrow.memoryUse) }

  /// The metadata of the model.
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
