import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Models that are written.
struct EncodingTests {
  /// Fields that no version of the format defines, of every wire type.
  private static let unknown: [Wire] = [
    .int(200, -7), .raw(201, type: 1, [1, 2, 3, 4, 5, 6, 7, 8]), .bytes(202, [0xff, 0]), .fixed32(203, 9),
  ]

  private static func entry(_ field: Int, _ key: String, _ value: String) -> Wire {
    .message(field, [.text(1, key), .text(2, value)] + unknown)
  }

  private static func tensor(_ name: String, doc: String = "about") -> [Wire] {
    [.int(1, 2), .int(2, 1), .text(8, name), Onnx.raw([1, 2]), .text(12, doc), entry(16, "k", "v")] + unknown
  }

  private static func declaration(_ name: String, _ dims: Wire...) -> [Wire] {
    let dims: [Wire] = dims + [.message(1, [.int(1, 3), .text(3, "CHANNEL")] + unknown), .message(1, [])]
    let tensor: [Wire] = [.int(1, 1), .message(2, dims + unknown)] + unknown
    return [.text(1, name), .message(2, [.message(1, tensor), .text(6, "IMAGE")] + unknown), .text(3, "doc")]
      + [entry(4, "k", "v")] + unknown
  }

  private static func sparse(_ name: String) -> [Wire] {
    let indices: [Wire] = [.int(1, 2), .int(2, 7), .packed(7, [0, 5])]
    return [.message(1, tensor(name)), .message(2, indices), .int(3, 9)] + unknown
  }

  private static func attribute(_ name: String, type: Int, _ fields: [Wire]) -> Wire {
    // Value types have the fields 2 to 11, the documentation has field 13, and the type has field 20.
    .message(5, [.text(1, name)] + fields + [.text(13, "doc"), .int(20, type)] + unknown)
  }

  private static var attributes: [Wire] {
    let body: [Wire] =
      [
        .message(1, [.text(1, "x"), .text(2, "inner"), .text(4, "Op"), .text(7, "d")]), .text(2, "body"),
        .message(12, declaration("inner")),
      ] + unknown
    return [
      attribute("f", type: 1, [.float(2, 1.5)]), attribute("i", type: 2, [.int(3, -1)]),
      attribute("s", type: 3, [.bytes(4, [0, 0xff])]), attribute("t", type: 4, [.message(5, tensor("t"))]),
      attribute("g", type: 5, [.message(6, body)]), attribute("floats", type: 6, [.float(7, 1), .float(7, 2)]),
      attribute("ints", type: 7, [.int(8, 1), .int(8, -1)]),
      attribute("strings", type: 8, [.text(9, "a"), .text(9, "")]),
      attribute("tensors", type: 9, [.message(10, tensor("t0")), .message(10, tensor("t1"))]),
      attribute("graphs", type: 10, [.message(11, body), .message(11, body)]),
      .message(5, [.text(1, "type"), .message(14, [.message(4, [])]), .int(20, 13)] + unknown),
      .message(5, [.text(1, "sparse"), .int(20, 11), .message(22, sparse("q"))] + unknown),
    ]
  }

  /// A model that contains every message of the format, and unknown fields in each, in the order in which a writer emits them.
  private static var everything: [UInt8] {
    let node: [Wire] =
      [.text(1, "x"), .text(1, ""), .text(1, "w"), .text(2, "a"), .text(2, ""), .text(3, "n"), .text(4, "Op")]
      + attributes + [.text(6, "doc"), .text(7, "d"), .text(8, "overload"), entry(9, "k", "v")]
      + [.message(10, [.text(1, "cfg"), .message(2, [.text(1, "w"), .int(2, 0)])])] + unknown
    let strings: [Wire] = [.int(1, 1), .int(2, 8), .text(6, "é"), .text(8, "strings")] + unknown
    let graph: [Wire] =
      [
        .message(1, node), .message(1, [.text(1, "a"), .text(2, "y"), .text(3, "m"), .text(4, "Op"), .text(7, "d")]),
        .text(2, "graph"), .message(5, tensor("w")), .message(5, strings), .message(5, tensor("unused")),
        .text(10, "doc"), .message(11, declaration("x", Onnx.dim("N"))), .message(12, declaration("y")),
        .message(12, declaration("x")), .message(13, declaration("a")), .message(13, declaration("of nothing")),
        .message(14, [.text(1, "a"), entry(2, "SCALE_TENSOR", "w")] + unknown), .message(15, sparse("z")),
        entry(16, "k", "v"),
      ] + unknown
    let function: [Wire] = [.text(1, "F"), .text(4, "p"), .text(5, "q"), .text(10, "d")] + unknown
    let model: [Wire] =
      [
        .int(1, 10), .text(2, "writer"), .text(3, "1"), .text(4, "org.example"), .int(5, 3), .text(6, "doc"),
        .message(7, graph), .message(8, [.text(1, ""), .int(2, 13)] + unknown),
        .message(8, [.text(1, "d"), .int(2, 1)] + unknown), entry(14, "k", "1"), entry(14, "k", "2"),
        .message(20, [.message(1, [.text(2, "init")])] + unknown), .message(25, function),
        .message(26, [.text(1, "cfg"), .int(2, 2), .text(3, "cpu:0")] + unknown),
      ] + unknown
    return model.bytes
  }

  /// Nothing is lost or added: the bytes are the same.
  @Test func unchangedModels() throws {
    let bytes = Self.everything
    #expect(try Model(bytes: bytes, operators: .standard).serialized() == bytes)
  }

  /// Elements in typed fields are written as raw data. Nothing else differs.
  @Test func typedData() throws {
    func model(_ w: [Wire], _ b: [Wire]) -> [UInt8] {
      [
        Wire.int(1, 8),
        .message(
          7,
          [
            .message(1, [.text(1, "x"), .text(2, "y"), .text(4, "Relu")]), .message(5, w), .message(5, b),
            Onnx.input("x"), Onnx.output("y"),
          ]), .message(8, [.text(1, ""), .int(2, 13)]),
      ].bytes
    }
    let head: [Wire] = [.int(1, 2), .int(2, 10)]
    let scalar: [Wire] = [.int(2, 9)]
    let typed = model(
      head + [.packed(5, [0x3c00, 0x8000]), .text(8, "w")], scalar + [.packed(5, [1]), .text(8, "b")])
    let raw = model(head + [.text(8, "w"), .bytes(9, [0, 0x3c, 0, 0x80])], scalar + [.text(8, "b"), .bytes(9, [1])])
    #expect(try Model(bytes: typed, operators: .standard).serialized() == raw)
  }

  /// Before IR version 4, initializers are among the inputs, at their positions.
  @Test func listedConstants() throws {
    let graph: [Wire] = [
      .message(1, [.text(1, "x"), .text(2, "y"), .text(4, "Relu")]),
      .message(5, [.int(1, 1), .int(2, 1), .text(8, "w"), Onnx.raw([1])]), Onnx.input("w"), Onnx.input("x"),
      Onnx.output("y"),
    ]
    let bytes: [UInt8] = [Wire.int(1, 3), .message(7, graph), .message(8, [.text(1, ""), .int(2, 6)])].bytes
    #expect(try Model(bytes: bytes, operators: .standard).serialized() == bytes)
  }

  @Test func changedModels() throws {
    var model = try Model(bytes: Self.everything, operators: .standard)
    model.graph.name = "new"
    model.documentation = ""
    model.metadata = [("k", "2"), ("new", "entry")]
    model.opsetImports[1].version = 7
    let read = try Model(bytes: model.serialized(), operators: .standard)
    #expect(read.graph.name == "new")
    #expect(read.documentation == "")
    #expect(read.metadata.map(\.key) == ["k", "new"])
    #expect(read.metadata.map(\.value) == ["2", "entry"])
    #expect(read.opsetImports[1].version == 7)
  }

  @Test func changedValues() throws {
    var model = try Model(bytes: Onnx.relu(), operators: .standard)
    let x = model.graph.inputs[0]
    let type = TensorType(.float64, [1, 3, .unknown])
    model.graph[x].name = "image"
    model.graph[x].type = type
    model.graph[model.graph.outputs[0]].type = type
    let read = try Model(bytes: model.serialized(), operators: .standard)
    #expect(read.graph[read.graph.inputs[0]].name == "image")
    #expect(read.graph[read.graph.inputs[0]].type == type)
    #expect(read.graph.nodes[0].inputs == read.graph.inputs)
  }

  /// A subgraph refers to captured values by name.
  @Test func renamedCaptures() throws {
    var model = try Model(bytes: Self.everything, operators: .standard)
    model.graph[model.graph.inputs[0]].name = "image"
    let changed = model
    expectError(.invalidModel, "node \"n\" (d.Op)", "subgraphs") { () throws(InfoldError) in try changed.serialized() }
  }

  /// A declaration is kept if it is true, with the symbols and denotations of its author.
  @Test func narrowedTypes() throws {
    var model = try Model(bytes: Self.everything, operators: .standard)
    let x = model.graph.inputs[0]
    model.graph[x].type = TensorType(.float32, [5, 3, 7])
    #expect(try model.serialized() == Self.everything)
  }

  @Test func modelsMadeInMemory() throws {
    var graph = Graph(name: "made")
    let x = graph.addInput("x", TensorType(.float32, ["N", 2]))
    let w = graph.addConstant("w", try Tensor(shape: [2], [Float(1), 2]))
    let y = graph.add(Value(name: "y", type: TensorType(.float32, nil)))
    graph.add(try Node(name: "add", opType: "Add", opsetVersion: 13, inputs: [x, w], outputs: [y]))
    graph.outputs = [y]
    let model = Model(graph: graph, opsetImports: [.init(version: 13)])
    let read = try Model(bytes: model.serialized(), operators: .standard)
    #expect(read.irVersion == model.irVersion)
    #expect(read.graph.name == "made")
    #expect(read.graph.nodes.map(\.name) == ["add"])
    #expect(read.graph[read.graph.inputs[0]].type == TensorType(.float32, ["N", 2]))
    #expect(read.graph[read.graph.outputs[0]].type == TensorType(.float32, ["N", 2]))
    #expect(read.graph.values.first { $0.name == "w" }?.initializer?.tensor == graph.constant(w))
  }

  /// Every element type is preserved bit for bit, including empty tensors and scalars.
  @Test(arguments: ElementType.allCases.filter { $0 != .string }, [[2, 3], [], [0, 4]])
  func tensors(type: ElementType, shape: [Int]) throws {
    var tensor = try Tensor(zeros: shape, of: type)
    try tensor.withUnsafeMutableBytes { bytes in
      for index in bytes.indices {
        bytes[index] = type == .bool ? UInt8(index & 1) : UInt8(truncatingIfNeeded: 37 * index + 5)
      }
    }
    let read = try TensorFile(bytes: TensorFile(name: "t", tensor).serialized())
    #expect(read.name == "t")
    #expect(read.tensor == tensor)
  }

  /// The memory of the tensor is never touched: the system provides pages on demand.
  @Test func tooLarge() throws {
    let tensor = try Tensor(zeros: [1 << 31], of: .uint8)
    expectError(.limitExceeded, "an ONNX file can have at most") { () throws(InfoldError) in
      try TensorFile(tensor).serialized()
    }
    var graph = Graph()
    graph.outputs = [graph.addConstant("w", tensor)]
    let model = Model(graph: graph, opsetImports: [.init(version: 13)])
    expectError(.limitExceeded, "an ONNX file can have at most") { () throws(InfoldError) in try model.serialized() }
  }
}
