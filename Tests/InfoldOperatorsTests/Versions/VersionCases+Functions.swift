import InfoldOperators

extension VersionCase {
  static let trigonometry = [
    VersionCase("Acos", [7, 22], [floats(0, 0.5)], gives: floats(1.57079633, 1.04719755)),
    VersionCase("Acosh", [9, 22], [floats(1, 2)], gives: floats(0, 1.3169579)),
    VersionCase("Asin", [7, 22], [floats(0, 0.5)], gives: floats(0, 0.523598776)),
    VersionCase("Asinh", [9, 22], [floats(0, 0.5)], gives: floats(0, 0.481211825)),
    VersionCase("Atan", [7, 22], [floats(0, 0.5)], gives: floats(0, 0.463647609)),
    VersionCase("Atanh", [9, 22], [floats(0, 0.5)], gives: floats(0, 0.549306144)),
    VersionCase("Cos", [7, 22], [floats(0, 0.5)], gives: floats(1, 0.877582562)),
    VersionCase("Cosh", [9, 22], [floats(0, 0.5)], gives: floats(1, 1.12762597)),
    VersionCase("Sin", [7, 22], [floats(0, 0.5)], gives: floats(0, 0.479425539)),
    VersionCase("Sinh", [9, 22], [floats(0, 0.5)], gives: floats(0, 0.521095305)),
    VersionCase("Tan", [7, 22], [floats(0, 0.5)], gives: floats(0, 0.54630249)),
  ]

  /// Operators that classify numbers, and replace those of a kind.
  static let kinds = [
    VersionCase("Celu", [12, 28], ["alpha": .float(2)], [floats(3, -1)], gives: floats(3, -0.78693868)),
    VersionCase(
      "Shrink", [9], ["bias": .float(0.25), "lambd": .float(1)], [floats(-2, -1, 1, 2)],
      gives: floats(-1.75, 0, 0, 1.75)),
    VersionCase("ThresholdedRelu", [10, 22], ["alpha": .float(2)], [floats(-1, 1.5, 3)], gives: floats(0, 0, 3)),
    VersionCase(
      "IsInf", [10, 20], ["detect_negative": .int(0)], [floats(-.infinity, 0, .infinity, .nan)],
      gives: bools(0, 0, 1, 0)),
    VersionCase(
      "IsInf", [10, 20], ["detect_positive": .int(0)], [floats(-.infinity, 0, .infinity, .nan)],
      gives: bools(1, 0, 0, 0)),
    VersionCase("IsNaN", [9, 13, 20], [floats(-.infinity, 0, .nan)], gives: bools(0, 0, 1)),
    VersionCase("CastLike", [15], [floats(-1.5, 2.5), integers(0)], gives: integers(-1, 2)),
    VersionCase(
      "CastLike", [19, 21, 23], ["saturate": .int(0)], [floats(-1.5, 2.5), integers(0)], gives: integers(-1, 2)),
    VersionCase(
      "CastLike", [24, 25], ["saturate": .int(0), "round_mode": .text("down")], [floats(-1.5, 2.5), integers(0)],
      gives: integers(-1, 2)),
    VersionCase(
      "Hardmax", [1, 11], ["axis": .int(0)], [floats([2, 2], 1, 3, 2, 3)], gives: floats([2, 2], 0, 1, 0, 0)),
    VersionCase("Hardmax", [13], ["axis": .int(0)], [floats([2, 2], 1, 3, 2, 3)], gives: floats([2, 2], 0, 1, 1, 0)),
  ]

  static let matrices = [
    VersionCase(
      "Trilu", [14], ["upper": .int(0)], [floats([2, 3], 1, 2, 3, 4, 5, 6), integers([], 1)],
      gives: floats([2, 3], 1, 2, 0, 4, 5, 6)),
    VersionCase(
      "EyeLike", [9, 22], ["dtype": .int(7), "k": .int(-1)], [floats([2, 3], 1, 2, 3, 4, 5, 6)],
      gives: integers([2, 3], 0, 0, 0, 1, 0, 0)),
    VersionCase(
      "CumSum", [11, 14], ["exclusive": .int(1), "reverse": .int(1)],
      [floats([2, 3], 1, 2, 3, 4, 5, 6), integers([], -1)], gives: floats([2, 3], 5, 3, 0, 11, 6, 0)),
    VersionCase("Det", [11, 22], [floats([2, 2, 2], 1, 2, 3, 4, 0, 2, 3, 1)], gives: floats(-2, -6)),
  ]
}
