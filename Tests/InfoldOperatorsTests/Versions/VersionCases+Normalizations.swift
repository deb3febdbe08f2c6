import InfoldGraph
import InfoldOperators

extension VersionCase {
  static let normalizations = batchNormalizations + otherNormalizations + softmax

  /// Including ε, the deviations are 2 and 1.
  private static func inference(_ versions: [Int], _ more: AttributeList) -> VersionCase {
    var attributes: AttributeList = ["epsilon": .float(0.25)]
    for entry in more.entries { attributes[entry.name] = entry.value }
    return VersionCase(
      "BatchNormalization", versions, attributes,
      [floats([1, 2, 1, 2], 1, 3, 5, 9), floats(2, 1), floats(1, 0), floats(1, 5), floats(3.75, 0.75)],
      gives: floats([1, 2, 1, 2], 1, 3, 0, 4))
  }

  /// One number per activation: the deviations are 2 and 4.
  private static func perActivation(_ versions: [Int], _ more: AttributeList) -> VersionCase {
    var attributes: AttributeList = ["epsilon": .float(0.25), "spatial": .int(0)]
    for entry in more.entries { attributes[entry.name] = entry.value }
    return VersionCase(
      "BatchNormalization", versions, attributes,
      [
        floats([1, 2, 1, 1], 3, 7), floats([2, 1, 1], 1, 2), floats([2, 1, 1], 0, 1), floats([2, 1, 1], 1, 3),
        floats([2, 1, 1], 3.75, 15.75),
      ],
      gives: floats([1, 2, 1, 1], 1, 3))
  }

  private static let batch: [Numbers?] = [
    floats([2, 1, 1, 1], 1, 3), floats(1), floats(0), floats(10), floats(3),
  ]

  /// The batch has a mean of 2 and a variance of 1; the running statistics are 10 and 3.
  private static let training: [VersionCase] = [
    VersionCase(
      "BatchNormalization", [1], ["epsilon": .float(3), "momentum": .float(0.5), "consumed_inputs": .ints([0])], batch,
      gives: floats([2, 1, 1, 1], -0.5, 0.5), floats(6), floats(2), floats(2), floats(1)),
    VersionCase(
      "BatchNormalization", [6, 7, 9], ["epsilon": .float(3), "momentum": .float(0.5)], batch,
      gives: floats([2, 1, 1, 1], -0.5, 0.5), floats(6), floats(2), floats(2), floats(1)),
    VersionCase(
      "BatchNormalization", [14, 15],
      ["epsilon": .float(3), "momentum": .float(0.5), "training_mode": .int(1)], batch,
      gives: floats([2, 1, 1, 1], -0.5, 0.5), floats(6), floats(2)),
  ]

  private static let batchNormalizations =
    [
      inference([1], ["is_test": .int(1), "consumed_inputs": .ints([0, 0, 0, 1, 1])]),
      inference([6], ["is_test": .int(1)]),
      inference([7, 9, 14, 15], [:]),
      perActivation([1], ["consumed_inputs": .ints([0, 0, 0, 1, 1])]),
      perActivation([6, 7], [:]),
    ] + training

  private static let otherNormalizations = [
    VersionCase(
      "InstanceNormalization", [1], ["epsilon": .float(3), "consumed_inputs": .ints([0])],
      [floats([1, 1, 2], 1, 3), floats(2), floats(1)], gives: floats([1, 1, 2], 0, 2)),
    VersionCase(
      "InstanceNormalization", [6, 22], ["epsilon": .float(3)], [floats([1, 1, 2], 1, 3), floats(2), floats(1)],
      gives: floats([1, 1, 2], 0, 2)),
    VersionCase(
      "LayerNormalization", [1, 17], ["axis": .int(1), "epsilon": .float(3), "stash_type": .int(16)],
      [floats([1, 2, 2], 1, 1, 3, 3), floats([2, 2], 1, 2, 1, 2), floats([2, 1], 0, 1)],
      gives: floats([1, 2, 2], -0.5, -1, 1.5, 2), floats([1, 1, 1], 2).of(.bfloat16),
      floats([1, 1, 1], 0.5).of(.bfloat16)),
    // The sums of squares are 5, 14 and 13.
    VersionCase(
      "LRN", [1, 13], ["alpha": .float(3), "beta": .float(1), "bias": .float(3), "size": .int(3)],
      [floats([1, 3, 1], 1, 2, 3)], gives: floats([1, 3, 1], 0.125, 0.117647059, 0.1875)),
  ]

  private static let softmax = [
    VersionCase(
      "Softmax", [1, 11], ["axis": .int(0)], [floats([2, 2], 0, 0, 0, 0)],
      gives: floats([2, 2], 0.25, 0.25, 0.25, 0.25)),
    VersionCase(
      "Softmax", [13], ["axis": .int(0)], [floats([2, 2], 0, 1.09861229, 0, 0)],
      gives: floats([2, 2], 0.5, 0.75, 0.5, 0.25)),
    VersionCase(
      "LogSoftmax", [1, 11], ["axis": .int(0)], [floats([2, 2], 0, 0, 0, 0)],
      gives: floats([2, 2], -1.38629436, -1.38629436, -1.38629436, -1.38629436)),
    VersionCase(
      "LogSoftmax", [13], ["axis": .int(0)], [floats([2, 2], 0, 1.09861229, 0, 0)],
      gives: floats([2, 2], -0.693147181, -0.287682072, -0.693147181, -1.38629436)),
  ]
}
