import InfoldGraph
import InfoldOperators

extension VersionCase {
  /// Attention, and RotaryEmbedding for its operands.
  static let attention = [
    VersionCase(
      "Attention", [23, 24, 25],
      [
        "q_num_heads": .int(2), "kv_num_heads": .int(1), "is_causal": .int(1), "scale": .float(0.5),
        "softcap": .float(1.5), "qk_matmul_output_mode": .int(1),
      ],
      [
        floats([1, 2, 4], 1.25, 1.25, 0, -0.75, -1.75, -0.5, -0.25, -1.75),
        floats([1, 2, 2], -1.75, 2, 0.5, -1),
        floats([1, 2, 2], -0.25, 2, 1.5, 1.5),
      ],
      gives: floats([1, 2, 4], -0.25, 2, -0.25, 2, 0.193274707, 1.87335014, 1.2716521, 1.56524229),
      floats([1, 1, 2, 2], -1.75, 2, 0.5, -1),
      floats([1, 1, 2, 2], -0.25, 2, 1.5, 1.5),
      floats(
        [1, 2, 2, 2], 0.155687273, -0.308055997, 0.894560337, -0.186529517, -0.693175673, 0.367377967, -1.1553086,
        0.741372824)),
    VersionCase(
      "Attention", [23, 24, 25], [:],
      [
        floats([1, 1, 2, 2], -0.5, -0, 0.75, -1.75),
        floats([1, 1, 2, 2], 0.25, -1, 1.5, -1.75),
        floats([1, 1, 2, 1], 0.75, 1.5),
        integers([1, 3], 1, 0, 1).of(.bool),
        floats([1, 1, 1, 2], -1, 1.5),
        floats([1, 1, 1, 1], 1.5),
      ],
      gives: floats([1, 1, 2, 1], 1.5, 1.5),
      floats([1, 1, 3, 2], -1, 1.5, 0.25, -1, 1.5, -1.75),
      floats([1, 1, 3, 1], 1.5, 0.75, 1.5)),
    VersionCase(
      "Attention", [23, 24, 25], ["softmax_precision": .int(10), "qk_matmul_output_mode": .int(3)],
      [
        floats([1, 1, 1, 1], -2),
        floats([1, 1, 3, 1], 0.75, -2, 0),
        floats([1, 1, 3, 1], -0.25, -1.25, -0.75),
        floats([2], 1.25, -0.75),
      ],
      gives: floats([1, 1, 1, 1], -1.22070694),
      floats([1, 1, 3, 1], 0.75, -2, 0),
      floats([1, 1, 3, 1], -0.25, -1.25, -0.75),
      floats([1, 1, 1, 3], 0.0293121338, 0.970703125, 0)),
    VersionCase(
      "Attention", [24, 25], ["is_causal": .int(1)],
      [
        floats([2, 1, 2, 1], -1.5, 0.75, -0.25, 1.25),
        floats([2, 1, 3, 1], -1, -0.75, 1.25, 0, 0, -1),
        floats([2, 1, 3, 2], -2, 1.75, -1.75, 1.5, -0.5, 1.75, -0.5, 1.75, 0.25, -1, 1, 0.75),
        nil,
        nil,
        nil,
        integers([2], 1, 3),
      ],
      gives: floats([2, 1, 2, 2], 0, 0, -2, 1.75, -0.125, 0.375, 0.0159653202, 0.421988428)),
    VersionCase(
      "Attention", [25], ["left_window_size": .int(1), "right_window_size": .int(0)],
      [
        floats([1, 1, 4, 1], 0.75, -0.25, -1, 0.5),
        floats([1, 1, 4, 1], -1.5, 0.75, 0.5, -0.5),
        floats([1, 1, 4, 1], 1.25, -1.25, -0.5, 1.25),
      ],
      gives: floats([1, 1, 4, 1], 1.25, 0.342576981, -0.828367591, 0.160696179)),
    VersionCase(
      "RotaryEmbedding", [23], ["num_heads": .int(2), "rotary_embedding_dim": .int(2)],
      [
        floats([1, 2, 6], -0.5, 0.75, 0.5, 1.75, 2, 1, 1.25, -1.5, 0.75, 1.5, -0.5, 0.25),
        floats([3, 1], -0, 1.75, -0.75),
        floats([3, 1], -0.5, -2, -0.25),
        integers([1, 2], 2, 0),
      ],
      gives: floats([1, 2, 6], 0.5625, -0.4375, 0.5, -0.8125, -1.9375, 1, -0.75, -0.625, 0.75, -0.25, -0.75, 0.25)),
    VersionCase(
      "RotaryEmbedding", [23], ["interleaved": .int(1)],
      [
        floats([1, 1, 2, 4], 0.5, 1.75, 1.75, -0.75, 2, -1.25, 1.25, -1.25),
        floats([1, 2, 2], -0.5, -1.75, 1.5, 1.25),
        floats([1, 2, 2], -1.5, 0, -1, -0),
      ],
      gives: floats([1, 1, 2, 4], 2.375, -1.625, -3.0625, 1.3125, 1.75, -3.875, 1.5625, -1.5625)),
  ]
}
