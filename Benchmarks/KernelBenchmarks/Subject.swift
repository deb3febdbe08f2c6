/// What is measured: a kernel with its arguments, and the memory that they point to.
protocol Subject {
  /// Calls the kernel once.
  func run()
}
