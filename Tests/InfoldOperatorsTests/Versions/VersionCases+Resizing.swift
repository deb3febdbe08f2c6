import InfoldOperators

extension VersionCase {
  static let resizing = resize10 + resize11 + resize18 + upsample

  private static let resize10 = [
    VersionCase("Resize", [10], ["mode": .text("linear")], [floats(0, 4), floats(2)], gives: floats(0, 2, 4, 4)),
    VersionCase("Resize", [10], [floats(0, 4), floats(1.5)], gives: floats(0, 0, 4)),
  ]

  private static let since11 = [11, 13, 18, 19]

  private static let resize11 = [
    VersionCase(
      "Resize", since11,
      ["mode": .text("linear"), "coordinate_transformation_mode": .text("align_corners")],
      [floats(0, 3), floats([0]), floats(2)], gives: floats(0, 1, 2, 3)),
    VersionCase(
      "Resize", since11,
      ["nearest_mode": .text("ceil"), "coordinate_transformation_mode": .text("asymmetric")],
      [floats(1, 2), floats([0]), floats(2)], gives: floats(1, 2, 2, 2)),
    // Halfway between two elements, the weights are −1/16, 9/16, 9/16, −1/16.
    VersionCase(
      "Resize", since11,
      [
        "mode": .text("cubic"), "cubic_coeff_a": .float(-0.5), "coordinate_transformation_mode": .text("asymmetric"),
      ],
      [floats(1, 2, 4, 8), floats([0]), floats(2)], gives: floats(1, 1.375, 2, 2.8125, 4, 6.125, 8, 8.25)),
    VersionCase(
      "Resize", since11,
      [
        "mode": .text("cubic"), "cubic_coeff_a": .float(-0.5), "exclude_outside": .int(1),
        "coordinate_transformation_mode": .text("asymmetric"),
      ],
      [floats(1, 2, 4, 8), floats([0]), floats(2)], gives: floats(1, 1.35294118, 2, 2.8125, 4, 6.23529412, 8, 8.5)),
    // The region is twice as long as the input: positions 0, 2 and 4, where the input has 0 to 2.
    VersionCase(
      "Resize", since11,
      ["coordinate_transformation_mode": .text("tf_crop_and_resize"), "extrapolation_value": .float(9)],
      [floats(1, 2, 3), floats(0, 2), floats([0]), integers(3)], gives: floats(1, 3, 9)),
  ]

  private static let resize18 = [
    // Elements at distances of 1/2 and 3/2 have weights of 3/4 and 1/4. The border element counts once for each position beyond it.
    VersionCase(
      "Resize", [18, 19], ["mode": .text("linear"), "antialias": .int(1)], [floats(0, 4, 8, 12), nil, floats(0.5)],
      gives: floats(2.5, 9.5)),
    VersionCase(
      "Resize", [18, 19], ["axes": .ints([1])], [floats([1, 2], 1, 2), nil, floats(2)],
      gives: floats([1, 4], 1, 1, 2, 2)),
    VersionCase(
      "Resize", [18, 19], ["keep_aspect_ratio_policy": .text("not_larger")],
      [floats([1, 2], 1, 2), nil, nil, integers(3, 4)], gives: floats([2, 4], 1, 1, 2, 2, 1, 1, 2, 2)),
    VersionCase(
      "Resize", [19],
      ["mode": .text("linear"), "coordinate_transformation_mode": .text("half_pixel_symmetric")],
      [floats(0, 4), nil, floats(2)], gives: floats(0, 1, 3, 4)),
  ]

  private static let upsample = [
    VersionCase(
      "Upsample", [1], ["mode": .text("bilinear"), "height_scale": .float(1), "width_scale": .float(2)],
      [floats([1, 1, 1, 2], 0, 4)], gives: floats([1, 1, 1, 4], 0, 2, 4, 4)),
    VersionCase(
      "Upsample", [7], ["mode": .text("linear"), "scales": .floats([1, 2])], [floats([1, 2], 0, 4)],
      gives: floats([1, 4], 0, 2, 4, 4)),
    VersionCase(
      "Upsample", [9], ["mode": .text("linear")], [floats([1, 2], 0, 4), floats(1, 2)],
      gives: floats([1, 4], 0, 2, 4, 4)),
    VersionCase(
      "Upsample", [1], ["height_scale": .float(1), "width_scale": .float(1.5)], [floats([1, 1, 1, 2], 0, 4)],
      gives: floats([1, 1, 1, 3], 0, 0, 4)),
    VersionCase("Upsample", [7], ["scales": .floats([1.5])], [floats(0, 4)], gives: floats(0, 0, 4)),
    VersionCase("Upsample", [9], [floats(0, 4), floats(1.5)], gives: floats(0, 0, 4)),
  ]
}
