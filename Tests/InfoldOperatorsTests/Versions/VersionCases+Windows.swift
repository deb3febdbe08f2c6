import InfoldGraph
import InfoldOperators

extension VersionCase {
  /// Convolutions, pools and matrix products.
  static let windows =
    convolutions + transposedConvolutions + averagePools + maxPools + lpPools + globalPools + products

  private static let convolutions = [
    // 1 … 5 and 1 … 16 padded with zeros, with a dilation of 2.
    VersionCase(
      "Conv", [1, 11, 22],
      [
        "kernel_shape": .ints([2]), "strides": .ints([2]), "dilations": .ints([2]), "pads": .ints([1, 1]),
        "group": .int(2),
      ],
      [
        floats([1, 2, 5], 1, 2, 3, 4, 5, 1, 2, 4, 8, 16), floats([2, 1, 2], 1, 1, 1, -1), floats(0, 100),
      ],
      gives: floats([1, 2, 3], 2, 6, 4, 98, 94, 108)),
    VersionCase(
      "Conv", [1, 11, 22], ["auto_pad": .text("SAME_LOWER")], [floats([1, 1, 3], 1, 2, 3), floats([1, 1, 2], 1, 10)],
      gives: floats([1, 1, 3], 10, 21, 32)),
  ]

  private static let transposedConvolutions = [
    VersionCase(
      "ConvTranspose", [1, 11, 22],
      [
        "kernel_shape": .ints([2]), "strides": .ints([2]), "dilations": .ints([2]), "pads": .ints([1, 1]),
        "output_padding": .ints([1]), "group": .int(2),
      ],
      [floats([1, 2, 2], 1, 2, 3, 4), floats([2, 1, 2], 1, 10, 1, -1)],
      gives: floats([1, 2, 4], 0, 12, 0, 20, 0, 1, 0, -4)),
    VersionCase(
      "ConvTranspose", [1, 11, 22], ["strides": .ints([2]), "auto_pad": .text("SAME_LOWER")],
      [floats([1, 1, 2], 1, 2), floats([1, 1, 3], 1, 10, 100)], gives: floats([1, 1, 4], 10, 102, 20, 200)),
    VersionCase(
      "ConvTranspose", [1, 11, 22], ["strides": .ints([2]), "output_shape": .ints([4])],
      [floats([1, 1, 2], 1, 2), floats([1, 1, 3], 1, 10, 100)], gives: floats([1, 1, 4], 10, 102, 20, 200)),
  ]

  private static let averagePools = [
    VersionCase(
      "AveragePool", [1, 7, 10, 11, 19, 22],
      ["kernel_shape": .ints([2]), "strides": .ints([2]), "pads": .ints([1, 1])], [floats([1, 1, 4], 1, 2, 3, 4)],
      gives: floats([1, 1, 3], 1, 2.5, 4)),
    VersionCase(
      "AveragePool", [7, 10, 11, 19, 22],
      ["kernel_shape": .ints([2]), "strides": .ints([2]), "pads": .ints([1, 1]), "count_include_pad": .int(1)],
      [floats([1, 1, 4], 1, 2, 3, 4)], gives: floats([1, 1, 3], 0.5, 2.5, 2)),
    VersionCase(
      "AveragePool", [1, 7, 10, 11, 19, 22], ["kernel_shape": .ints([2]), "auto_pad": .text("SAME_LOWER")],
      [floats([1, 1, 3], 1, 2, 3)], gives: floats([1, 1, 3], 1, 1.5, 2.5)),
    VersionCase(
      "AveragePool", [10, 11, 19, 22], ["kernel_shape": .ints([2]), "strides": .ints([2]), "ceil_mode": .int(1)],
      [floats([1, 1, 5], 1, 2, 3, 4, 5)], gives: floats([1, 1, 3], 1.5, 3.5, 5)),
    VersionCase(
      "AveragePool", [19, 22], ["kernel_shape": .ints([2]), "dilations": .ints([2])],
      [floats([1, 1, 4], 1, 2, 3, 4)], gives: floats([1, 1, 2], 2, 3)),
  ]

  private static let maxPools = [
    VersionCase(
      "MaxPool", [1, 8, 10, 11, 12, 22],
      ["kernel_shape": .ints([2]), "strides": .ints([2]), "pads": .ints([1, 1])],
      [floats([1, 1, 4], -1, -3, -2, -4)], gives: floats([1, 1, 3], -1, -2, -4)),
    VersionCase(
      "MaxPool", [1, 8, 10, 11, 12, 22], ["kernel_shape": .ints([2]), "auto_pad": .text("SAME_LOWER")],
      [floats([1, 1, 3], 3, 1, 2)], gives: floats([1, 1, 3], 3, 3, 2)),
    VersionCase(
      "MaxPool", [8, 10, 11, 12, 22], ["kernel_shape": .ints([2, 2]), "storage_order": .int(1)],
      [floats([1, 1, 2, 2], 1, 3, 2, 0)], gives: floats([1, 1, 1, 1], 3), integers([1, 1, 1, 1], 2)),
    VersionCase(
      "MaxPool", [10, 11, 12, 22], ["kernel_shape": .ints([2]), "strides": .ints([2]), "ceil_mode": .int(1)],
      [floats([1, 1, 5], 1, 2, 3, 4, 5)], gives: floats([1, 1, 3], 2, 4, 5)),
    VersionCase(
      "MaxPool", [10, 11, 12, 22], ["kernel_shape": .ints([2]), "dilations": .ints([2])],
      [floats([1, 1, 4], 1, 5, 2, 3)], gives: floats([1, 1, 2], 2, 5)),
  ]

  /// `p` is a FLOAT in opset 1, later an INT.
  private static let lpPools =
    [([1], Attribute.float(1)), ([2, 11, 18, 22], .int(1))].flatMap { versions, p in
      [
        VersionCase(
          "LpPool", versions,
          ["kernel_shape": .ints([2]), "strides": .ints([2]), "pads": .ints([1, 1]), "p": p],
          [floats([1, 1, 4], 1, -2, 3, -4)], gives: floats([1, 1, 3], 1, 5, 4)),
        VersionCase(
          "LpPool", versions, ["kernel_shape": .ints([2]), "auto_pad": .text("SAME_LOWER"), "p": p],
          [floats([1, 1, 3], 1, 2, 3)], gives: floats([1, 1, 3], 1, 3, 5)),
      ]
    } + [
      VersionCase(
        "LpPool", [18, 22], ["kernel_shape": .ints([2]), "strides": .ints([2]), "ceil_mode": .int(1)],
        [floats([1, 1, 3], 3, 4, 5)], gives: floats([1, 1, 2], 5, 5)),
      VersionCase(
        "LpPool", [18, 22], ["kernel_shape": .ints([2]), "dilations": .ints([2])], [floats([1, 1, 4], 3, 5, 4, 12)],
        gives: floats([1, 1, 2], 5, 13)),
    ]

  private static let globalPools = [
    VersionCase("GlobalAveragePool", [1, 22], [floats([1, 2, 2], 1, 2, 3, 5)], gives: floats([1, 2, 1], 1.5, 4)),
    VersionCase("GlobalMaxPool", [1, 22], [floats([1, 2, 2], 1, 2, 5, 3)], gives: floats([1, 2, 1], 2, 5)),
  ]

  /// 2 · [1 2] · [1 0 1; 0 1 1] + ½ · [2 4 6].
  private static let products =
    [
      ([1, 6], ["broadcast": .int(1)] as AttributeList), ([7, 9, 11, 13], [:]),
    ].map { (versions: [Int], broadcast: AttributeList) in
      var attributes: AttributeList = [
        "alpha": .float(2), "beta": .float(0.5), "transA": .int(1), "transB": .int(1),
      ]
      attributes["broadcast"] = broadcast["broadcast"]
      return VersionCase(
        "Gemm", versions, attributes, [floats([2, 1], 1, 2), floats([3, 2], 1, 0, 0, 1, 1, 1), floats(2, 4, 6)],
        gives: floats([1, 3], 3, 6, 9))
    } + [
      VersionCase(
        "MatMul", [1, 9, 13], [floats([1, 2], 1, 2), floats([2, 2, 1], 3, 4, 5, 6)], gives: floats([2, 1, 1], 11, 17))
    ]
}
