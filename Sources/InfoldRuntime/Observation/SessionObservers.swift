import InfoldSystem

/// Several observers as one.
public struct SessionObservers: SessionObserver {
  private let observers: [any SessionObserver]

  /// These observers, which are told one after the other.
  public init(_ observers: any SessionObserver...) {
    self.observers = observers
  }

  /// Whether one of them observes layers.
  public var observesLayers: Bool { observers.contains { $0.observesLayers } }

  /// Tells all of them.
  public func didPlan(_ plan: PlanSummary, during time: Range<UInt64>) {
    for observer in observers { observer.didPlan(plan, during: time) }
  }

  /// Tells all of them.
  public func didRun(error: InfoldError?, during time: Range<UInt64>) {
    for observer in observers { observer.didRun(error: error, during: time) }
  }

  /// Tells those that observe layers.
  public func didRun(_ layer: Layer, during time: Range<UInt64>) {
    for observer in observers where observer.observesLayers { observer.didRun(layer, during: time) }
  }
}
