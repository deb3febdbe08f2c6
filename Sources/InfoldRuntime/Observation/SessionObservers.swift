import InfoldSystem

/// An observer that forwards reports to several observers.
public struct SessionObservers: SessionObserver {
  private let observers: [any SessionObserver]

  /// Creates an observer that calls these observers one after the other.
  public init(_ observers: any SessionObserver...) {
    self.observers = observers
  }

  /// Whether any of the observers observes layers.
  public var observesLayers: Bool { observers.contains { $0.observesLayers } }

  /// Forwards the report to all observers.
  public func didPlan(_ plan: PlanSummary, during time: Range<UInt64>) {
    for observer in observers { observer.didPlan(plan, during: time) }
  }

  /// Forwards the report to all observers.
  public func didRun(error: InfoldError?, during time: Range<UInt64>) {
    for observer in observers { observer.didRun(error: error, during: time) }
  }

  /// Forwards the report to the observers that observe layers.
  public func didRun(_ layer: Layer, during time: Range<UInt64>) {
    for observer in observers where observer.observesLayers { observer.didRun(layer, during: time) }
  }
}
