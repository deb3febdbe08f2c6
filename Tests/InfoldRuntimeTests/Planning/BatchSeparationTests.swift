import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Nodes that keep the images of a batch separate. Networks of such nodes are computed image by image.
@Suite struct BatchSeparationTests {
  /// The nodes after a convolution with 32 channels of 24 × 24 pixels.
  enum Body: String, CaseIterable, CustomTestStringConvertible {
    case resizeByScales, resizeToSizes, upsample, padding, slice, channelSlice, groupNormalization, layerNormalization
    case legacyAddition, tile, expand, gather, sampling, rows, squeeze, argMax, wholeSlice

    var testDescription: String { rawValue }

    var opset: Int {
      switch self {
      case .upsample: 9
      case .legacyAddition: 6
      case .groupNormalization: 21
      default: 17
      }
    }

    func add(_ x: ValueID, to network: inout NetworkBuilder) throws -> ValueID {
      let scales = try Tensor(shape: [4], [1, 1, 2, 2] as [Float])
      switch self {
      case .resizeByScales:
        return try network.node("Resize", [x, nil, network.constant(scales)], ["mode": .text("linear")])
      case .resizeToSizes:
        // As exporters write it: the model computes the sizes of the batch and the channels.
        let kept = try network.node(
          "Slice", [try network.node("Shape", [x])] + [0, 2].map { network.constant(try .list($0)) })
        let sizes = try network.node("Concat", [kept, network.constant(try .list(48, 36))], ["axis": .int(0)])
        return try network.node("Resize", [x, nil, nil, sizes])
      case .upsample: return try network.node("Upsample", [x, network.constant(scales)])
      case .padding:
        return try network.node(
          "Pad", [x, network.constant(try .list(0, 0, 1, 2, 0, 0, 3, 0))], ["mode": .text("reflect")])
      case .slice: return try network.slice(x, from: 2, to: 20, step: 3, axis: 2)
      case .channelSlice: return try network.slice(x, from: 1, to: 5, step: 1, axis: 1)
      case .wholeSlice: return try network.slice(x, from: 0, to: .max, step: 1, axis: 0)
      case .groupNormalization:
        return try network.node(
          "GroupNormalization", [x, try network.weights([32]), try network.weights([32])], ["num_groups": .int(2)])
      case .layerNormalization:
        return try network.node("LayerNormalization", [x, try network.weights([24, 24])], ["axis": .int(2)])
      case .legacyAddition:
        return try network.node("Add", [x, try network.weights([32])], ["broadcast": .int(1), "axis": .int(1)])
      case .tile: return try network.node("Tile", [x, network.constant(try .list(1, 1, 2, 1))])
      case .expand:
        let means = try network.node("GlobalAveragePool", [x])
        return try network.node("Expand", [means, network.constant(try .list(1, 1, 5, 4))])
      case .gather:
        return try network.node("Gather", [x, network.constant(try .list(3, 0, 3))], ["axis": .int(2)])
      case .sampling:
        let places = try network.node("Reshape", [x, network.constant(try .list(0, 96, 96, 2))])
        return try network.node("GridSample", [x, places])
      case .rows: return try network.node("MatMul", [x, try network.weights([24, 5])])
      case .squeeze:
        let means = try network.node("ReduceMean", [x], ["axes": .ints([3])])
        return try network.node("Squeeze", [means, network.constant(try .list(3))])
      case .argMax: return try network.node("ArgMax", [x], ["axis": .int(1)])
      }
    }
  }

  private static let batch = 3

  private static func model(
    opset: Int, _ body: (inout NetworkBuilder, ValueID) throws -> ValueID
  ) throws -> Model {
    var network = NetworkBuilder(opset: opset)
    let x = network.input(["N", 4, 24, 24])
    let weights = try network.weights([32, 4, 3, 3], in: -0.3...0.3)
    let image = try network.node("Conv", [x, weights], ["pads": .ints([1, 1, 1, 1])])
    let graph = try network.finished(try network.node("Identity", [try body(&network, image)]))
    return Model(graph: graph, opsetImports: [Model.OpsetImport(version: opset)])
  }

  /// The graph for a batch, as a session plans it.
  private static func planned(_ model: Model, batch: Int = batch) throws -> Graph {
    let graph = try OptimizationPipeline().run(on: model.graph)
    let types = [graph.inputs[0]: TensorType(.float32, [.fixed(batch), 4, 24, 24])]
    return try OptimizationPipeline().run(on: graph.binding(inputs: types))
  }

  @Test(arguments: Body.allCases) func keepsImagesApart(body: Body) throws {
    let model = try Self.model(opset: body.opset) { network, x in try body.add(x, to: &network) }
    let graph = try Self.planned(model)
    let separation = BatchSeparation(graph, batch: Self.batch)
    #expect(separation.separableCount == graph.nodes.count)
    let one = try #require(try separation.oneImage(nodes: graph.nodes.count, outputs: graph.outputs))
    #expect(one[one.outputs[0]].type == (try Self.planned(model, batch: 1)).outputType)

    var random = SplitMix64(seed: 4)
    let images = try (0..<Self.batch).map { _ in try random.tensor([1, 4, 24, 24]) }
    let session = try Session(model)
    let all = ["x": try Tensor(concatenating: images)]
    #expect(try session.layerTimes(all, runs: 1)[0].shape.first == 1)
    let whole = try #require(try session.run(all).values.first)
    let alone = try images.map { try #require(try Session(model).run(["x": $0]).values.first) }
    #expect(try whole == Tensor(concatenating: alone))
  }

  /// Layers after the convolution that combine several images.
  enum Mixture: String, CaseIterable, CustomTestStringConvertible {
    case paddedBatch, cutBatch, reversedBatch, resizedBatch, repeatedBatch, gatheredImages, table, columns
    case sizesOfTheBatch, maximumPlaces

    var testDescription: String { rawValue }

    func add(_ x: ValueID, to network: inout NetworkBuilder) throws -> ValueID {
      switch self {
      case .paddedBatch: return try network.node("Pad", [x, network.constant(try .list(1, 0, 0, 0, -1, 0, 0, 0))])
      case .cutBatch: return try network.slice(x, from: 1, to: 9, step: 1, axis: 0)
      case .reversedBatch: return try network.slice(x, from: -1, to: .min, step: -1, axis: 0)
      case .resizedBatch:
        let scales = try Tensor(shape: [4], [2, 1, 1, 1] as [Float])
        return try network.node("Resize", [x, nil, network.constant(scales)])
      case .repeatedBatch: return try network.node("Tile", [x, network.constant(try .list(2, 1, 1, 1))])
      case .gatheredImages: return try network.node("Gather", [x, network.constant(try .list(2, 0, 1))])
      case .table: return try network.node("Mul", [x, try network.weights([batch, 1, 1, 1])])
      case .columns:
        let rows = try network.node("Flatten", [x], ["axis": .int(1)])
        return try network.node("Gemm", [rows, try network.weights([batch, 2])], ["transA": .int(1)])
      case .sizesOfTheBatch:
        return try network.node("Reshape", [x, network.constant(try .list(32, Int64(batch), 24, 24))])
      case .maximumPlaces:
        return try network.nodes("MaxPool", [x], ["kernel_shape": .ints([2, 2])], outputs: 2)[1]
      }
    }
  }

  @Test(arguments: Mixture.allCases) func mixesImages(mixture: Mixture) throws {
    let graph = try Self.planned(Self.model(opset: 17) { network, x in try mixture.add(x, to: &network) })
    // The convolution is separable, and so is the Flatten before the product.
    #expect(BatchSeparation(graph, batch: Self.batch).separableCount == (mixture == .columns ? 2 : 1))
  }

  /// A single image is not a batch, and neither are inputs of different lengths.
  @Test func whatIsNoBatch() throws {
    var network = NetworkBuilder()
    let x = network.input([3, 4]), y = network.input([2, 4], "y")
    let graph = try network.finished(network.node("Relu", [x]), network.node("Relu", [y]))
    #expect(BatchSeparation(graph, batch: 3).separableCount == 0)
    var single = NetworkBuilder()
    let relu = try single.finished(single.node("Relu", [single.input([1, 4])]))
    #expect(BatchSeparation(relu, batch: 1).separableCount == 0)
  }

  /// A list of sizes that contains the number of images is changed to one image.
  @Test(arguments: [[3, 24], [-1, 24], [0, 4, 6], [3, 12, -1]] as [[Int64]]) func aSizeThatIsListed(sizes: [Int64])
    throws
  {
    var network = NetworkBuilder()
    let x = network.input([3, 4, 6])
    let y = try network.node("Reshape", [x, network.constant(try Tensor(shape: [sizes.count], sizes))])
    let z = try network.node("Reshape", [x, network.constant(try Tensor(shape: [sizes.count], sizes))])
    let graph = try network.finished(network.node("Add", [y, z]))
    let separation = BatchSeparation(graph, batch: 3)
    #expect(separation.separableCount == 3)
    let one = try #require(try separation.oneImage(nodes: 3, outputs: graph.outputs))
    let images = try network.random.tensor([3, 4, 6])
    let whole = try ReferenceEvaluator(graph).run([x: images])[0]
    for image in 0..<3 {
      let result = try ReferenceEvaluator(one).run([x: images.slice(image..<image + 1)])[0]
      #expect(try result == whole.slice(image..<image + 1))
    }
  }

  /// An operator that declares an axis mapping that is wrong for a single image.
  private struct Pair: UnaryOperator {
    static let name = "Pair"
    static let domain = "com.example"
    static let versions = [1]

    init(_ attributes: inout AttributeReader) throws(InfoldError) {}

    func apply<Element: FloatingPointElement>(_ x: Element) -> Element { x }

    func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
      let type = try inputs.type(0)
      return [type.shape?.first == 1 ? TensorType(type.elementType, [2, 4]) : type]
    }
  }

  @Test func aShapeRuleThatSaysSomethingElse() throws {
    var builder = ModelBuilder(operators: .standard.adding(Pair.self))
    let x = try builder.input("x", shape: [3, 4])
    try builder.output(builder.node("Pair", [x], domain: Pair.domain), named: "y")
    let graph = try builder.model().graph
    let separation = BatchSeparation(graph, batch: 3)
    #expect(separation.separableCount == 1)
    #expect(try separation.oneImage(nodes: 1, outputs: graph.outputs) == nil)
  }
}

extension Graph {
  fileprivate var outputType: TensorType? { self[outputs[0]].type }
}

extension NetworkBuilder {
  fileprivate mutating func slice(_ x: ValueID, from start: Int64, to end: Int64, step: Int64, axis: Int64) throws
    -> ValueID
  {
    try node("Slice", [x] + [start, end, axis, step].map { constant(try .list($0)) })
  }
}

extension Attribute {
  fileprivate static func text(_ text: String) -> Attribute { .string(Array(text.utf8)) }
}

private let batch = 3
