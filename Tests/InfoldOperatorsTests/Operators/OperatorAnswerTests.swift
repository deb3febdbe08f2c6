import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// What operators declare in addition to their definition.
@Suite struct OperatorAnswerTests {
  private static let all = OperatorRegistry.standard.ownOperators + OperatorRegistry.internalOperators.all

  /// Operators of no family.
  private static let others = [
    // Their bodies determine what they compute.
    "If", "Loop", "DataDependentRegion",
    // They create tensors from nothing, or from a shape.
    "BlackmanWindow", "HammingWindow", "HannWindow", "MelWeightMatrix",
    "Constant", "ConstantOfShape", "EyeLike", "Range",
    // It chooses boxes.
    "NonMaxSuppression",
  ]

  @Test func everyOperatorHasAFamily() {
    #expect(Set(Self.all.filter { $0.family == .other }.map { $0.name }) == Set(Self.others))
    let families: [(OperatorFamily, [String])] = [
      (.product, ["Conv", "MatMul", "LSTM", "QLinearGemm"]), (.normalization, ["LRN", "ScaleShift"]),
      (.activation, ["Relu", "PRelu", "Erf", "Hardmax"]),
      (.arithmetic, ["Add", "Sin", "IsNaN", "Where", "QLinearAdd"]),
      (.pool, ["MaxPool", "GlobalLpPool", "ReduceLogSumExp", "ArgMin"]),
      (.movement, ["Concat", "Pad", "ChannelShuffle"]),
      (.quantization, ["QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"]),
    ]
    for (family, names) in families {
      for name in names { #expect(Self.all.first { $0.name == name }?.family == family, "\(name)") }
    }
  }

  /// A node of an operator without attributes.
  private func operation(_ opType: String, inputs: Int, _ attributes: AttributeList = [:]) throws -> any Operator {
    var graph = Graph()
    let inputs = (0..<inputs).map { graph.addInput("input\($0)", TensorType(.float32, nil)) }
    let output = graph.add(Value(name: "output"))
    let node = try Node(
      opType: opType, opsetVersion: 13, attributes: attributes, inputs: inputs, outputs: [output])
    return try #require(node.typed)
  }

  /// The elements are unchanged, in the same order.
  @Test func whatKeepsElementsDoes() throws {
    let x = try Tensor(shape: [1, 2, 3], [1, -2, 3, -4, 5, 6] as [Float])
    let others: [String: Tensor] = [
      "Reshape": try Tensor(shape: [2], [3, 2] as [Int64]), "Unsqueeze": try Tensor(shape: [1], [1] as [Int64]),
      "Squeeze": try Tensor(shape: [1], [0] as [Int64]),
    ]
    let keeping = Self.all.filter { $0.keepsElements }
    #expect(keeping.count == 7)
    for type in keeping {
      let attributes: AttributeList = type.name == "Cast" ? ["to": .int(Int64(ElementType.float64.rawValue))] : [:]
      let inputs = [x] + (others[type.name].map { [$0] } ?? [])
      let y = try evaluate(type.name, opset: 13, attributes: attributes, inputs)[0]
      #expect(try y?.numbers() == x.numbers(), "\(type.name)")
    }
  }

  /// Each element occurs once.
  @Test func whatRearrangesElementsDoes() throws {
    let x = try Tensor(shape: [1, 2, 3], [1, -2, 3, -4, 5, 6] as [Float])
    let others: [String: Tensor] = [
      "Reshape": try Tensor(shape: [2], [3, 2] as [Int64]), "Unsqueeze": try Tensor(shape: [1], [1] as [Int64]),
      "Squeeze": try Tensor(shape: [1], [0] as [Int64]),
    ]
    let rearranging = Self.all.filter { $0.rearrangesElements }
    #expect(
      Set(rearranging.map { $0.name }) == ["Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose"])
    for type in rearranging {
      let y = try evaluate(type.name, opset: 13, [x] + (others[type.name].map { [$0] } ?? []))[0]
      #expect(try y?.numbers().sorted() == x.numbers().sorted(), "\(type.name)")
    }
  }

  @Test func probabilitiesAddUpToOne() throws {
    var random = SplitMix64(seed: 3)
    let giving = Self.all.filter { $0.returnsProbabilities }
    #expect(giving.map { $0.name } == ["Softmax"])
    for type in giving {
      let y = try #require(evaluate(type.name, opset: 13, [random.tensor([4, 5])])[0])
      let numbers = try y.numbers()
      for row in 0..<4 { #expect(abs(numbers[(row * 5)..<(row * 5 + 5)].reduce(0, +) - 1) < 1e-5) }
    }
  }

  @Test func whatIsHandedOn() throws {
    #expect(try operation("Identity", inputs: 1).forwardsInput { _ in false })
    let dropout = try operation("Dropout", inputs: 3)
    #expect(dropout.forwardsInput { _ in true } && dropout.forwardsInput { $0 == 2 })
    #expect(!dropout.forwardsInput { $0 != 2 })
    #expect(try !operation("Relu", inputs: 1).forwardsInput { _ in true })
  }

  /// Scaling a channel of the input, or of the output, is equivalent to scaling its part of the weight.
  @Test(
    arguments: [
      ("Conv", [1, 4, 5], [6, 2, 3], ["group": .int(2)]), ("Conv", [2, 3, 5, 5], [4, 3, 2, 2], [:]),
      ("ConvTranspose", [1, 4, 5], [4, 3, 2], ["group": .int(2)]), ("ConvTranspose", [1, 2, 3, 3], [2, 5, 2, 2], [:]),
      ("MatMul", [3, 4], [4, 5], [:]), ("Gemm", [3, 4], [4, 5], ["alpha": .float(0.5)]),
      ("Gemm", [3, 4], [5, 4], ["transB": .int(1)]),
      ("Gemm", [4, 3], [5, 4], ["transA": .int(1), "transB": .int(1)]),
    ] as [(String, [Int], [Int], AttributeList)])
  func linearFormsTellWhereChannelsAre(
    opType: String, input: [Int], weight: [Int], attributes: AttributeList
  ) throws {
    let form = try #require(try operation(opType, inputs: 2, attributes).linearForm)
    #expect(form.hasWindow == (weight.count > 2))
    var random = SplitMix64(seed: 5)
    let x = try random.tensor(input), w = try random.tensor(weight)
    let outputs = form.outputAxis == 0 ? weight[0] : weight[1] * form.groups
    let inputs = form.outputAxis == 0 ? weight[1] * form.groups : weight[0]
    let inputAxis = form.hasWindow || form.writesChannelsLast || form.reading == .numbers ? 1 : 0
    func result(_ x: Tensor, _ w: Tensor) throws -> Tensor {
      try #require(evaluate(opType, opset: 13, attributes: attributes, [x, w])[0])
    }
    let y = try result(x, w)
    #expect(y.shape[form.writesChannelsLast ? y.shape.count - 1 : 1] == outputs && x.shape[inputAxis] == inputs)
    for channel in 0..<inputs {
      let scaled = try result(x, w.scaled { form.channels($0, weight).input == channel })
      let expected = try result(x.scaled { $0[inputAxis] == channel }, w)
      #expect(try scaled.numbers() == expected.numbers(), "input channel \(channel)")
    }
    for channel in 0..<outputs {
      let scaled = try result(x, w.scaled { form.channels($0, weight).output == channel })
      let expected = try y.scaled { $0[form.writesChannelsLast ? y.shape.count - 1 : 1] == channel }
      #expect(try scaled.numbers() == expected.numbers(), "output channel \(channel)")
    }
  }
}

extension LinearForm {
  /// The channels that the weight's element at `place` connects.
  fileprivate func channels(_ place: [Int], _ weight: [Int]) -> (input: Int, output: Int) {
    let second = place[1] + place[0] / (weight[0] / groups) * weight[1]
    return outputAxis == 0 ? (second, place[0]) : (place[0], second)
  }
}

extension Tensor {
  /// The tensor with some elements doubled.
  fileprivate func scaled(_ isScaled: ([Int]) -> Bool) throws -> Tensor {
    var elements: [Float] = try elements()
    for index in elements.indices {
      var place: [Int] = [], rest = index
      for size in shape.reversed() {
        place.insert(rest % size, at: 0)
        rest /= size
      }
      if isScaled(place) { elements[index] *= 2 }
    }
    return try Tensor(shape: shape, elements)
  }
}
