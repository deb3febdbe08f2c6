/// How many threads are worth while.
enum ThreadHeuristic {
  /// - Parameter work: The step's work, in units of the least that is done sooner when another thread helps.
  static func count(work: Int, workers: Int) -> Int {
    // Each thread more makes a job longer to begin and to end, so that the best number grows with the root of the work.
    min(workers, max(1, min(work, Int((4 * Double(work)).squareRoot()))))
  }

  /// Those for a product of floats.
  static func count(multiplications: Int, workers: Int) -> Int { count(work: multiplications >> 16, workers: workers) }
}
