extension SessionOptions {
  /// How a session finds out by measurement which ways to compute its layers are the fastest on this machine: wide or narrow vectors, layers
  /// that take turns, how threads share a layer.
  ///
  /// While a plan is made, the model runs some times on random inputs, with one way and another in turns. What is fastest is kept in a file,
  /// so that the next session does not measure again. Where another run keeps the threads busy, it waits.
  public struct Tuning: Sendable, Hashable {
    /// What may be chosen.
    public enum Scope: String, Sendable, Hashable, CaseIterable {
      /// Only what gives the same bits: results do not depend on what was measured.
      case sameBits = "same-bits"
      /// Also the algorithm of each convolution, among those that the precision allows. The last digits of results then depend on what was
      /// measured, and may be others in the next session that measures.
      case free
    }

    /// Where choices are kept.
    public enum Store: Sendable, Hashable {
      /// In the user's cache folder: `$XDG_CACHE_HOME/infold/tuning`, or `~/.cache/infold/tuning`.
      case userCache
      /// In this folder, which is made where it is missing.
      case folder(String)
      /// Nowhere: each session measures anew.
      case none
    }

    /// What may be chosen.
    public var scope: Scope
    /// The longest that measuring may take for each plan, at least 0. What it does not suffice for stays as it is without tuning, and is
    /// measured by the next session.
    public var timeLimit: Duration
    /// Where choices are kept. A file that cannot be read, or holds nonsense, counts as none; one that cannot be written is a warning of the
    /// session. An entry can only choose among ways that are right.
    public var store: Store

    /// How to measure.
    public init(scope: Scope = .sameBits, timeLimit: Duration = .seconds(1), store: Store = .userCache) {
      self.scope = scope
      self.timeLimit = timeLimit
      self.store = store
    }
  }
}
