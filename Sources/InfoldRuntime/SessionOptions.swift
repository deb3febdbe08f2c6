/// How a session runs its model.
public struct SessionOptions: Sendable, Hashable {
  /// The number of threads that one run may use; `nil` for one per core. Results do not depend on it.
  public var threads: Int?
  /// Whether graph passes may rewrite the model. Without them every node runs as the standard defines it.
  public var optimize: Bool
  /// Whether batch normalization may be folded into weights. Without it every one runs as a scale and a shift.
  public var foldBatchNormalization: Bool

  /// Options.
  public init(threads: Int? = nil, optimize: Bool = true, foldBatchNormalization: Bool = true) {
    self.threads = threads
    self.optimize = optimize
    self.foldBatchNormalization = foldBatchNormalization
  }
}
