import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import InfoldValidation
import TestSupport

/// A small image network with one layer of each kind, and settings by which the networks of a pair differ.
struct ImageNetwork {
  var padMode = "reflect"
  var alpha: Float = 0.1
  var resizeMode = "linear"
  var coordinates = "half_pixel"
  var epsilon: Float = 1e-3
  var countsPadding: Int64 = 0
  var ceils: Int64 = 0
  var clipLimit: Float = 6
  var poolStride: Int64 = 2
  var dilation: Int64 = 1
  var transposed: Int64 = 1
  var softmaxAxis: Int64 = 1
  var order = [0, 1]
  var addition = "Add"
  var activation = "HardSwish"
  var flattens = true
  var sizes = false
  /// Whether there are Identity nodes between the others.
  var isNoisy = false
  /// Whether the last layer is a MatMul and an Add.
  var splitsGemm = false
  /// Whether a clip is written as Min and Max.
  var splitsClip = false
  /// Whether the activation is written as its formula.
  var writesActivation = false
  /// Whether separate nodes add the biases.
  var splitsBias = false

  func graph() throws -> Graph {
    var network = NetworkBuilder(opset: 18, seed: 5)
    func noise(_ x: ValueID, _ network: inout NetworkBuilder) throws -> ValueID {
      isNoisy ? try network.node("Identity", [x]) : x
    }
    func constant(_ shape: [Int], _ name: String, in range: ClosedRange<Float> = -1...1) throws -> ValueID {
      network.constant(try network.random.tensor(shape, in: range), name)
    }
    let x = network.input([1, 3, 13, 13])
    let pads = network.constant(try Tensor(shape: [8], [0, 0, 1, 1, 0, 0, 1, 1] as [Int64]))
    var y = try network.node("Pad", [x, pads], ["mode": .string(Array(padMode.utf8))], name: "pad")
    let (w1, b1) = (try constant([8, 3, 3, 3], "w1"), try constant([8], "b1"))
    if splitsBias {
      y = try network.node("Conv", [y, w1], name: "conv1")
      let biases: [Float] = try network.graph.constant(b1)!.elements()
      let b = network.constant(try Tensor(shape: [1, 8, 1, 1], biases))
      y = try network.node("Add", [y, b], name: "bias1")
    } else {
      y = try network.node("Conv", [y, w1, b1], name: "conv1")
    }
    let (gamma, beta) = (try constant([8], "gamma", in: 0.5...2), try constant([8], "beta"))
    let (mean, variance) = (try constant([8], "mean"), try constant([8], "variance", in: 0.01...2))
    let statistics = [gamma, beta, mean, variance]
    y = try network.node("BatchNormalization", [y] + statistics, ["epsilon": .float(epsilon)], name: "bn")
    y = try noise(y, &network)
    y = try network.node("Relu", [y], name: "relu")
    let skip = y
    let (w2, w3) = (try constant([8, 8, 3, 3], "w2"), try constant([8, 8, 3, 3], "w3"))
    y = try network.node(
      "Conv", [y, w2],
      ["pads": .ints([dilation, dilation, dilation, dilation]), "dilations": .ints([dilation, dilation])], name: "conv2"
    )
    y = try network.node("LeakyRelu", [y], ["alpha": .float(alpha)], name: "leaky")
    y = try network.node("Conv", [y, w3], ["pads": .ints([1, 1, 1, 1])], name: "conv3")
    y = try network.node(addition, [y, skip], name: "add")
    y = try noise(y, &network)
    y = try network.node(
      "AveragePool", [y],
      [
        "kernel_shape": .ints([3, 3]), "strides": .ints([poolStride, poolStride]), "pads": .ints([1, 1, 1, 1]),
        "count_include_pad": .int(countsPadding),
      ], name: "average")
    y = try network.node(
      "MaxPool", [y], ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2]), "ceil_mode": .int(ceils)], name: "pool")
    if sizes {
      let size = network.constant(try Tensor(shape: [4], [1, 8, 6, 6] as [Int64]))
      y = try network.node("Resize", [y, nil, nil, size], resizing, name: "resize")
    } else {
      let scales = network.constant(try Tensor(shape: [4], [1, 1, 2, 2] as [Float]))
      y = try network.node("Resize", [y, nil, scales], resizing, name: "resize")
    }
    let (w4, b4) = (try constant([4, 8, 1, 1], "w4"), try constant([4], "b4"))
    let branch = try network.node("Conv", [y, w4, b4], name: "conv4")
    let (w5, b5) = (try constant([4, 8, 1, 1], "w5"), try constant([4], "b5"))
    let other = try network.node("Conv", [y, w5, b5], name: "conv5")
    let parts = [branch, other]
    y = try network.node("Concat", order.map { parts[$0] }, ["axis": .int(1)], name: "concat")
    let (least, most) = (
      network.constant(try Tensor(scalar: Float(-3))), network.constant(try Tensor(scalar: clipLimit))
    )
    if splitsClip {
      y = try network.node("Min", [y, most], name: "minimum")
      y = try network.node("Max", [y, least], name: "clip")
    } else {
      y = try network.node("Clip", [y, least, most], name: "clip")
    }
    if writesActivation {
      let three = network.constant(try Tensor(scalar: Float(3))), six = network.constant(try Tensor(scalar: Float(6)))
      let zero = network.constant(try Tensor(scalar: Float(0)))
      let shifted = try network.node("Add", [y, three])
      let gate = try network.node("Clip", [shifted, zero, six])
      let product = try network.node("Mul", [y, gate])
      y = try network.node("Div", [product, six], name: "swish")
    } else {
      y = try network.node(activation, [y], name: "swish")
    }
    y = try network.node("GlobalAveragePool", [y], name: "global")
    if flattens {
      y = try network.node("Flatten", [y], name: "flatten")
    } else {
      y = try network.node(
        "Reshape", [y, network.constant(try Tensor(shape: [2], [1, -1] as [Int64]))], name: "reshape")
    }
    let (w6, b6) = (try constant([8, 8], "w6"), try constant([8], "b6"))
    if splitsGemm {
      let turned = try Tensor(
        shape: [8, 8],
        (0..<64).map { try! network.graph.constant(w6)!.elements(as: Float.self)[$0 % 8 * 8 + $0 / 8] })
      y = try network.node("MatMul", [y, network.constant(turned)], name: "matmul")
      y = try network.node("Add", [y, b6], name: "gemm")
    } else {
      y = try network.node("Gemm", [y, w6, b6], ["transB": .int(transposed)], name: "gemm")
    }
    y = try network.node("Softmax", [y], ["axis": .int(softmaxAxis)], name: "softmax")
    return try network.finished(y)
  }

  private var resizing: AttributeList {
    [
      "mode": .string(Array(resizeMode.utf8)), "coordinate_transformation_mode": .string(Array(coordinates.utf8)),
    ]
  }

  /// Returns the network with a change.
  static func with(_ change: (inout ImageNetwork) -> Void) throws -> Graph {
    var network = ImageNetwork()
    change(&network)
    return try network.graph()
  }
}

extension Graph {
  /// Returns the graph with other numbers in some constants.
  func changing(_ names: String..., by change: (inout [Float]) -> Void) throws -> Graph {
    var graph = self
    for name in names {
      let id = value(named: name)!, tensor = constant(id)!
      var numbers = try tensor.elements(as: Float.self)
      change(&numbers)
      graph.setConstant(id, try Tensor(shape: tensor.shape, numbers))
    }
    return graph
  }

  /// Returns the graph with all values renamed, except inputs and outputs.
  func renamed() -> Graph {
    var graph = self
    for id in valueIDs where !inputs.contains(id) && !outputs.contains(id) { graph[id].name = "v\(id.index)" }
    return graph
  }

  /// Returns the graph with each node's result under the name of the previous result.
  func shiftedNames() -> Graph {
    var graph = self
    let results = nodes.flatMap(\.definitions).filter { !outputs.contains($0) }
    let names = results.map { self[$0].name }
    for (id, name) in zip(results, ["first"] + names) { graph[id].name = name }
    return graph
  }

  /// Returns the graph with all possible normalizations folded.
  func folded() throws -> Graph {
    var graph = try FoldBatchNormalization().fold(self).graph
    try graph.inferTypes()
    return graph
  }

  /// Returns the graph after the passes whose results ONNX can express.
  func optimized() throws -> Graph { try model.optimized().graph }

  var model: Model { Model(graph: self, opsetImports: [Model.OpsetImport(version: 18)]) }
}

/// Compares two networks on natural noise.
func compared(_ first: Graph, _ second: Graph, samples: Int = 2) throws -> ComparisonReport {
  try ModelComparison(first.model, second.model).run(
    (0..<samples).map { seed in
      var inputs: [String: Tensor] = [:]
      var random = SplitMix64(seed: UInt64(seed) + 7)
      for id in first.requiredInputs {
        inputs[first[id].name] = try random.tensor(first[id].type!.shape!.sizes!, in: -2...2)
      }
      return ModelComparison.Sample(name: "\(seed)", inputs: inputs)
    })
}

/// Returns every value of a network, evaluated in the model's own types as another runtime would
/// record it.
func recorded(_ graph: Graph, _ sample: ModelComparison.Sample) throws -> [String: Tensor] {
  var graph = graph
  try graph.inferTypes()
  var values: [String: Tensor] = [:], given: [ValueID: Tensor] = [:]
  for id in graph.inputs { given[id] = sample.inputs[graph[id].name] }
  _ = try ReferenceEvaluator(graph).run(given) { id, _, outputs in
    for case (let value?, let tensor?) in zip(graph[id].outputs, outputs) { values[graph[value].name] = tensor }
  }
  return values
}
