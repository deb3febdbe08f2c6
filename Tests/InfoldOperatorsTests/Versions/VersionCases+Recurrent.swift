import InfoldGraph
import InfoldOperators

extension VersionCase {
  /// Recurrent operators with a hidden size of one over two positions. The numbers come from ONNX Runtime.
  static let recurrent = lstm + gru + rnn

  private static let x = floats([2, 1, 1], 1, -2)
  private static let state = floats([1, 1, 1], 0.5)

  /// The attributes, followed by those that only some versions have.
  private static func attributes(_ activations: [String], _ alphas: [Float], _ more: AttributeList = [:])
    -> AttributeList
  {
    var attributes: AttributeList = [
      "direction": .text("reverse"), "activations": .strings(activations.map { Array($0.utf8) }),
      "activation_alpha": .floats(alphas), "activation_beta": .floats(alphas.count > 1 ? [0.5, 0.25] : [0.25]),
      "clip": .float(1.5), "hidden_size": .int(1),
    ]
    for entry in more.entries { attributes[entry.name] = entry.value }
    return attributes
  }

  private static let sequence: AttributeList = ["output_sequence": .int(1)]

  private static func lstm(_ versions: [Int], _ more: AttributeList = [:]) -> VersionCase {
    VersionCase(
      "LSTM", versions, attributes(["HardSigmoid", "Affine", "LeakyRelu"], [0.25, 0.5, 0.125], more),
      [
        x, floats([1, 4, 1], 0.5, -0.5, 1, 2), floats([1, 4, 1], 1, 0.5, -1, 0.25),
        floats([1, 8], 0.1, 0.2, 0.3, 0.4, 0, 0, 0, 0), nil, state, floats([1, 1, 1], -1),
        floats([1, 3], 0.5, 0.25, -0.5),
      ], gives: floats([2, 1, 1, 1], 0.170730934, -0.0277624503), floats([1, 1, 1], 0.170730934),
      floats([1, 1, 1], 0.383249223))
  }

  private static let lstm = [
    lstm([1], sequence), lstm([7, 14, 22]),
    VersionCase(
      "LSTM", [1, 7, 14, 22], ["input_forget": .int(1)],
      [
        x, floats([1, 4, 1], 0.5, -0.5, 1, 2), floats([1, 4, 1], 1, 0.5, -1, 0.25),
        floats([1, 8], 0.1, 0.2, 0.3, 0.4, 0, 0, 0, 0),
      ], gives: floats([2, 1, 1, 1], 0.238978133, 0.0621425249), floats([1, 1, 1], 0.0621425249),
      floats([1, 1, 1], 0.0789148808)),
    VersionCase(
      "LSTM", [14, 22], ["input_forget": .int(1), "layout": .int(1)],
      [
        floats([1, 2, 1], 1, -2), floats([1, 4, 1], 0.5, -0.5, 1, 2), floats([1, 4, 1], 1, 0.5, -1, 0.25),
        floats([1, 8], 0.1, 0.2, 0.3, 0.4, 0, 0, 0, 0),
      ], gives: floats([1, 2, 1, 1], 0.238978133, 0.0621425249)),
  ]

  private static let gruWeights = [
    floats([1, 3, 1], 0.5, -0.5, 2), floats([1, 3, 1], 1, 0.5, 0.25), floats([1, 6], 0.1, 0.2, 0.3, 0, 0, 0.5), nil,
    state,
  ]

  private static func gru(_ versions: [Int], _ more: AttributeList = [:]) -> VersionCase {
    VersionCase(
      "GRU", versions, attributes(["HardSigmoid", "Affine"], [0.25, 0.5], more), [x] + gruWeights,
      gives: floats([2, 1, 1, 1], 0.3125, -0.1), floats([1, 1, 1], 0.3125))
  }

  private static let gru = [
    gru([1, 3], sequence), gru([7, 14, 22]),
    VersionCase(
      "GRU", [3, 7, 14, 22], ["linear_before_reset": .int(1)], [x] + gruWeights,
      gives: floats([2, 1, 1, 1], 0.62215507, -0.298847377), floats([1, 1, 1], -0.298847377)),
    VersionCase(
      "GRU", [14, 22], ["layout": .int(1)], [floats([1, 2, 1], 1, -2)] + gruWeights,
      gives: floats([1, 2, 1, 1], 0.623240232, -0.29754582), floats([1, 1, 1], -0.29754582)),
  ]

  private static let rnnWeights = [
    floats([1, 1, 1], 2), floats([1, 1, 1], 0.5), floats([1, 2], 0.25, 0.5), nil, state,
  ]

  private static func rnn(_ versions: [Int], _ more: AttributeList = [:]) -> VersionCase {
    VersionCase(
      "RNN", versions, attributes(["Affine"], [0.5], more), [x] + rnnWeights,
      gives: floats([2, 1, 1, 1], 1, -0.5), floats([1, 1, 1], 1))
  }

  private static let rnn = [
    rnn([1], sequence), rnn([7, 14, 22]),
    VersionCase(
      "RNN", [14, 22], ["layout": .int(1)], [floats([1, 2, 1], 1, -2)] + rnnWeights,
      gives: floats([1, 2, 1, 1], 0.995054841, -0.991899729), floats([1, 1, 1], -0.991899729)),
  ]
}
