import InfoldSystem

/// What a session tells about its work while it does it: for logs, metrics and traces.
///
/// `Session(_:options:observer:)` takes one. The product `InfoldTelemetry` has observers for swift-log and swift-metrics.
///
/// Calls come from the thread that runs the session, several at the same time when several tasks do, and the run goes on when
/// they return: they should be quick. They are called with the floating-point arithmetic of that thread's owner, whatever the session
/// computes with. Times are nanoseconds since some moment in the past, by the system's monotonic clock.
public protocol SessionObserver: Sendable {
  /// Whether `didRun(_:during:)` for layers is to be called; asked once, when a plan is made.
  var observesLayers: Bool { get }

  /// A plan was made, for input shapes that the session did not have one for. Told once for each that the session keeps, with what
  /// binding the shapes and rewriting the graph for them took.
  func didPlan(_ plan: PlanSummary, during time: Range<UInt64>)

  /// A run has ended, however it was asked for: also one that was refused for its inputs, and one that was cancelled while it waited
  /// for a thread.
  /// - Parameters:
  ///   - error: What it threw; `nil` when all went well. Of a run that was cancelled, `isCancellation` is true.
  ///   - time: When it began, or, if it never did, was asked for, and ended.
  func didRun(error: InfoldError?, during time: Range<UInt64>)

  /// A layer of a run has ended. Those of the bodies of If and Loop are told as well, once for each trip, before the layer that they
  /// belong to, whose time holds theirs: the layers of `Layer.depth` 0 make up the run.
  func didRun(_ layer: Layer, during time: Range<UInt64>)
}

extension SessionObserver {
  /// Layers are not observed.
  public var observesLayers: Bool { false }

  /// Does nothing.
  public func didPlan(_ plan: PlanSummary, during time: Range<UInt64>) {}

  /// Does nothing.
  public func didRun(error: InfoldError?, during time: Range<UInt64>) {}

  /// Does nothing.
  public func didRun(_ layer: Layer, during time: Range<UInt64>) {}
}

/// One layer of a plan: a node of the graph, or several that became one.
public struct Layer: Sendable, Hashable {
  /// The node, as errors call it. One node may take several layers.
  public let node: String
  /// The operators that it does, like `Conv+Relu`.
  public internal(set) var operation: String
  /// How it does them, like `Winograd 4×4`; `reference` for those without kernels.
  public internal(set) var algorithm: String
  /// The sizes of its output.
  public internal(set) var shape: [Int]
  /// How many bodies of If and Loop it lies in: 0 for a layer of the model's own graph. The time of an If or a Loop holds that of
  /// the layers in its bodies, so that only layers of one depth may be added up.
  public let depth: Int
}

extension Layer: CustomStringConvertible {
  /// One line: the node, and how its operators are done.
  public var description: String { "\(node): \(stepSummary(operation, algorithm, shape))" }
}

/// What a session has prepared for inputs of some shapes.
public struct PlanSummary: Sendable, Hashable {
  /// The shape of each input, in the model's order.
  public let inputShapes: [[Int]]
  /// The number of layers, without those of bodies.
  public let layerCount: Int
  /// The working memory of a run, in bytes.
  public let workingByteCount: Int
}

extension PlanSummary: CustomStringConvertible {
  /// One line: the shapes, the number of layers and the memory.
  public var description: String {
    "plan for \(inputShapes.map(\.description).joined(separator: ", ")): \(counted(layerCount, "layer")), "
      + "\(workingByteCount) bytes of working memory"
  }
}
