import InfoldOperators
import InfoldTensor

extension VersionCase {
  /// Operators that create constants and shapes, or move elements.
  static let shapes = sources + rearrangements + parts + views

  private static let sources = [
    VersionCase(
      "Constant", [1, 9, 11, 12, 13, 19, 21, 23, 24, 25], ["value": .tensor(list(3, 4))], [], gives: integers(3, 4)),
    VersionCase("Constant", [12, 13, 19, 21, 23, 24, 25], ["value_int": .int(3)], [], gives: integers([], 3)),
    VersionCase("Constant", [12, 13, 19, 21, 23, 24, 25], ["value_ints": .ints([3, 4])], [], gives: integers(3, 4)),
    VersionCase("Constant", [12, 13, 19, 21, 23, 24, 25], ["value_float": .float(3)], [], gives: floats([], 3)),
    VersionCase(
      "Constant", [12, 13, 19, 21, 23, 24, 25], ["value_floats": .floats([3, 4])], [], gives: floats(3, 4)),
    VersionCase(
      "ConstantOfShape", [9, 20, 21, 23, 24, 25], ["value": .tensor(list(7))], [integers(1, 2)],
      gives: integers([1, 2], 7, 7)),
    VersionCase("Range", [11, 27], [integers([], 5), integers([], 0), integers([], -2)], gives: integers(5, 3, 1)),
    // 3 · 683 + 2⁻²⁴ is 2049 in float32, and slightly more in float64. Near 2049, float16 has only even numbers.
    VersionCase(
      "Range", [27], ["stash_type": .int(11)],
      [floats([], 0x1p-24).of(.float16), floats([], 2050).of(.float16), floats([], 683).of(.float16)],
      gives: floats(0x1p-24, 683, 1366, 2050).of(.float16)),
    VersionCase("Shape", [1, 13], [floats([2, 1, 2], 1, 2, 3, 4)], gives: integers(2, 1, 2)),
    VersionCase(
      "Shape", [15, 19, 21, 23, 24, 25], ["start": .int(1), "end": .int(-1)], [floats([2, 1, 2], 1, 2, 3, 4)],
      gives: integers(1)),
    VersionCase("Size", [1, 13, 19, 21, 23, 24, 25], [floats([2, 1, 2], 1, 2, 3, 4)], gives: integers([], 4)),
  ]

  private static func list(_ elements: Int64...) -> Tensor {
    try! Tensor(shape: [elements.count], elements)
  }

  private static let depth = floats([1, 8, 1, 1], 0, 1, 2, 3, 4, 5, 6, 7)
  private static let plane = floats([1, 2, 2, 2], 0, 1, 2, 3, 4, 5, 6, 7)

  private static let rearrangements = [
    VersionCase(
      "DepthToSpace", [1], ["blocksize": .int(2)], [depth], gives: floats([1, 2, 2, 2], 0, 2, 4, 6, 1, 3, 5, 7)),
    VersionCase(
      "DepthToSpace", [11, 13, 28], ["blocksize": .int(2), "mode": .text("CRD")], [depth], gives: plane),
    VersionCase(
      "SpaceToDepth", [1, 13], ["blocksize": .int(2)], [plane],
      gives: floats([1, 8, 1, 1], 0, 4, 1, 5, 2, 6, 3, 7)),
    VersionCase("SpaceToDepth", [28], ["blocksize": .int(2), "mode": .text("CRD")], [plane], gives: depth),
    VersionCase(
      "Transpose", [1, 13, 21, 23, 24, 25], ["perm": .ints([0, 2, 1])], [floats([1, 2, 2], 1, 2, 3, 4)],
      gives: floats([1, 2, 2], 1, 3, 2, 4)),
    VersionCase("Tile", [1], [floats([1, 2], 1, 2), floats(2), floats(1)], gives: floats([1, 4], 1, 2, 1, 2)),
    VersionCase("Tile", [6, 13], [floats([1, 2], 1, 2), integers(2, 1)], gives: floats([2, 2], 1, 2, 1, 2)),
    VersionCase("Expand", [8, 13], [floats([2, 1], 1, 2), integers(2)], gives: floats([2, 2], 1, 1, 2, 2)),
  ]

  private static let parts =
    [
      VersionCase(
        "Concat", [1, 4, 11, 13], ["axis": .int(0)], [floats([1, 1], 1), floats([1, 1], 2)],
        gives: floats([2, 1], 1, 2)),
      VersionCase(
        "Gather", [1, 11, 13], ["axis": .int(1)], [floats([2, 2], 1, 2, 3, 4), integers(1)],
        gives: floats([2, 1], 2, 4)),
      VersionCase(
        "ScatterND", [11, 13, 16, 18], [floats(1, 2, 3), integers([1, 1], 2), floats(9)], gives: floats(1, 2, 9)),
      VersionCase(
        "ScatterND", [16, 18], ["reduction": .text("mul")], [floats(1, 2, 3), integers([1, 1], -1), floats(9)],
        gives: floats(1, 2, 27)),
      VersionCase(
        "ScatterND", [18], ["reduction": .text("min")], [floats(1, 2, 3), integers([2, 1], 0, 2), floats(9, 0)],
        gives: floats(1, 2, 0)),
      VersionCase(
        "Slice", [1], ["starts": .ints([1]), "ends": .ints([3]), "axes": .ints([1])], [floats([1, 4], 1, 2, 3, 4)],
        gives: floats([1, 2], 2, 3)),
      VersionCase(
        "Slice", [10, 11, 13], [floats([1, 4], 1, 2, 3, 4), integers(3), integers(-9), integers(1), integers(-2)],
        gives: floats([1, 2], 4, 2)),
      VersionCase(
        "Split", [1, 2, 11], ["axis": .int(1), "split": .ints([1, 2])], [floats([1, 3], 1, 2, 3)],
        gives: floats([1, 1], 1), floats([1, 2], 2, 3)),
      VersionCase(
        "Split", [1], ["axis": .int(1)], [floats([1, 3], 1, 2, 3), floats(1, 2)],
        gives: floats([1, 1], 1), floats([1, 2], 2, 3)),
      VersionCase(
        "Split", [13, 18], ["axis": .int(1)], [floats([1, 3], 1, 2, 3), integers(1, 2)],
        gives: floats([1, 1], 1), floats([1, 2], 2, 3)),
      VersionCase(
        "Split", [18], ["axis": .int(1), "num_outputs": .int(2)], [floats([1, 3], 1, 2, 3)],
        gives: floats([1, 2], 1, 2), floats([1, 1], 3)),
    ] + pads

  private static let pads = [
    VersionCase(
      "Pad", [1], ["paddings": .ints([1, 0]), "value": .float(9)], [floats(1, 2, 3)], gives: floats(9, 1, 2, 3)),
    VersionCase(
      "Pad", [1], ["paddings": .ints([1, 0]), "mode": .text("reflect")], [floats(1, 2, 3)], gives: floats(2, 1, 2, 3)),
    VersionCase(
      "Pad", [2], ["pads": .ints([1, 0]), "value": .float(9)], [floats(1, 2, 3)], gives: floats(9, 1, 2, 3)),
    VersionCase(
      "Pad", [2], ["pads": .ints([1, 0]), "mode": .text("edge")], [floats(1, 2, 3)], gives: floats(1, 1, 2, 3)),
    VersionCase(
      "Pad", [11, 13, 18, 19, 21, 23, 24, 25], [floats(1, 2, 3), integers(-1, 1), floats([], 9)],
      gives: floats(2, 3, 9)),
    VersionCase(
      "Pad", [11, 13, 18, 19, 21, 23, 24, 25], ["mode": .text("reflect")], [floats(1, 2, 3), integers(1, 0)],
      gives: floats(2, 1, 2, 3)),
    VersionCase(
      "Pad", [18, 19, 21, 23, 24, 25], ["mode": .text("edge")],
      [floats([1, 2], 1, 2), integers(1, 0), nil, integers(-1)],
      gives: floats([1, 3], 1, 1, 2)),
    VersionCase(
      "Pad", [19, 21, 23, 24, 25], ["mode": .text("wrap")], [floats(1, 2, 3), integers(1, 0)],
      gives: floats(3, 1, 2, 3)),
  ]

  private static let views = [
    VersionCase("Cast", [1], ["to": .text("INT64")], [floats(-1.5, 2)], gives: integers(-1, 2)),
    VersionCase("Cast", [6, 9, 13], ["to": .int(7)], [floats(-1.5, 2)], gives: integers(-1, 2)),
    VersionCase(
      "Cast", [19, 21, 23], ["to": .int(7), "saturate": .int(0)], [floats(-1.5, 2)], gives: integers(-1, 2)),
    VersionCase(
      "Cast", [24, 25, 28], ["to": .int(7), "saturate": .int(0), "round_mode": .text("down")], [floats(-1.5, 2)],
      gives: integers(-1, 2)),
    VersionCase(
      "Dropout", [1], ["is_test": .int(1), "ratio": .float(0.25), "consumed_inputs": .ints([0])], [floats(1, 2)],
      gives: floats(1, 2), floats(1, 1)),
    VersionCase(
      "Dropout", [1], ["ratio": .float(0), "consumed_inputs": .ints([0])], [floats(1, 2)], gives: floats(1, 2)),
    VersionCase(
      "Dropout", [6], ["is_test": .int(1), "ratio": .float(0.25)], [floats(1, 2)], gives: floats(1, 2), floats(1, 1)),
    VersionCase("Dropout", [6], ["ratio": .float(0)], [floats(1, 2)], gives: floats(1, 2)),
    VersionCase("Dropout", [7], ["ratio": .float(0.25)], [floats(1, 2)], gives: floats(1, 2), floats(1, 1)),
    VersionCase("Dropout", [10], ["ratio": .float(0.25)], [floats(1, 2)], gives: floats(1, 2), bools(1, 1)),
    VersionCase(
      "Dropout", [12, 13, 22], ["seed": .int(3)],
      [floats(1, 2), floats([], 0.25), Numbers(type: .bool, shape: [], values: [0])], gives: floats(1, 2), bools(1, 1)),
    VersionCase(
      "Flatten", [1, 9, 11, 13, 21, 23, 24, 25], ["axis": .int(2)], [floats([1, 2, 2], 1, 2, 3, 4)],
      gives: floats([2, 2], 1, 2, 3, 4)),
    VersionCase(
      "Identity", [1, 13, 14, 16, 19, 21, 23, 24, 25], [floats([1, 2], 1, 2)], gives: floats([1, 2], 1, 2)),
    VersionCase(
      "Reshape", [1], ["shape": .ints([-1, 2]), "consumed_inputs": .ints([0])], [floats(1, 2, 3, 4)],
      gives: floats([2, 2], 1, 2, 3, 4)),
    VersionCase(
      "Reshape", [5, 13], [floats([1, 4], 1, 2, 3, 4), integers(0, 2, -1)], gives: floats([1, 2, 2], 1, 2, 3, 4)),
    VersionCase(
      "Reshape", [14, 19, 21, 23, 24, 25], ["allowzero": .int(1)], [floats([0, 3]), integers(3, 0)],
      gives: floats([3, 0])),
    VersionCase(
      "Squeeze", [1, 11], ["axes": .ints([1])], [floats([1, 1, 2], 1, 2)], gives: floats([1, 2], 1, 2)),
    VersionCase(
      "Squeeze", [13, 21, 23, 24, 25], [floats([1, 1, 2], 1, 2), integers(-2)], gives: floats([1, 2], 1, 2)),
    VersionCase("Unsqueeze", [1, 11], ["axes": .ints([1])], [floats(1, 2)], gives: floats([2, 1], 1, 2)),
    VersionCase("Unsqueeze", [13, 21, 23, 24, 25], [floats(1, 2), integers(-1)], gives: floats([2, 1], 1, 2)),
  ]
}
