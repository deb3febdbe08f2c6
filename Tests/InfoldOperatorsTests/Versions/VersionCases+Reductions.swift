import InfoldOperators

extension VersionCase {
  static let reductions = sums + logarithms + extrema

  /// The rows 1, 2 and 3, 4, each reduced to one number; then no reduction, but the function of each element.
  private static func reduction(
    _ name: String, attribute: [Int], input: [Int], gives first: Double, _ second: Double,
    unreduced: Numbers = floats([2, 2], 1, 2, 3, 4)
  ) -> [VersionCase] {
    let x = floats([2, 2], 1, 2, 3, 4)
    return [
      VersionCase(name, attribute, ["axes": .ints([1]), "keepdims": .int(0)], [x], gives: floats(first, second)),
      VersionCase(name, input, ["keepdims": .int(0)], [x, integers(-1)], gives: floats(first, second)),
      VersionCase(name, input, ["noop_with_empty_axes": .int(1)], [x], gives: unreduced),
    ]
  }

  private static let sums =
    reduction("ReduceL1", attribute: [1, 11, 13], input: [18], gives: 3, 7)
    + reduction("ReduceL2", attribute: [1, 11, 13], input: [18], gives: 2.23606798, 5)
    + reduction("ReduceMax", attribute: [1, 11, 12, 13], input: [18, 20], gives: 2, 4)
    + reduction("ReduceMean", attribute: [1, 11, 13], input: [18], gives: 1.5, 3.5)
    + reduction("ReduceMin", attribute: [1, 11, 12, 13], input: [18, 20], gives: 1, 3)
    + reduction("ReduceProd", attribute: [1, 11, 13], input: [18], gives: 2, 12)
    + reduction("ReduceSum", attribute: [1, 11], input: [13], gives: 3, 7)

  private static let logarithms =
    reduction(
      "ReduceLogSum", attribute: [1, 11, 13], input: [18, 28], gives: 1.09861229, 1.94591015,
      unreduced: floats([2, 2], 0, 0.693147181, 1.09861229, 1.38629436))
    + reduction("ReduceLogSumExp", attribute: [1, 11, 13], input: [18, 28], gives: 2.31326169, 4.31326169)
    + reduction(
      "ReduceSumSquare", attribute: [1, 11, 13], input: [18], gives: 5, 25,
      unreduced: floats([2, 2], 1, 4, 9, 16))

  private static let extrema = [
    VersionCase(
      "ArgMax", [1, 11, 12, 13], ["axis": .int(1), "keepdims": .int(0)], [floats([2, 2], 1, 2, 4, 3)],
      gives: integers(1, 0)),
    VersionCase(
      "ArgMax", [12, 13], ["axis": .int(1), "select_last_index": .int(1)], [floats([2, 2], 2, 2, 1, 1)],
      gives: integers([2, 1], 1, 1)),
    VersionCase(
      "ArgMin", [1, 11, 12, 13], ["axis": .int(1), "keepdims": .int(0)], [floats([2, 2], 1, 2, 4, 3)],
      gives: integers(0, 1)),
    VersionCase(
      "ArgMin", [12, 13], ["axis": .int(1), "select_last_index": .int(1)], [floats([2, 2], 2, 2, 1, 1)],
      gives: integers([2, 1], 1, 1)),
    VersionCase(
      "TopK", [1], ["axis": .int(0), "k": .int(1)], [floats([2, 2], 1, 9, 4, 2)],
      gives: floats([1, 2], 4, 9), integers([1, 2], 1, 0)),
    VersionCase(
      "TopK", [10], ["axis": .int(0)], [floats([2, 2], 1, 9, 4, 2), integers(1)],
      gives: floats([1, 2], 4, 9), integers([1, 2], 1, 0)),
    VersionCase(
      "TopK", [11, 24], ["axis": .int(0), "largest": .int(0), "sorted": .int(0)],
      [floats([2, 2], 1, 9, 4, 2), integers(1)], gives: floats([1, 2], 1, 2), integers([1, 2], 0, 1)),
    // As centers and sizes, the second box is inside the first, with 9/16 of its area; as corners, with 1/4.
    VersionCase(
      "NonMaxSuppression", [10, 11], ["center_point_box": .int(1)],
      [floats([1, 2, 4], 2, 2, 4, 4, 2, 2, 3, 3), floats([1, 1, 2], 0.9, 0.8), integers(2), floats(0.5)],
      gives: integers([1, 3], 0, 0, 0)),
  ]
}
