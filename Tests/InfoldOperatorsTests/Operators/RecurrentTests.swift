import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// LSTM, GRU and RNN.
@Suite struct RecurrentTests {
  /// An operator in both directions, with two sequences of three and two positions and a hidden size of two.
  struct Use: Sendable, CustomTestStringConvertible {
    let name: String
    let inputs: [Numbers]
    let outputs: [Numbers]
    var testDescription: String { name }
  }

  /// The numbers come from ONNX Runtime.
  static let uses = [
    Use(
      name: "LSTM",
      inputs: [
        floats([3, 2, 2], 0, 0, 0.5, 1, -1, -0.75, 0.75, 1, -0.5, -0.5, 0.75, -0.25),
        floats(
          [2, 8, 2], -0.5, 0.75, -0.5, -0.25, 0.25, 0, -1, -1, 0.75, 0.5, 0.75, 0, 0.75, -0.5, 0, 0.75, -0.75, -0.5,
          -0.75, 0, 1, -0.75, -0.25, -0.25, 1, -0.75, 0, -0.5, -1, 0.5, -1, -0.5),
        floats(
          [2, 8, 2], 0, 0, -0.75, 1, 0.5, 1, -1, 0.5, -0.5, 0, 1, -0.5, 0.5, -0.75, -0.5, 1, -0.25, 0, -0.5, -0.75,
          -0.25, 0.25, 0, 0.5, -0.25, 0.25, 0.5, 1, -0.25, -1, 0.5, 0),
        floats(
          [2, 16], 0.75, 0, -0.25, -1, 0, 0.25, 0.5, 0.75, -0.75, 0.25, 0.75, -0.5, -0.25, 0.75, 0.25, 0, 0.5, 0, 1,
          0.5, -1, -0.75, 0, 0.75, -1, 0.5, 0.5, 0.75, 0.75, -0.75, 0, 0.75),
        integers(3, 2).of(.int32),
        floats([2, 2, 2], -0.25, -0.75, 0, -1, -0.75, 0.75, 0.5, 0.75),
        floats([2, 2, 2], 0.75, 0.75, -0.5, 0, 0.25, -0.5, 1, -1),
        floats([2, 6], 0.75, 0.25, -0.5, 0.5, -0.25, 0.75, 1, -0.5, 0, -0.75, 0.5, 0.25),
      ],
      outputs: [
        floats(
          [3, 2, 2, 2], 0.213848621, 0.130323082, 0.0498206317, 0.00315985782, -0.120264761, 0.423775166, 0.0864721909,
          0.178040683, 0.20145759, 0.345376283, 0.287086815, 0.0187522918, 0.0943248793, 0.539823234, 0.245899379,
          -0.0265577659, 0.208325937, 0.341622382, 0, 0, -0.0510839894, 0.406986028, 0, 0),
        floats(
          [2, 2, 2], 0.208325937, 0.341622382, 0.287086815, 0.0187522918, -0.120264761, 0.423775166, 0.0864721909,
          0.178040683),
        floats(
          [2, 2, 2], 0.327514231, 0.892506957, 0.507493377, 0.452075481, -0.145284832, 0.65543592, 0.113477811,
          0.277573168),
      ]),
    Use(
      name: "GRU",
      inputs: [
        floats([3, 2, 2], 0.75, 0.75, 1, 1, 1, -0.75, -1, 0, -0.25, 1, 0.75, -0.25),
        floats(
          [2, 6, 2], 0.25, 0.25, 1, -1, 0, 0.5, 0, 1, 1, 0.75, 0, 0.75, -1, 0.25, -0.5, -0.5, 0.5, 0.5, 0.75, -0.75,
          0.75, 0.75, -0.5, -1),
        floats(
          [2, 6, 2], 0.5, 0.75, 0, -0.75, -0.75, -0.25, 0.5, -0.5, -1, 0.5, 0.5, -0.75, 0.25, -0.25, 0, -1, 0.25, -0.5,
          0, -0.25, 0.25, -1, -0.25, 0.25),
        floats(
          [2, 12], 0.5, -0.25, -1, 0.5, 0, 0.25, -0.75, -0.25, 0.75, 0.75, -0.5, 0.25, -1, 0.75, -0.5, -0.25, 1, 0,
          0.75, -0.75, 0.5, 1, -1, -0.5),
        integers(3, 2).of(.int32),
        floats([2, 2, 2], -0.75, -0.5, -0.5, -1, 1, -0.5, 1, 0.5),
      ],
      outputs: [
        floats(
          [3, 2, 2, 2], 0.26344353, 0.196042821, 0.392909884, -0.149202824, 0.882128716, -0.802514553, 0.781086683,
          -0.696644068, 0.100387596, 0.118333675, -0.407923937, 0.436068088, 0.792546391, -0.630002677, 0.496480882,
          0.232114464, 0.0519429184, 0.734641254, 0, 0, 0.914078951, -0.698511302, 0, 0),
        floats(
          [2, 2, 2], 0.0519429184, 0.734641254, -0.407923937, 0.436068088, 0.882128716, -0.802514553, 0.781086683,
          -0.696644068),
      ]),
    Use(
      name: "RNN",
      inputs: [
        floats([3, 2, 2], -0.75, 0.5, 0.5, -0.75, -0.75, -0.25, -1, -0.25, 0, 0.25, 0.25, 0),
        floats([2, 2, 2], -0.75, 0.25, 0, 0.75, 0.5, 0.5, 0.25, -0.25),
        floats([2, 2, 2], -0.5, 0, 0.25, -0.25, -0.75, -1, -1, -0.75),
        floats([2, 4], -0.25, -0.5, -0.75, -0.5, 0.5, -0.5, 1, 0.25),
        integers(3, 2).of(.int32),
        floats([2, 2, 2], -0.75, 1, 0.75, 0.5, -0.75, 0.75, 0.5, 0.5),
      ],
      outputs: [
        floats(
          [3, 2, 2, 2], 0.0624188185, -0.786618829, -0.959335268, -0.905148268, 0.954641104, -0.352829874, 0.97758317,
          0.611416221, -0.486305058, -0.750998199, 0.165627718, -0.833973587, 0.42555666, -0.825845778, 0, -0.864906609,
          -0.600767672, -0.632952392, 0, 0, 0.893193364, -0.124352992, 0, 0),
        floats(
          [2, 2, 2], -0.600767672, -0.632952392, 0.165627718, -0.833973587, 0.954641104, -0.352829874, 0.97758317,
          0.611416221),
      ]),
  ]

  @Test(arguments: uses) func runsInBothDirections(use: Use) throws {
    let results = try evaluate(
      use.name, opset: 22, attributes: ["direction": .text("bidirectional")], use.inputs.map { try $0.tensor() },
      outputs: use.outputs.count)
    for (result, expected) in zip(results, use.outputs) {
      let difference = try expected.difference(from: result)
      #expect(difference == nil)
    }
  }

  /// With the batch first, the same numbers are in other places.
  @Test(arguments: uses) func takesTheBatchFirst(use: Use) throws {
    var inputs: [Tensor?] = try use.inputs.map { try $0.tensor() }
    for index in [0, 5, 6] where index < inputs.count {
      inputs[index] = try evaluate("Transpose", opset: 13, attributes: ["perm": .ints([1, 0, 2])], [inputs[index]])[0]
    }
    let results = try evaluate(
      use.name, opset: 22, attributes: ["direction": .text("bidirectional"), "layout": .int(1)], inputs,
      outputs: use.outputs.count)
    for (index, result) in results.enumerated() {
      let order: [Int64] = index == 0 ? [1, 2, 0, 3] : [1, 0, 2]
      let sequenceFirst = try evaluate("Transpose", opset: 13, attributes: ["perm": .ints(order)], [result])[0]
      let difference = try use.outputs[index].difference(from: sequenceFirst)
      #expect(difference == nil)
    }
  }

  /// An RNN of one step is its activation. The numbers come from ONNX Runtime, for −1.5, 0.5 and 2.
  @Test(
    arguments: [
      ("Relu", 0, 0, [0.0, 0.5, 2.0]), ("Tanh", 0, 0, [-0.905148268, 0.462117195, 0.964027524]),
      ("sigmoid", 0, 0, [0.182425514, 0.622459352, 0.880797029]), ("Affine", 0.5, 0.25, [-0.5, 0.5, 1.25]),
      ("LeakyRelu", 0.75, 0, [-1.125, 0.5, 2.0]), ("ThresholdedRelu", 0.75, 0, [0.0, 0.0, 2.0]),
      ("ScaledTanh", 0.5, 0.25, [-0.179178715, 0.0621765256, 0.231058598]),
      ("HardSigmoid", 0.5, 0.25, [0.0, 0.5, 1.0]), ("Elu", 0.75, 0, [-0.58265239, 0.5, 2.0]),
      ("Softsign", 0, 0, [-0.6, 0.333333333, 0.666666667]), ("Softplus", 0, 0, [0.201413333, 0.974076986, 2.12692809]),
    ] as [(String, Float, Float, [Double])])
  func activates(name: String, alpha: Float, beta: Float, expected: [Double]) throws {
    var attributes: AttributeList = ["activations": .strings([Array(name.utf8)])]
    if alpha != 0 { attributes["activation_alpha"] = .floats([alpha]) }
    if beta != 0 { attributes["activation_beta"] = .floats([beta]) }
    let y = try evaluate(
      "RNN", opset: 14, attributes: attributes,
      [
        Tensor(shape: [1, 3, 1], [-1.5, 0.5, 2] as [Float]), Tensor(shape: [1, 1, 1], [1 as Float]),
        Tensor(zeros: [1, 1, 1], of: .float32),
      ])
    let difference = try Numbers(type: .float32, shape: [1, 1, 3, 1], values: expected).difference(from: y[0])
    #expect(difference == nil)
  }

  private func code(
    _ name: String = "RNN", _ attributes: AttributeList = [:], lengths: [Int32]? = nil, x: [Int] = [2, 1, 3],
    recurrent: [Int] = [1, 4, 4]
  ) throws -> InfoldError.Code? {
    try errorCode {
      _ = try evaluate(
        name, opset: 14, attributes: attributes,
        [
          Tensor(zeros: x, of: .float32), Tensor(zeros: [1, 4, 3], of: .float32),
          Tensor(zeros: recurrent, of: .float32),
          nil, lengths.map { try Tensor(shape: [$0.count], $0) },
        ])
    }
  }

  @Test func refusesWhatDoesNotFit() throws {
    #expect(try code() == nil)
    #expect(try code("RNN", ["hidden_size": .int(3)]) == .invalidModel)
    #expect(try code("RNN", ["hidden_size": .int(0)]) == .invalidModel)
    #expect(try code("RNN", ["direction": .text("bidirectional")]) == .invalidModel)
    #expect(try code("RNN", ["direction": .text("foward")]) == .invalidModel)
    #expect(try code("RNN", x: [2, 1, 2]) == .invalidModel)
    #expect(try code("RNN", x: [2, 3]) == .invalidModel)
    #expect(try code("RNN", recurrent: [1, 4, 2]) == .invalidModel)
    #expect(try code("GRU") == .invalidModel)
    #expect(try code("LSTM") == .invalidModel)
    #expect(try code(lengths: [2]) == nil)
    #expect(try code(lengths: [0]) == nil)
    #expect(try code(lengths: [3]) == .invalidModel)
    #expect(try code(lengths: [-1]) == .invalidModel)
    #expect(try code(lengths: [1, 1]) == .invalidModel)
  }

  @Test func refusesActivationsThatAreNone() throws {
    func activations(_ names: String...) -> AttributeList { ["activations": .strings(names.map { Array($0.utf8) })] }
    #expect(try code("RNN", activations("Tanh")) == nil)
    #expect(try code("RNN", activations("Tanh", "Tanh")) == nil)
    #expect(try code("RNN", activations("Tanh", "Tanh", "Tanh")) == .invalidModel)
    #expect(try code("RNN", activations("Gelu")) == .invalidModel)
    #expect(try code("RNN", ["clip": .float(-1)]) == .invalidModel)
    #expect(try code("RNN", ["clip": .float(.nan)]) == .invalidModel)
    #expect(try code("RNN", ["activation_alpha": .floats([1])]) == .invalidModel)
  }

  @Test func keepsSymbols() throws {
    let types = [
      TensorType(.float16, ["S", "N", 3]), TensorType(.float16, [1, 4, 3]), TensorType(.float16, [1, 4, 4]),
    ]
    #expect(
      try infer("RNN", opset: 22, types, outputs: 2)
        == [TensorType(.float16, ["S", 1, "N", 4]), TensorType(.float16, [1, "N", 4])])
  }

  @Test func refusesPositionsWithoutElements() throws {
    let code = try errorCode {
      _ = try evaluate(
        "RNN", opset: 22,
        [
          Tensor(zeros: [1 << 50, 1, 0], of: .float32), Tensor(zeros: [1, 1, 0], of: .float32),
          Tensor(zeros: [1, 1, 1], of: .float32),
        ])
    }
    #expect(code == .invalidModel)
  }
}
