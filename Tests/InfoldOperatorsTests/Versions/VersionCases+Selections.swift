import InfoldOperators

extension VersionCase {
  /// Elements selected by indices, conditions and values.
  static let chosen = gathered + scattered + found

  private static let gathered = [
    VersionCase(
      "GatherElements", [11, 13], ["axis": .int(1)],
      [floats([2, 2], 1, 2, 3, 4), integers([2, 3], 1, 0, -1, 1, 1, 0)],
      gives: floats([2, 3], 2, 1, 2, 4, 4, 3)),
    VersionCase(
      "GatherND", [11, 12, 13], [floats([2, 2], 1, 2, 3, 4), integers([2, 2], 0, 1, -1, 0)], gives: floats(2, 3)),
    VersionCase(
      "GatherND", [12, 13], ["batch_dims": .int(1)], [floats([2, 2], 1, 2, 3, 4), integers([2, 1], 1, 0)],
      gives: floats(2, 3)),
    VersionCase(
      "Compress", [9, 11, 28], ["axis": .int(1)], [floats([2, 3], 1, 2, 3, 4, 5, 6), bools(0, 1)],
      gives: floats([2, 1], 2, 5)),
    VersionCase("Compress", [9, 11, 28], [floats([2, 3], 1, 2, 3, 4, 5, 6), bools(0, 1, 0, 1)], gives: floats(2, 4)),
  ]

  private static let scattered = [
    VersionCase(
      "ScatterElements", [11, 13, 16, 18], ["axis": .int(1)],
      [floats([2, 2], 1, 2, 3, 4), integers([2, 1], 1, -2), floats([2, 1], 10, 20)],
      gives: floats([2, 2], 1, 10, 20, 4)),
    VersionCase(
      "ScatterElements", [16, 18], ["axis": .int(1), "reduction": .text("mul")],
      [floats([2, 2], 1, 2, 3, 4), integers([2, 1], 1, 0), floats([2, 1], 10, 20)],
      gives: floats([2, 2], 1, 20, 60, 4)),
    VersionCase(
      "Scatter", [9], ["axis": .int(1)],
      [floats([2, 2], 1, 2, 3, 4), integers([2, 1], 1, 0), floats([2, 1], 10, 20)],
      gives: floats([2, 2], 1, 10, 20, 4)),
    VersionCase(
      "ReverseSequence", [10, 28], ["batch_axis": .int(0), "time_axis": .int(1)],
      [floats([2, 3], 1, 2, 3, 4, 5, 6), integers(3, 2)], gives: floats([2, 3], 3, 2, 1, 5, 4, 6)),
    VersionCase(
      "OneHot", [9, 11, 28], ["axis": .int(0)], [integers(1, 5), integers([], 2), floats(3, 7)],
      gives: floats([2, 2], 3, 3, 7, 3)),
    VersionCase(
      "OneHot", [9], [integers(-1, 1), integers(2), floats(3, 7)], gives: floats([2, 2], 3, 3, 3, 7)),
    VersionCase(
      "OneHot", [11, 28], [integers(-1, 0), integers(2), floats(3, 7)], gives: floats([2, 2], 3, 7, 7, 3)),
  ]

  private static let found = [
    VersionCase("NonZero", [9, 13], [floats([2, 2], 0, 2, 3, 0)], gives: integers([2, 2], 0, 1, 1, 0)),
    VersionCase(
      "Unique", [11, 28], ["sorted": .int(0)], [floats(3, 1, 3)], gives: floats(3, 1), integers(0, 1),
      integers(0, 1, 0), integers(2, 1)),
    VersionCase(
      "Unique", [11, 28], ["axis": .int(1)], [floats([2, 3], 3, 1, 3, 4, 2, 4)], gives: floats([2, 2], 1, 3, 2, 4),
      integers(1, 0), integers(1, 0, 1), integers(1, 2)),
  ]
}
