import InfoldOperators

extension VersionCase {
  /// Interpolation between elements, and sums of products.
  static let sampling = grids + regions + deformations + equations

  private static let grids = [
    VersionCase(
      "GridSample", [16], ["mode": .text("nearest"), "padding_mode": .text("border"), "align_corners": .int(1)],
      [floats([1, 1, 1, 3], 1, 2, 3), floats([1, 1, 2, 2], 0.4, 0, -5, 0)], gives: floats([1, 1, 1, 2], 2, 1)),
    // Without aligned corners, 0.4 would be position 1.6.
    VersionCase(
      "GridSample", [20, 22],
      ["mode": .text("nearest"), "padding_mode": .text("border"), "align_corners": .int(1)],
      [floats([1, 1, 3], 1, 2, 3), floats([1, 2, 1], 0.4, -5)], gives: floats([1, 1, 2], 2, 1)),
    VersionCase(
      "GridSample", [16, 20, 22], ["padding_mode": .text("reflection")],
      [floats([1, 1, 1, 2], 1, 3), floats([1, 1, 2, 2], 0, 0, 2, 0)], gives: floats([1, 1, 1, 2], 2, 2)),
    VersionCase(
      "AffineGrid", [20], ["align_corners": .int(1)], [floats([1, 2, 3], 1, 0, 0, 0, 2, 0.5), integers(1, 1, 2, 2)],
      gives: floats([1, 2, 2, 2], -1, -1.5, 1, -1.5, -1, 2.5, 1, 2.5)),
  ]

  private static let regions = [
    VersionCase(
      "RoiAlign", [10],
      [
        "mode": .text("max"), "output_height": .int(2), "output_width": .int(2), "sampling_ratio": .int(1),
        "spatial_scale": .float(0.5),
      ],
      [
        floats([1, 1, 4, 4], 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16), floats([1, 4], 0, 0, 6, 6),
        integers(0),
      ], gives: floats([1, 1, 2, 2], 3.375, 3.9375, 5.625, 6.1875)),
    VersionCase(
      "RoiAlign", [16, 22],
      [
        "coordinate_transformation_mode": .text("output_half_pixel"), "output_height": .int(2),
        "sampling_ratio": .int(1),
        "spatial_scale": .float(0.5), "mode": .text("avg"),
      ],
      [floats([1, 1, 4, 1], 1, 2, 3, 4), floats([1, 4], 0, 0, 0, 8), integers(0)], gives: floats([1, 1, 2, 1], 2, 4)),
    VersionCase(
      "RoiAlign", [16, 22],
      [
        "coordinate_transformation_mode": .text("output_half_pixel"), "mode": .text("max"), "output_height": .int(2),
        "output_width": .int(2), "sampling_ratio": .int(1), "spatial_scale": .float(0.5),
      ],
      [
        floats([1, 1, 4, 4], 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16), floats([1, 4], 0, 0, 6, 6),
        integers(0),
      ], gives: floats([1, 1, 2, 2], 3.375, 3.9375, 5.625, 6.1875)),
  ]

  private static let deformations = [
    VersionCase(
      "DeformConv", [19, 22],
      [
        "strides": .ints([2, 1]), "pads": .ints([1, 0, 0, 0]), "dilations": .ints([2, 1]),
        "kernel_shape": .ints([2, 1]),
        "group": .int(2), "offset_group": .int(2),
      ],
      [
        floats([1, 2, 4, 1], 1, 2, 3, 4, 5, 6, 7, 8), floats([2, 1, 2, 1], 1, 10, 1, 1),
        floats([1, 8, 2, 1], 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
      ], gives: floats([1, 2, 2, 1], 20, 42, 6, 14))
  ]

  private static let equations = [
    VersionCase(
      "Einsum", [12, 28], ["equation": .text("ij, jk -> ki")], [floats([1, 2], 1, 2), floats([2, 2], 3, 4, 5, 6)],
      gives: floats([2, 1], 13, 16))
  ]
}
