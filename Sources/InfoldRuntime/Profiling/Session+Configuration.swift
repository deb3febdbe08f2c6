extension Session {
  /// The number of threads that a run may use.
  package var threads: Int { factory.workers }

  /// The bytes that the session takes now, and the results of runs do not.
  package var takenByteCount: Int { factory.budget.limit - factory.budget.available }

  /// The instruction set of the kernels, like `avx2`.
  package var instructionSet: String { factory.kernels.products.name }
}
