import InfoldRuntime
import InfoldSystem
public import Logging

/// Writes what a session does to a log: plans as `info`, runs as `debug`, layers as `trace`, errors as `warning`, and
/// runs that were cancelled as `debug`.
public struct SessionLogger: SessionObserver {
  private let logger: Logger

  /// Writes to `logger`. Layers are observed when it takes messages of the level `trace`.
  public init(_ logger: Logger) {
    self.logger = logger
  }

  /// Whether the logger takes messages of the level `trace`.
  public var observesLayers: Bool { logger.logLevel <= .trace }

  /// Logs a plan, as `info`.
  public func didPlan(_ plan: PlanSummary, during time: Range<UInt64>) {
    logger.info(
      "made a plan",
      metadata: [
        "inputs": .array(plan.inputShapes.map { .stringConvertible($0) }), "layers": "\(plan.layerCount)",
        "bytes": "\(plan.workingByteCount)", "nanoseconds": "\(time.count)",
      ])
  }

  /// Logs a run: as `debug`, also when it was cancelled, or as `warning` when it failed.
  public func didRun(error: InfoldError?, during time: Range<UInt64>) {
    guard let error else { return logger.debug("ran", metadata: ["nanoseconds": "\(time.count)"]) }
    if error.isCancellation { return logger.debug("a run was cancelled", metadata: ["nanoseconds": "\(time.count)"]) }
    logger.warning(
      "a run failed",
      metadata: ["code": "\(error.code.rawValue)", "error": "\(error)", "nanoseconds": "\(time.count)"])
  }

  /// Logs a layer, as `trace`, with how many bodies of If and Loop it lies in: `Layer.depth`.
  public func didRun(_ layer: Layer, during time: Range<UInt64>) {
    logger.trace(
      "ran a layer",
      metadata: [
        "node": "\(layer.node)", "operation": "\(layer.operation)", "algorithm": "\(layer.algorithm)",
        "shape": .stringConvertible(layer.shape), "depth": "\(layer.depth)",
        "nanoseconds": "\(time.count)",
      ])
  }
}
