extension TaskLocal {
  /// Runs `body` with `value` bound in the current task. A variant of `withValue` that preserves
  /// the error type.
  package func binding<Output>(
    _ value: Value, _ body: () throws(InfoldError) -> Output
  ) throws(InfoldError) -> Output {
    try withValue(value) { Result(catching: body) }.get()
  }
}
