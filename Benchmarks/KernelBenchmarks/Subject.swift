/// The subject of a benchmark: a kernel with its arguments and memory.
protocol Subject {
  /// Calls the kernel once.
  func run()
}
