import Infold
import TestSupport
import Testing

/// Files with wrong declared shapes, as popular packages have them, run according to their operators.
@Suite struct DeclaredShapesTests {
  /// How a file is run.
  static let ways = [
    SessionOptions(threads: 1), SessionOptions(threads: 2, precision: .exact),
    SessionOptions(optimize: false), SessionOptions(foldBatchNormalization: false),
  ]

  private static func information(_ name: String, type: Int = 1, _ dims: [Wire]) -> Wire {
    .message(13, Onnx.declaration(name, type: type, dims))
  }

  /// y = −Relu(x), where x is declared as [`batch`, 3], the inner value as [1, 3], and the output as `y`.
  private static func chain(batch: Wire, y: [Wire]) -> [UInt8] {
    Onnx.model(graph: [
      Onnx.input("x", [batch, Onnx.dim(3)]), Onnx.output("y", y), Onnx.node("Relu", name: "relu", ["x"], ["r"]),
      Onnx.node("Neg", name: "neg", ["r"], ["y"]), information("r", [Onnx.dim(1), Onnx.dim(3)]),
    ])
  }

  private func expect(
    _ bytes: [UInt8], gives expected: Tensor, for inputs: [String: Tensor], warning codes: [ModelWarning.Code]
  ) throws {
    for options in Self.ways {
      let session = try Session(Model(bytes: bytes), options: options)
      for _ in 0..<2 { #expect(try session.run(inputs)["y"] == expected) }
      #expect(session.warnings.map(\.code) == codes, "\(session.warnings)")
    }
    let bound = try Model(bytes: bytes).binding(inputs: inputs.mapValues(\.shape))
    #expect(try Session(bound).run(inputs)["y"] == expected)
  }

  private func tensor(_ shape: [Int], _ elements: [Float]) throws -> Tensor { try Tensor(shape: shape, elements) }

  @Test func notesOfAnotherBatch() throws {
    let bytes = Self.chain(batch: Onnx.dim(2), y: [Onnx.dim("?"), Onnx.dim("?")])
    let x = try tensor([2, 3], [1, 2, 3, 4, 5, 6]), y = try tensor([2, 3], [-1, -2, -3, -4, -5, -6])
    try expect(bytes, gives: y, for: ["x": x], warning: [.declaredShape])
    let warning = try #require(Model(bytes: bytes).warnings.first)
    #expect(warning.value == "r" && warning.node == "node \"relu\" (Relu)")
    #expect(warning.reason.hasPrefix("the value \"r\" is float32 [2, 3], but the model declares float32 [1, 3]"))
    #expect(try errorCode { _ = try Model(bytes: bytes, declaredShapes: .binding) } == .invalidModel)
  }

  /// Only the input's batch was made dynamic by hand.
  @Test func batchesOpenedByHand() throws {
    let bytes = Self.chain(batch: Onnx.dim("N"), y: [Onnx.dim(1), Onnx.dim(3)])
    let model = try Model(bytes: bytes)
    #expect(try Session(model).outputs[0].type?.shape == ["N", 3])
    #expect(model.warnings.map(\.value) == ["r", "y"])
    for rows in [1, 2, 8] {
      let x = try Tensor.counting([rows, 3])
      let y = try Tensor(shape: [rows, 3], x.elements(as: Float.self).map { -$0 })
      try expect(bytes, gives: y, for: ["x": x], warning: [.declaredShape, .declaredShape])
    }
    let strict = try Session(Model(bytes: bytes, declaredShapes: .binding))
    #expect(try errorCode { _ = try strict.run(["x": .counting([2, 3])]) } == .invalidModel)
  }

  /// The number of boxes that a run finds has the same name as the batch.
  @Test func aBatchNamedTwice() throws {
    let bytes = Onnx.model(graph: [
      Onnx.input("x", [Onnx.dim("b"), Onnx.dim(5)]), Onnx.output("y", [Onnx.dim("b"), Onnx.dim(2)]),
      Onnx.node("NonZero", ["x"], ["nz"]), Onnx.node("Transpose", ["nz"], ["t"]),
      Onnx.node("Cast", ["t"], ["y"], attributes: [Onnx.attribute("to", type: 2, [.int(3, 1)])]),
    ])
    let x = try tensor([2, 5], [0, 1, 0, 0, 0, 2, 0, 0, 0, 3])
    try expect(bytes, gives: tensor([3, 2], [0, 1, 1, 0, 1, 4]), for: ["x": x], warning: [.declaredShape])
    #expect(try Session(Model(bytes: bytes)).outputs[0].type?.shape == [.unknown, 2])
    let session = try Session(Model(bytes: bytes))
    #expect(try session.run(["x": tensor([2, 5], [1, 0, 0, 0, 0, 0, 0, 0, 0, 1])])["y"]?.shape == [2, 2])
    #expect(session.warnings == [])
    _ = try session.run(["x": tensor([1, 5], [1, 1, 1, 1, 0])])
    #expect(session.warnings.first?.reason.contains("[b, 2], where b is 1") == true)
    #expect(session.warnings.first?.value == "y")
  }

  /// A detector that was exported at one size, and whose sizes were made dynamic afterwards.
  @Test func outputsOfTheExportedSize() throws {
    let ints = { (name: String, values: [Int]) in Onnx.attribute(name, type: 7, values.map { .int(8, $0) }) }
    let bytes = Onnx.model(graph: [
      Onnx.input("x", [Onnx.dim(1), Onnx.dim(1), Onnx.dim("?"), Onnx.dim("?")]),
      Onnx.output("y", [Onnx.dim(6400), Onnx.dim(1)]),
      Onnx.node("MaxPool", ["x"], ["p"], attributes: [ints("kernel_shape", [2, 2]), ints("strides", [2, 2])]),
      Onnx.node("Reshape", ["p", "shape"], ["y"]),
      Onnx.initializer("shape", type: 7, [2], [.packed(7, [-1, 1])]),
    ])
    try expect(
      bytes, gives: tensor([2, 1], [5, 7]), for: ["x": .counting([1, 1, 2, 4])], warning: [.declaredShape])
    #expect(try Session(Model(bytes: bytes)).outputs[0].type?.shape == [.unknown, 1])
  }

  @Test func anOutputWithFewerDimensions() throws {
    let bytes = Onnx.model(graph: [
      Onnx.input("x", [Onnx.dim(1), Onnx.dim("w")]), Onnx.output("y", [Onnx.dim(1), Onnx.dim("seqlen")]),
      Onnx.node("Unsqueeze", ["x", "a"], ["y"]), Onnx.initializer("a", type: 7, [1], [.packed(7, [1])]),
    ])
    #expect(try Session(Model(bytes: bytes)).outputs[0].type?.shape == [1, 1, "w"])
    try expect(bytes, gives: .counting([1, 1, 4]), for: ["x": .counting([1, 4])], warning: [.declaredShape])
  }

  /// A float16 network whose casts were removed: the computed types count.
  @Test func valuesOfOtherElementTypes() throws {
    let shape = [Onnx.dim("n")]
    let bytes = Onnx.model(graph: [
      Onnx.input("x", type: 10, shape), Onnx.output("y", type: 1, shape), Onnx.node("Relu", ["x"], ["r"]),
      Onnx.node("Neg", ["r"], ["y"]), Self.information("r", type: 1, shape),
    ])
    let x = try tensor([2], [1, -2]).cast(to: .float16), y = try tensor([2], [-1, -0.0]).cast(to: .float16)
    try expect(bytes, gives: y, for: ["x": x], warning: [.declaredType, .declaredType])
    #expect(try Session(Model(bytes: bytes)).outputs[0].type?.elementType == .float16)
    #expect(try errorCode { _ = try Model(bytes: bytes, declaredShapes: .binding) } == .invalidModel)
    // The written model is correct.
    #expect(try Model(bytes: Model(bytes: bytes).serialized()).warnings == [])
    let constant = Onnx.model(graph: [
      Onnx.input("x", shape), Onnx.output("y"), Onnx.node("Add", ["x", "w"], ["y"]),
      Onnx.initializer("w", [1], [Onnx.raw([1])]), Self.information("w", type: 10, [Onnx.dim(1)]),
    ])
    try expect(constant, gives: tensor([2], [2, 3]), for: ["x": tensor([2], [1, 2])], warning: [.declaredType])
    #expect(try errorCode { _ = try Model(bytes: constant, declaredShapes: .binding) } == .invalidModel)
    // Declarations of inputs are binding.
    let input = Onnx.model(graph: [
      Onnx.input("x", shape), Onnx.input("w", type: 10, [Onnx.dim(1)]), Onnx.output("y"),
      Onnx.node("Add", ["x", "w"], ["y"]), Onnx.initializer("w", [1], [Onnx.raw([1])]),
    ])
    #expect(try errorCode { _ = try Model(bytes: input) } == .invalidModel)
  }

  /// A condition has one element, in whatever shape.
  @Test(arguments: [[], [1], [1, 1], [1, 1, 1]]) func conditionsOfOneElement(shape: [Int]) throws {
    func branch(_ name: String, _ opType: String) -> [Wire] {
      Onnx.attribute(name, type: 5, [.message(6, [Onnx.output("o"), Onnx.node(opType, ["x"], ["o"])])])
    }
    let bytes = Onnx.model(graph: [
      Onnx.input("x", [Onnx.dim(2)]), Onnx.input("c", type: 9, shape.map { Onnx.dim($0) }), Onnx.output("y"),
      Onnx.node("If", ["c"], ["y"], attributes: [branch("then_branch", "Neg"), branch("else_branch", "Abs")]),
    ])
    for (condition, y) in [(true, [1, -2] as [Float]), (false, [1, 2])] {
      let c = try Tensor(shape: shape, [condition])
      try expect(bytes, gives: tensor([2], y), for: ["x": tensor([2], [-1, 2]), "c": c], warning: [])
    }
  }

  @Test func anOutputNamedLikeAnInputsSize() throws {
    let axis = Onnx.attribute("axis", type: 2, [.int(3, 0)])
    let bytes = Onnx.model(graph: [
      Onnx.input("x", [Onnx.dim("batch_size"), Onnx.dim(3)]), Onnx.output("y", [Onnx.dim("batch_size"), Onnx.dim(3)]),
      Onnx.node("Concat", ["x", "x"], ["y"], attributes: [axis]),
    ])
    let y = try tensor([2, 3], [0, 1, 2, 0, 1, 2])
    try expect(bytes, gives: y, for: ["x": .counting([1, 3])], warning: [.declaredShape])
    let strict = try Session(Model(bytes: bytes, declaredShapes: .binding))
    #expect(try errorCode { _ = try strict.run(["x": .counting([1, 3])]) } == .invalidModel)
  }

  @Test func inputsThatShareASymbol() throws {
    let shape = [Onnx.dim("batch"), Onnx.dim("width")]
    let bytes = Onnx.model(graph: [
      Onnx.input("a", shape), Onnx.input("b", shape), Onnx.output("y", shape),
      Onnx.node("ReduceSum", ["b", "ax"], ["s"]), Onnx.node("Add", ["a", "s"], ["y"]),
      Onnx.initializer("ax", type: 7, [1], [.packed(7, [1])]),
    ])
    let inputs = ["a": try Tensor.counting([2, 2]), "b": try Tensor.counting([2, 3])]
    try expect(bytes, gives: tensor([2, 2], [3, 4, 14, 15]), for: inputs, warning: [.sharedSymbol])
    let strict = try Session(Model(bytes: bytes, declaredShapes: .binding))
    #expect(try errorCode { _ = try strict.run(inputs) } == .invalidArgument)
  }

  /// A symbol for height and width, and a model that computes whether they are equal: this must not be assumed to be known.
  @Test func oneSymbolForHeightAndWidth() throws {
    let axis = Onnx.attribute("axis", type: 2, [.int(3, 0)])
    let bytes = Onnx.model(graph: [
      Onnx.input("x", [Onnx.dim("s"), Onnx.dim("s")]), Onnx.output("y"), Onnx.node("Shape", ["x"], ["shape"]),
      Onnx.node("Gather", ["shape", "zero"], ["h"], attributes: [axis]),
      Onnx.node("Gather", ["shape", "one"], ["w"], attributes: [axis]), Onnx.node("Equal", ["h", "w"], ["same"]),
      Onnx.node("Where", ["same", "x", "minus"], ["y"]), Onnx.initializer("minus", [1, 1], [Onnx.raw([-1])]),
      Onnx.initializer("zero", type: 7, [1], [.packed(7, [0])]),
      Onnx.initializer("one", type: 7, [1], [.packed(7, [1])]),
    ])
    try expect(bytes, gives: .counting([2, 2]), for: ["x": .counting([2, 2])], warning: [])
    try expect(
      bytes, gives: tensor([1, 3], [-1, -1, -1]), for: ["x": .counting([1, 3])], warning: [.sharedSymbol])
    // The same session, with square and other inputs in turn.
    let session = try Session(Model(bytes: bytes))
    for (rows, columns) in [(2, 2), (1, 3), (3, 3), (3, 1)] {
      let y = try session.run(["x": .counting([rows, columns])])["y"]
      #expect(try y == (rows == columns ? .counting([rows, columns]) : tensor([rows, columns], [-1, -1, -1])))
    }
    // Constants that passes computed earlier must not rely on it either.
    var optimized = try Model(bytes: bytes)
    optimized.graph = try OptimizationPipeline().run(on: optimized.graph)
    #expect(try Session(optimized).run(["x": .counting([1, 3])])["y"] == tensor([1, 3], [-1, -1, -1]))
  }

  /// A shape that the model computes from a value whose wrong declaration claims more than can be known ahead of time.
  @Test func shapesComputedOfAWrongDeclaration() throws {
    let bytes = Onnx.model(graph: [
      Onnx.input("x", [Onnx.dim(4)]), Onnx.output("y", type: 7), Onnx.node("NonZero", ["x"], ["nz"]),
      Onnx.node("Shape", ["nz"], ["y"]), Self.information("nz", type: 7, [Onnx.dim(1), Onnx.dim(4)]),
    ])
    let x = try tensor([4], [1, 0, 0, 1])
    try expect(bytes, gives: Tensor(shape: [2], [1, 2] as [Int64]), for: ["x": x], warning: [])
  }

  /// Kernels for a value for which the model declares fewer elements than there are.
  @Test func kernelsBehindAWrongDeclaration() throws {
    let bytes = Onnx.model(graph: [
      Onnx.input("x", [Onnx.dim("N")]), Onnx.output("y", [Onnx.dim(1)]), Onnx.node("NonZero", ["x"], ["nz"]),
      Onnx.node("Cast", ["nz"], ["c"], attributes: [Onnx.attribute("to", type: 2, [.int(3, 1)])]),
      Onnx.node("Exp", ["c"], ["e"]), Onnx.node("ReduceMax", ["e"], ["y"]),
      Self.information("nz", type: 7, [Onnx.dim(1), Onnx.dim(2)]), Self.information("c", [Onnx.dim(1), Onnx.dim(2)]),
      Self.information("e", [Onnx.dim(1), Onnx.dim(2)]),
    ])
    for options in Self.ways {
      let session = try Session(Model(bytes: bytes), options: options)
      let y = try session.run(["x": tensor([6], [1, 1, 1, 1, 1, 1])])
      let number = try #require(y["y"]).elements(as: Float.self)[0]
      #expect(abs(number - 148.41316) < 1e-3)
    }
  }

  /// The body of an If, with an outdated declaration of a value inside.
  @Test func bodies() throws {
    func branch(_ name: String, _ opType: String) -> [Wire] {
      Onnx.attribute(
        name, type: 5,
        [
          .message(
            6,
            [
              .text(2, name), Onnx.node(opType, ["x"], [name + ".h"]), Onnx.node("Relu", [name + ".h"], [name + ".y"]),
              Onnx.output(name + ".y", [Onnx.dim(9), Onnx.dim(3)]), Self.information(name + ".h", [Onnx.dim(7)]),
            ])
        ])
    }
    let bytes = Onnx.model(graph: [
      Onnx.input("x", [Onnx.dim(2), Onnx.dim(3)]), Onnx.input("c", type: 9, []),
      Onnx.output("y", [Onnx.dim(2), Onnx.dim(3)]),
      Onnx.node("If", ["c"], ["y"], attributes: [branch("then_branch", "Neg"), branch("else_branch", "Identity")]),
    ])
    let x = try Tensor.counting([2, 3])
    try expect(
      bytes, gives: x, for: ["x": x, "c": Tensor(scalar: false)], warning: Array(repeating: .declaredShape, count: 4))
    #expect(try errorCode { _ = try Model(bytes: bytes, declaredShapes: .binding) } == .invalidModel)
  }

  /// Nothing is inferred from an input of undeclared type until a run provides it.
  @Test func inputsWithoutAType() throws {
    let bytes = Onnx.model(graph: [
      .message(11, [.text(1, "x")]), Onnx.output("y", [Onnx.dim(9)]), Onnx.node("Relu", ["x"], ["y"]),
    ])
    #expect(try Session(Model(bytes: bytes)).outputs[0].type == nil)
    for options in Self.ways {
      let session = try Session(Model(bytes: bytes), options: options)
      #expect(try session.run(["x": .counting([3])])["y"] == .counting([3]))
      #expect(session.warnings.map(\.code) == [.declaredShape])
    }
  }

  /// Constants with outdated declarations.
  @Test func constants() throws {
    let bytes = Onnx.model(graph: [
      Onnx.input("x", [Onnx.dim(2)]), Onnx.output("y", [Onnx.dim(2)]), Onnx.node("Mul", ["x", "w"], ["y"]),
      Onnx.initializer("w", [1], [Onnx.raw([3])]), Self.information("w", [Onnx.dim(5)]),
    ])
    try expect(bytes, gives: tensor([2], [0, 3]), for: ["x": .counting([2])], warning: [.declaredShape])
  }

  /// Sizes of inputs, and sizes that operators require of each other, are binding.
  @Test func whatBinds() throws {
    let fixed = try Session(Model(bytes: Self.chain(batch: Onnx.dim(2), y: [Onnx.dim(2), Onnx.dim(3)])))
    #expect(try errorCode { _ = try fixed.run(["x": .counting([1, 3])]) } == .invalidArgument)
    let bytes = Onnx.model(graph: [
      Onnx.input("x", [Onnx.dim(2)]), Onnx.output("y", [Onnx.dim(2)]), Onnx.node("Mul", ["x", "w"], ["y"]),
      Onnx.initializer("w", [3], [Onnx.raw([1, 2, 3])]),
    ])
    #expect(try errorCode { _ = try Model(bytes: bytes) } == .invalidModel)
  }

  /// The written model declares correct shapes, and is read without a warning.
  @Test func correctedDeclarations() throws {
    let cases: [(batch: Wire, shape: Shape)] = [(Onnx.dim(2), [2, 3]), (Onnx.dim("N"), ["N", 3])]
    for (batch, shape) in cases {
      var model = try Model(bytes: Self.chain(batch: batch, y: [Onnx.dim(1), Onnx.dim(3)]))
      #expect(model.warnings.count == 2)
      let strict = try Model(bytes: model.serialized(), declaredShapes: .binding)
      for name in ["r", "y"] {
        #expect(try strict.graph[#require(strict.graph.value(named: name))].type?.shape == shape)
      }
      #expect(try Model(bytes: model.serialized()).warnings == [])
      model = try FoldBatchNormalization().fold(model).model
      #expect(try Model(bytes: model.serialized()).warnings == [])
    }
  }
}
