import InfoldRuntime
import InfoldSystem
public import Logging

/// Logs the activity of a session: plans at level `info`, runs and cancelled runs at `debug`,
/// layers at `trace`, errors at `warning`.
public struct SessionLogger: SessionObserver {
  private let logger: Logger

  /// Creates an observer that writes to `logger`. Layers are observed if its level is `trace`.
  public init(_ logger: Logger) {
    self.logger = logger
  }

  /// Whether the level of the logger is `trace`.
  public var observesLayers: Bool { logger.logLevel <= .trace }

  /// Logs a plan at level `info`.
  public func didPlan(_ plan: PlanSummary, during time: Range<UInt64>) {
    logger.info(
      "made a plan",
      metadata: [
        "inputs": .array(plan.inputShapes.map { .stringConvertible($0) }), "layers": "\(plan.layerCount)",
        "bytes": "\(plan.workingByteCount)", "nanoseconds": "\(time.count)",
      ])
  }

  /// Logs a run at level `debug`, also if it was cancelled, or at `warning` if it failed.
  public func didRun(error: InfoldError?, during time: Range<UInt64>) {
    guard let error else { return logger.debug("ran", metadata: ["nanoseconds": "\(time.count)"]) }
    if error.isCancellation { return logger.debug("a run was cancelled", metadata: ["nanoseconds": "\(time.count)"]) }
    logger.warning(
      "a run failed",
      metadata: ["code": "\(error.code.rawValue)", "error": "\(error)", "nanoseconds": "\(time.count)"])
  }

  /// Logs a layer at level `trace`, including `Layer.depth`, the number of bodies of If and Loop
  /// that contain it.
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
