extension TaskLocal {
  /// Runs `body` with `value` in the current task: `withValue`, which does not keep the type of errors.
  package func binding<Output>(
    _ value: Value, _ body: () throws(InfoldError) -> Output
  ) throws(InfoldError) -> Output {
    try withValue(value) { Result(catching: body) }.get()
  }
}
