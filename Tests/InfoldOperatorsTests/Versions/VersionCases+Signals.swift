import InfoldOperators

extension VersionCase {
  /// Spectra, and the operators that are used before and after them.
  static let signals = spectra + windowFunctions + blocks

  private static let spectra = [
    VersionCase(
      "DFT", [17, 20], ["onesided": .int(1)], [floats([1, 4, 1], 1, 2, 3, 4)],
      gives: floats([1, 3, 2], 10, 0, -2, 2, -2, 0)),
    VersionCase(
      "DFT", [17], ["axis": .int(0)], [floats([2, 2, 1], 1, 2, 3, 4)],
      gives: floats([2, 2, 2], 4, 0, 6, 0, -2, 0, -2, 0)),
    VersionCase(
      "DFT", [20], [floats([2, 2, 1], 1, 2, 3, 4), nil, integers([], 0)],
      gives: floats([2, 2, 2], 4, 0, 6, 0, -2, 0, -2, 0)),
    VersionCase(
      "DFT", [17, 20], ["inverse": .int(1)], [floats([1, 2, 2], 1, 0, 0, 1)],
      gives: floats([1, 2, 2], 0.5, 0.5, 0.5, -0.5)),
    VersionCase(
      "DFT", [17, 20], ["inverse": .int(1), "onesided": .int(1)],
      [floats([1, 3, 2], 1, 2, 3, 4, 5, 6), integers([], 5)],
      gives: floats([1, 5, 1], 3.4, -3.9795883, 1.1892929, -1.4948658, 1.8851614)),
    VersionCase(
      "STFT", [17], ["onesided": .int(0)], [floats([1, 4, 1], 1, 2, 3, 4), integers([], 1), nil, integers([], 3)],
      gives: floats(
        [1, 2, 3, 2], 6, 0, -1.5, 0.8660254, -1.5, -0.8660254, 9, 0, -1.5, 0.8660254, -1.5, -0.8660254)),
    VersionCase(
      "STFT", [17], [floats([1, 4, 2], 1, 2, 3, 4, 5, 6, 7, 8), integers([], 1), floats(1, 0.5, 2)],
      gives: floats([1, 2, 2, 2], 12.5, 16, -13.4102545, 2.3612158, 19.5, 23, -16.50833, 4.459292)),
  ]

  private static let windowFunctions = [
    VersionCase("HannWindow", [17], [integers([], 4)], gives: floats(0, 0.5, 1, 0.5)),
    VersionCase(
      "HannWindow", [17], ["periodic": .int(0), "output_datatype": .int(7)], [integers([], 3)], gives: integers(0, 1, 0)
    ),
    VersionCase(
      "HammingWindow", [17], ["periodic": .int(0), "output_datatype": .int(11)], [integers([], 4)],
      gives: floats(4.0 / 46, 35.5 / 46, 35.5 / 46, 4.0 / 46).of(.float64)),
    VersionCase(
      "BlackmanWindow", [17], ["periodic": .int(0), "output_datatype": .int(11)], [integers([], 5)],
      gives: floats(0, 0.34, 1, 0.34, 0).of(.float64)),
    VersionCase(
      "MelWeightMatrix", [17], ["output_datatype": .int(7)],
      [integers([], 2), integers([], 16), integers([], 8000), floats([], 0), floats([], 4000)],
      gives: integers([9, 2], 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
  ]

  private static let blocks = [
    VersionCase(
      "Col2Im", [18], ["dilations": .ints([2, 1]), "strides": .ints([1, 2]), "pads": .ints([0, 1, 0, 1])],
      [floats([1, 4, 2], 0, 1, 2, 3, 4, 5, 6, 7), integers(3, 2), integers(2, 2)],
      gives: floats([1, 1, 3, 2], 2, 1, 0, 0, 6, 5)),
    VersionCase(
      "Col2Im", [18], ["strides": .ints([3])], [floats([1, 3, 2], 0, 1, 2, 3, 4, 5), integers(6), integers(3)],
      gives: floats([1, 1, 6], 0, 2, 4, 1, 3, 5)),
  ]

  /// Bitwise operations on integers.
  static let bits = [
    VersionCase("BitwiseAnd", [18], [integers(12, -1), integers(10)], gives: integers(8, 10)),
    VersionCase("BitwiseOr", [18], [integers(12, -1), integers(10)], gives: integers(14, -1)),
    VersionCase("BitwiseXor", [18], [integers(12, -1), integers(10)], gives: integers(6, -11)),
    VersionCase("BitwiseNot", [18], [integers(12, -1)], gives: integers(-13, 0)),
    VersionCase(
      "BitShift", [11, 28], ["direction": .text("LEFT")],
      [integers(129, 3, 1).of(.uint8), integers(1, 7, 8).of(.uint8)], gives: integers(2, 128, 0).of(.uint8)),
    VersionCase(
      "BitShift", [28], ["direction": .text("RIGHT")], [integers(-8, 7, -8, 7), integers(1, 1, -1, 64)],
      gives: integers(-4, 3, -1, 0)),
  ]
}
