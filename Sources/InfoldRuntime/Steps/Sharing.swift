/// What of a step's result threads share.
enum SharedAxis: CaseIterable {
  case positions, channels
}

/// How many numbers a thread reads that another one has in its cache, or that all read, when a step is shared along an axis.
struct SharedTraffic {
  /// Behind a step that is shared by positions.
  var afterPositions: Int
  /// Behind a step that is shared by channels.
  var afterChannels: Int

  func after(_ axis: SharedAxis) -> Int { axis == .positions ? afterPositions : afterChannels }
}

/// A step of which threads may share either axis.
protocol AxisSharingStep: Step {
  var sharedAxis: SharedAxis { get set }
}

/// How many threads are worth while.
enum WorthwhileThreads {
  /// - Parameter work: The step's work, in units of the least that is done sooner when another thread helps.
  static func count(work: Int, workers: Int) -> Int {
    // Each thread more makes a job longer to begin and to end, so that the best number grows with the root of the work.
    min(workers, work, max(1, Int((4 * Double(work)).squareRoot())))
  }
}
