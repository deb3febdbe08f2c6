import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport

extension AxisUses {
  /// Operators that move elements.
  mutating func addMovements() throws {
    let x = try floats(batch, 4, 3, 2)
    add("Transpose", 13, ["perm": .list(0, 2, 1, 3)], [x])
    add("Transpose", 13, ["perm": .list(2, 0, 3, 1)], [x])
    add("Transpose", 13, [:], [x])
    add("Concat", 13, ["axis": .int(1)], [x, try floats(batch, 1, 3, 2), try floats(batch, 2, 3, 2)])
    add("Concat", 13, ["axis": .int(0)], [x, try floats(2, 4, 3, 2)])
    add("Concat", 13, ["axis": .int(-1)], [x, x])
    add("Split", 11, ["axis": .int(1), "split": .list(1, 3)], [x], outputs: 2)
    add("Split", 13, ["axis": .int(-3)], [x, try list(3, 1)], outputs: 2)
    add("Gather", 13, ["axis": .int(1)], [x, try Tensor(shape: [2, 2], [3, 0, -1, 3] as [Int64])])
    add("Gather", 13, ["axis": .int(0)], [try floats(5, 2), try integers(batch, 3)])
    add("Gather", 13, ["axis": .int(1)], [x, try Tensor(scalar: Int64(2))])
    add("Tile", 13, [:], [x, try list(1, 2, 1, 3)])
    add("Tile", 13, [:], [x, try list(2, 1, 1, 1)])
    add("Expand", 13, [:], [x, try list(1)])
    add("Expand", 13, [:], [try floats(batch, 1, 3), try list(5, batch, 2, 3)])
    add("Expand", 13, [:], [try floats(batch, 1, 3), try list(1, 2, 1)])
    add("ChannelShuffle", 1, ["groups": .int(2)], [x])
    add("DepthToSpace", 13, ["blocksize": .int(2)], [x])
    add("SpaceToDepth", 13, ["blocksize": .int(2)], [try floats(batch, 3, 4, 2)])
    add("Trilu", 14, [:], [x, try Tensor(scalar: Int64(-1))])
    add("Trilu", 14, [:], [try floats(batch, 3)], isMixing: true)
    for mode in ["constant", "reflect", "edge", "wrap"] {
      let attributes: AttributeList = ["mode": .text(mode)]
      add("Pad", 19, attributes, [x, try list(0, 0, 1, 1, 0, 0, 2, 0)])
      add("Pad", 19, attributes, [x, try list(0, 1, 0, 1, 0, 0, 0, 0)])
    }
    add("Pad", 19, [:], [x, try list(1, 1, 0, 0, -1, 0, 1, 1)], isMixing: true)
    add("Pad", 18, [:], [x, try list(1, 2), nil, try list(-1)])
    add("Pad", 2, ["pads": .list(0, 0, 1, 0, 0, 0, 0, 1)], [x])
    add("Slice", 13, [:], [x, try list(1, 0), try list(3, 9), try list(1, 2)])
    add("Slice", 13, [:], [x, try list(-1), try list(-9), try list(1), try list(-2)])
    add("Slice", 13, [:], [x, try list(0, 1), try list(batch, 3), try list(0, 1)])
    add("Slice", 13, [:], [x, try list(-batch), try list(Int.max), try list(0)])
    add("Slice", 13, [:], [x, try list(-1, 1), try list(Int.min, 3), try list(0, 1), try list(-1, 1)])
    add("Slice", 13, [:], [x, try list(0), try list(-1), try list(2)])
    add("Slice", 1, ["starts": .list(1), "ends": .list(3), "axes": .list(1)], [x])
  }

  /// Operators that change only the shape.
  mutating func addShapes() throws {
    let x = try floats(batch, 4, 3, 2)
    for axis in [1, 2, -1, 4] {
      add("Flatten", 13, ["axis": .int(Int64(axis))], [x], isMixing: axis == 4 || axis == 2 && batch > 1)
    }
    add("Flatten", 13, ["axis": .int(0)], [x], isMixing: batch > 1)
    add("Squeeze", 13, [:], [try floats(batch, 1, 3, 1), try list(1, -1)])
    add("Squeeze", 11, ["axes": .list(1)], [try floats(batch, 1, 3)])
    add("Squeeze", 13, [:], [try floats(batch, 1, 3)], isMixing: true)
    add("Unsqueeze", 13, [:], [x, try list(1, -1)])
    add("Unsqueeze", 11, ["axes": .list(0)], [x])
    for sizes in [
      [batch, -1], [batch, 12, 2], [-1, 4, 6], [0, 0, -1], [1, batch, 24], [batch, 4, 1, 3, 2], [0, 2, 2, 3, 2],
      [batch, 4, -1, 2], [0, 4, 1, 6],
    ] {
      add("Reshape", 13, [:], [x, try Tensor(shape: [sizes.count], sizes.map { Int64($0) })])
    }
    // If the batch is 2, the last axis is unchanged.
    add("Reshape", 13, [:], [x, try list(24, batch)], isMixing: batch != 2)
    add("Reshape", 14, ["allowzero": .int(1)], [x, try list(batch, 24)])
    // The 0 copies the size of an axis that ends up elsewhere.
    add("Reshape", 13, [:], [try floats(2, 2, 3), try list(1, 0, 2, 3)])
    for sizes in [[batch, 24], [-1, 24], [0, 24], [0, 4, 6], [2 * batch, 12]] {
      add(
        "Reshape", 1, ["shape": .ints(sizes.map { Int64($0) })], [x],
        isMixing: sizes[0] == batch && batch > 1 && sizes[1] == 24 || sizes[0] == 2 * batch)
    }
  }

  /// Operators that resize images.
  mutating func addResizing() throws {
    let x = try floats(batch, 3, 4, 2)
    let scales = try Tensor(shape: [4], [1, 1, 2, 1.5] as [Float])
    for mode in ["nearest", "linear", "cubic"] {
      for transformation in ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"] {
        let attributes: AttributeList = [
          "mode": .text(mode), "coordinate_transformation_mode": .text(transformation),
        ]
        add("Resize", 13, attributes, [x, nil, scales])
        add("Resize", 13, attributes, [x, nil, nil, try list(batch, 3, 7, 2)])
      }
    }
    let region = try Tensor(shape: [8], [0, 0, 0.2, 0, 1, 1, 0.7, 1] as [Float])
    let cropped: AttributeList = [
      "mode": .text("linear"), "coordinate_transformation_mode": .text("tf_crop_and_resize"),
    ]
    add("Resize", 13, cropped, [x, region, scales])
    let batchCrop = try Tensor(shape: [8], [0, 0, 0, 0, 0.5, 0.5, 0.5, 0.5] as [Float])
    add("Resize", 13, cropped, [x, batchCrop, scales], isMixing: true)
    add(
      "Resize", 18, ["axes": .list(3, 2), "antialias": .int(1), "mode": .text("linear")], [x, nil, nil, try list(5, 2)])
    let ratio: AttributeList = ["axes": .list(2, 3), "keep_aspect_ratio_policy": .text("not_larger")]
    add("Resize", 18, ratio, [x, nil, nil, try list(8, 3)])
    add(
      "Resize", 18, ["keep_aspect_ratio_policy": .text("not_larger")], [x, nil, nil, try list(batch, 3, 4, 2)],
      isMixing: true)
    add("Resize", 10, [:], [x, scales])
    add("Upsample", 9, ["mode": .text("linear")], [x, scales])
    add("Upsample", 7, ["scales": .floats([1, 1, 2, 2])], [x])
    add("Upsample", 7, ["scales": .floats([2, 2, 2, 2])], [x], isMixing: true)
  }
}
