import InfoldOperators

extension VersionCase {
  /// Normalizations over groups, norms and axes, and related pools.
  static let groupNormalizations = [
    // The groups have means of 2 and 10. Including ε, the deviations are 2 and 2.
    VersionCase(
      "GroupNormalization", [18], ["num_groups": .int(2), "epsilon": .float(3)],
      [floats([1, 4, 1], 1, 3, 9, 11), floats(2, 4), floats(0, 1)], gives: floats([1, 4, 1], -1, 1, -1, 3)),
    VersionCase(
      "GroupNormalization", [21], ["num_groups": .int(2), "epsilon": .float(3), "stash_type": .int(10)],
      [floats([1, 4, 1], 1, 3, 9, 11), floats(2, 4, 6, 8), floats(0, 1, 2, 3)],
      gives: floats([1, 4, 1], -1, 3, -1, 7)),
    VersionCase(
      "LpNormalization", [1, 22], ["axis": .int(0), "p": .int(1)], [floats([2, 2], 1, -2, 3, 2)],
      gives: floats([2, 2], 0.25, -0.5, 0.75, 0.5)),
    VersionCase(
      "MeanVarianceNormalization", [9, 13], ["axes": .ints([1])], [floats([2, 2], 1, 3, 5, 9)],
      gives: floats([2, 2], -1, 1, -1, 1)),
    VersionCase(
      "MeanVarianceNormalization", [9, 13], [floats([1, 1, 1, 2], 1, 3)], gives: floats([1, 1, 1, 2], -1, 1)),
    // The mean square is 7, and 9 with ε.
    VersionCase(
      "RMSNormalization", [23], ["axis": .int(0), "epsilon": .float(2), "stash_type": .int(11)],
      [floats([2, 2], 1, 1, 1, 5), floats(3, 6)], gives: floats([2, 2], 1, 2, 1, 10)),
    VersionCase(
      "GlobalLpPool", [1], ["p": .float(1)], [floats([1, 1, 2], 1, -3)], gives: floats([1, 1, 1], 4)),
    VersionCase(
      "GlobalLpPool", [2, 22], ["p": .int(1)], [floats([1, 1, 2], 1, -3)], gives: floats([1, 1, 1], 4)),
    VersionCase(
      "MaxUnpool", [9, 11, 22], ["kernel_shape": .ints([2]), "strides": .ints([2]), "pads": .ints([0, 1])],
      [floats([1, 1, 2], 7, 8), integers([1, 1, 2], 2, 0)], gives: floats([1, 1, 3], 8, 0, 7)),
  ]
}
