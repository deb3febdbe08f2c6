public import CoreMetrics
import InfoldRuntime
import InfoldSystem

/// Counts and times what a session does.
///
/// | metric | kind | what |
/// |---|---|---|
/// | `infold_run_duration` | timer | a run that went well |
/// | `infold_run_errors` | counter, with the dimension `code` | runs that threw, but for those that were cancelled |
/// | `infold_run_cancellations` | counter | runs that were cancelled, before they began or while they ran |
/// | `infold_plan_duration` | timer | the making of a plan |
/// | `infold_plan_bytes` | gauge | the working memory of the latest plan, in bytes |
///
/// Many plans beside few runs mean that input shapes change more often than the session keeps plans for
/// (`SessionOptions.planCacheSize`).
public struct SessionMetrics: SessionObserver {
  private let runs: CoreMetrics.Timer
  private let plans: CoreMetrics.Timer
  private let bytes: Gauge
  private let errors: [InfoldError.Code: Counter]
  private let cancellations: Counter

  /// Metrics of a session.
  /// - Parameters:
  ///   - dimensions: What tells them from those of other sessions, for instance the model's name.
  ///   - factory: What makes them; by default the one that `MetricsSystem` was bootstrapped with.
  public init(dimensions: [(String, String)] = [], factory: any MetricsFactory = MetricsSystem.factory) {
    runs = CoreMetrics.Timer(
      label: "infold_run_duration", dimensions: dimensions, preferredDisplayUnit: .milliseconds, factory: factory)
    plans = CoreMetrics.Timer(
      label: "infold_plan_duration", dimensions: dimensions, preferredDisplayUnit: .milliseconds, factory: factory)
    bytes = Gauge(label: "infold_plan_bytes", dimensions: dimensions, factory: factory)
    cancellations = Counter(label: "infold_run_cancellations", dimensions: dimensions, factory: factory)
    errors = Dictionary(
      uniqueKeysWithValues: InfoldError.Code.allCases.filter { $0 != .cancelled }.map { code in
        (
          code,
          Counter(label: "infold_run_errors", dimensions: dimensions + [("code", code.rawValue)], factory: factory)
        )
      })
  }

  /// Records how long a plan took, and how many bytes it needs.
  public func didPlan(_ plan: PlanSummary, during time: Range<UInt64>) {
    plans.recordNanoseconds(Int64(time.count))
    bytes.record(plan.workingByteCount)
  }

  /// Records how long a run took, or that it failed or was cancelled.
  public func didRun(error: InfoldError?, during time: Range<UInt64>) {
    guard let error else { return runs.recordNanoseconds(Int64(time.count)) }
    if error.isCancellation { cancellations.increment() } else { errors[error.code]?.increment() }
  }
}
