import InfoldSystem

/// Receives reports of a session's work while it happens, for logs, metrics and traces.
///
/// Pass an observer to `Session(_:options:observer:)`. The product `InfoldTelemetry` has observers
/// for swift-log and swift-metrics.
///
/// Methods are called on the thread that runs the session, concurrently if several tasks do. The
/// run continues only when they return, so they should be quick. They run in the caller's
/// floating-point mode, regardless of the mode in which the session computes. Times are nanoseconds
/// of the system's monotonic clock, since an arbitrary origin.
public protocol SessionObserver: Sendable {
  /// Whether to call `didRun(_:during:)` for layers. It is read once, when a plan is made.
  var observesLayers: Bool { get }

  /// Called when a plan was made for input shapes that had none yet, once for each plan that the
  /// session keeps. The time includes binding the shapes and optimizing the graph for them.
  func didPlan(_ plan: PlanSummary, during time: Range<UInt64>)

  /// Called when a run has ended, synchronous or asynchronous. This includes runs that were
  /// rejected for their inputs, and runs that were cancelled while they waited for a thread.
  ///
  /// - Parameters:
  ///   - error: The error of the run; `nil` if it succeeded. For a cancelled run, `isCancellation`
  ///     is true.
  ///   - time: From the beginning of the run to its end. A run that never began counts from its
  ///     request.
  func didRun(error: InfoldError?, during time: Range<UInt64>)

  /// Called when a layer of a run has ended. Layers in the bodies of If and Loop are reported once
  /// per iteration, before the layer that contains them. The time of the containing layer includes
  /// theirs: the layers of `Layer.depth` 0 make up the run.
  func didRun(_ layer: Layer, during time: Range<UInt64>)
}

extension SessionObserver {
  /// By default, layers are not observed.
  public var observesLayers: Bool { false }

  /// Does nothing.
  public func didPlan(_ plan: PlanSummary, during time: Range<UInt64>) {}

  /// Does nothing.
  public func didRun(error: InfoldError?, during time: Range<UInt64>) {}

  /// Does nothing.
  public func didRun(_ layer: Layer, during time: Range<UInt64>) {}
}

/// One layer of a plan: a node of the graph, or several fused nodes.
public struct Layer: Sendable, Hashable {
  /// The node, as it is named in errors. One node may produce several layers.
  public let node: String
  /// The operators that the layer computes, such as `Conv+Relu`.
  public internal(set) var operation: String
  /// How the layer computes them, such as `Winograd 4×4`; `reference` for operators without
  /// kernels.
  public internal(set) var algorithm: String
  /// The shape of the output.
  public internal(set) var shape: [Int]
  /// The nesting depth in bodies of If and Loop: 0 for a layer of the model's own graph. The time
  /// of an If or a Loop includes its bodies' layers, so only the times of layers with the same
  /// depth may be added.
  public let depth: Int
}

extension Layer: CustomStringConvertible {
  /// A one-line description with the node, its operators and how they are computed.
  public var description: String { "\(node): \(stepSummary(operation, algorithm, shape))" }
}

/// A summary of the plan for inputs of some shapes.
public struct PlanSummary: Sendable, Hashable {
  /// The shape of each input, in the model's order.
  public let inputShapes: [[Int]]
  /// The number of layers, not counting those of bodies.
  public let layerCount: Int
  /// The working memory of a run, in bytes.
  public let workingByteCount: Int
}

extension PlanSummary: CustomStringConvertible {
  /// A one-line description with the shapes, the number of layers and the memory.
  public var description: String {
    "plan for \(inputShapes.map(\.description).joined(separator: ", ")): \(counted(layerCount, "layer")), "
      + "\(workingByteCount) bytes of working memory"
  }
}
