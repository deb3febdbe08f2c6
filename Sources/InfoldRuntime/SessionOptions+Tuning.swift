extension SessionOptions {
  /// How a session measures which implementations of its layers are fastest on this machine: wide
  /// or narrow vectors, interleaved layers, and how threads divide a layer.
  ///
  /// While it makes a plan, the session runs the model several times on random inputs and
  /// alternates between candidates. The fastest choices are stored in a file, so that later
  /// sessions need not measure again. Measuring waits while another run uses the threads.
  public struct Tuning: Sendable, Hashable {
    /// The choices that tuning may make.
    public enum Scope: String, Sendable, Hashable, CaseIterable {
      /// Only choices that do not change any bit: results do not depend on measurements.
      case sameBits = "same-bits"
      /// Also the algorithm of each convolution, among those that the precision allows. The last
      /// digits of results then depend on measurements, and may differ in the next session that
      /// measures.
      case free
    }

    /// Where choices are stored.
    public enum Store: Sendable, Hashable {
      /// The user's cache folder: `$XDG_CACHE_HOME/infold/tuning`, or `~/.cache/infold/tuning`.
      case userCache
      /// This folder. It is created if it does not exist.
      case folder(String)
      /// Nowhere: each session measures again.
      case none
    }

    /// The choices that tuning may make.
    public var scope: Scope
    /// The maximum duration of measurements for each plan, at least 0. Choices that could not be
    /// measured in this time keep their untuned setting. The next session measures them.
    public var timeLimit: Duration
    /// Where choices are stored. A file that is unreadable or malformed is ignored. A file that
    /// cannot be written causes a warning of the session. Entries select among correct
    /// implementations only.
    public var store: Store

    /// Creates tuning options.
    public init(scope: Scope = .sameBits, timeLimit: Duration = .seconds(1), store: Store = .userCache) {
      self.scope = scope
      self.timeLimit = timeLimit
      self.store = store
    }
  }
}
