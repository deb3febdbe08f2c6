/// Estimates how many threads are worth using.
enum ThreadHeuristic {
  /// - Parameter work: The step's work, in units of the smallest work for which another thread pays
  ///   off.
  static func count(work: Int, workers: Int) -> Int {
    // Each additional thread makes a job longer to start and to finish, so the best number grows
    // with the square root of the work.
    min(workers, max(1, min(work, Int((4 * Double(work)).squareRoot()))))
  }

  /// Returns the number of threads for a product of floats.
  static func count(multiplications: Int, workers: Int) -> Int { count(work: multiplications >> 16, workers: workers) }
}
