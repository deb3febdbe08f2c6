extension Session {
  /// The number of threads that a run may use.
  package var threads: Int { factory.workers }

  /// The instruction set of the kernels, like `avx2`.
  package var instructionSet: String { factory.kernels.products.name }
}
