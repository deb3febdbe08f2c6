public import CoreMetrics
import InfoldRuntime
import InfoldSystem

/// Metrics of a session.
///
/// | metric | kind | meaning |
/// |---|---|---|
/// | `infold_run_duration` | timer | time of a successful run |
/// | `infold_run_errors` | counter, with the dimension `code` | failed runs, except cancelled ones |
/// | `infold_run_cancellations` | counter | runs that were cancelled before they began or while they ran |
/// | `infold_plan_duration` | timer | time to make a plan |
/// | `infold_plan_bytes` | gauge | the working memory of the latest plan, in bytes |
///
/// Many plans for few runs mean that the session sees more input shapes than it keeps plans for
/// (`SessionOptions.planCacheSize`).
public struct SessionMetrics: SessionObserver {
  private let runs: CoreMetrics.Timer
  private let plans: CoreMetrics.Timer
  private let bytes: Gauge
  private let errors: [InfoldError.Code: Counter]
  private let cancellations: Counter

  /// Creates metrics for a session.
  /// - Parameters:
  ///   - dimensions: Dimensions that distinguish the session from others, such as the name of the
  ///     model.
  ///   - factory: The metrics factory, by default that of `MetricsSystem`.
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

  /// Records the time of planning and the size of the plan.
  public func didPlan(_ plan: PlanSummary, during time: Range<UInt64>) {
    plans.recordNanoseconds(Int64(time.count))
    bytes.record(plan.workingByteCount)
  }

  /// Records the time of a run, or that it failed or was cancelled.
  public func didRun(error: InfoldError?, during time: Range<UInt64>) {
    guard let error else { return runs.recordNanoseconds(Int64(time.count)) }
    if error.isCancellation { cancellations.increment() } else { errors[error.code]?.increment() }
  }
}
