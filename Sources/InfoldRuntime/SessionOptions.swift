/// How a session runs its model.
public struct SessionOptions: Sendable, Hashable {
  /// The number of threads that one run may use; `nil` for one per core. Results do not depend on it.
  public var threads: Int?
  /// Whether graph passes may rewrite the model. Without them every node runs as the standard defines it.
  public var optimize: Bool

  /// Options.
  public init(threads: Int? = nil, optimize: Bool = true) {
    self.threads = threads
    self.optimize = optimize
  }
}
