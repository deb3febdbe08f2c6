import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

@Suite struct SessionTests {
  /// y = the rows of x, flattened: a Reshape to a computed shape, for any N and H.
  private func flattening() throws -> Model {
    var network = NetworkBuilder()
    let x = network.input(["N", 3, "H"])
    let size = try network.node("Gather", [try network.node("Shape", [x]), network.constant(try .list(0))])
    let wanted = try network.node("Concat", [size, network.constant(try .list(-1))], ["axis": .int(0)])
    return try model(network.finished(try network.node("Reshape", [x, wanted], name: "y")))
  }

  private func model(_ graph: Graph) throws -> Model {
    Model(graph: graph, opsetImports: [Model.OpsetImport(version: 13)])
  }

  @Test(arguments: [true, false], [1, 2, 8])
  func onePlanForEveryShape(optimize: Bool, planCacheSize: Int) throws {
    let session = try Session(
      try flattening(), options: SessionOptions(optimize: optimize, planCacheSize: planCacheSize))
    #expect(session.outputs[0].type?.shape == ["N", .unknown])
    for (n, h) in [(1, 2), (4, 2), (1, 2), (2, 5), (0, 2), (4, 2)] {
      let x = try Tensor.counting([n, 3, h])
      #expect(try session.run(["x": x]) == ["y.out": try x.reshaped(to: [n, 3 * h])])
    }
  }

  @Test func manyTasksAtOnce() async throws {
    let session = try Session(try flattening(), options: SessionOptions(planCacheSize: 2))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<64 {
        group.addTask {
          let x = try Tensor.counting([1 + task % 5, 3, 2])
          #expect(try session.runHere(["x": x])["y.out"] == x.reshaped(to: [1 + task % 5, 6]))
        }
      }
      try await group.waitForAll()
    }
  }

  @Test(arguments: [
    SessionOptions(planCacheSize: 0), SessionOptions(threads: 0), SessionOptions(threads: 1025),
    SessionOptions(memoryLimit: 0),
  ])
  func optionsOutOfRange(options: SessionOptions) throws {
    #expect(try errorCode { _ = try Session(try flattening(), options: options) } == .invalidArgument)
  }

  @Test func aSymbolMeansOneSize() throws {
    var network = NetworkBuilder()
    let a = network.input(["N"], "a"), b = network.input(["N"], "b")
    var graph = try network.finished(try network.node("Add", [a, b]))
    graph.declaredShapes = .binding
    let session = try Session(model(graph))
    let error = #expect(throws: InfoldError.self) {
      try session.run(["a": try .counting([2]), "b": try .counting([3])])
    }
    #expect(error?.code == .invalidArgument)
    #expect(error?.reason.contains("the dimension N would be 3, but the input \"a\" sets it to 2") == true)
  }

  @Test(arguments: [
    ["x": try Tensor.counting([1, 4, 2])], ["x": try Tensor.counting([1, 3])],
    ["x": try Tensor(zeros: [1, 3, 2], of: .float64)], [:], ["x": try .counting([1, 3, 2]), "z": try .counting([1])],
  ])
  func inputsThatDoNotFit(inputs: [String: Tensor]) throws {
    let session = try Session(try flattening())
    #expect(try errorCode { _ = try session.run(inputs) } == .invalidArgument)
  }

  /// The model declares one row of boxes, and a run finds two.
  @Test(arguments: [true, false]) func declarationsThatARunProvesWrong(optimize: Bool) throws {
    var network = NetworkBuilder()
    let boxes = network.input([1, 2, 4], "boxes"), scores = network.input([1, 1, 2], "scores")
    let count = network.constant(try Tensor(scalar: Int64(2)))
    let y = try network.node("NonMaxSuppression", [boxes, scores, count])
    var graph = try network.finished(y)
    graph[y].type?.shape = [1, 3]
    let inputs = [
      "boxes": try Tensor(shape: [1, 2, 4], [0, 0, 1, 1, 5, 5, 6, 6] as [Float]),
      "scores": try Tensor(shape: [1, 1, 2], [1, 1] as [Float]),
    ]
    let options = SessionOptions(optimize: optimize)
    #expect(try Session(model(graph), options: options).run(inputs).values.first?.shape == [2, 3])
    graph.declaredShapes = .binding
    let session = try Session(model(graph), options: options)
    let error = #expect(throws: InfoldError.self) { try session.run(inputs) }
    #expect(error?.code == .invalidModel)
    #expect(error?.reason.contains("[2, 3]") == true)
  }

  /// A branch that depends on the shape of the input.
  @Test(arguments: [true, false]) func branchesByShape(optimize: Bool) throws {
    var network = NetworkBuilder()
    let x = network.input(["N"])
    let isOne = try network.node("Equal", [try network.node("Shape", [x]), network.constant(try .list(1))])
    let y = try network.choice(
      isOne, then: try NetworkBuilder.Branch(of: "x") { try $0.node("Neg", [$1]) },
      else: try NetworkBuilder.Branch(of: "x") { try $0.node("Identity", [$1]) })
    let session = try Session(
      try model(network.finished(try network.node("Relu", [y], name: "y"))), options: SessionOptions(optimize: optimize)
    )
    #expect(try session.run(["x": try Tensor(shape: [1], [-2] as [Float])])["y.out"]?.elements() == [2 as Float])
    #expect(
      try session.run(["x": try Tensor(shape: [2], [-2, 3] as [Float])])["y.out"]?.elements() == [0, 3 as Float])
  }

  @Test func whatCannotRunIsRefusedBeforeAnythingRuns() throws {
    var network = NetworkBuilder()
    let x = network.input(["N"])
    let isPositive = try network.node("Greater", [x, network.constant(try Tensor(scalar: Float(0)))])
    let same = try NetworkBuilder.Branch(of: "x") { $1 }
    let y = try network.choice(isPositive, then: same, else: same)
    let graph = try network.finished(try network.node("Mystery", [y]))
    let error = #expect(throws: InfoldError.self) { _ = try Session(try model(graph)) }
    #expect(error?.code == .unsupported)
    #expect(error?.description.contains("Mystery") == true)
  }

  @Test func defaultsMayBeLeftOut() throws {
    var network = NetworkBuilder()
    let x = network.input(["N", 2])
    let a = network.overridable(try .counting([2]), "a")
    let session = try Session(try model(network.finished(try network.node("Add", [x, a], name: "y"))))
    let x0 = try Tensor.counting([1, 2])
    #expect(try session.run(["x": x0])["y.out"]?.elements() == [0, 2 as Float])
    let other = try Tensor(shape: [2], [10, 20] as [Float])
    #expect(try session.run(["x": x0, "a": other])["y.out"]?.elements() == [10, 21 as Float])
  }

  /// y = a + b for a [N, C] and b [N, C] with a default of [1, 2].
  private func sumWithDefault(_ declaredShapes: DeclaredShapes = .advisory) throws -> Session {
    var network = NetworkBuilder()
    let a = network.input(["N", "C"], "a")
    let b = network.overridable(try .counting([1, 2]), "b", declared: ["N", "C"])
    var graph = try network.finished(try network.node("Add", [a, b], name: "y"))
    graph.declaredShapes = declaredShapes
    return try Session(model(graph))
  }

  /// A default value that is used determines symbols, like a tensor that is passed.
  @Test func defaultsBindSymbols() throws {
    let session = try sumWithDefault(.binding)
    #expect(try session.run(["a": .counting([1, 2])])["y.out"]?.elements() == [0, 2 as Float])
    let error = #expect(throws: InfoldError.self) { try session.run(["a": .counting([3, 2])]) }
    #expect(error?.code == .invalidArgument)
    #expect(
      error?.reason
        == "the default value of the input \"b\" has the shape [1, 2], so the dimension N would be 1, but the input \"a\" sets it to 3"
    )
    #expect(
      try sumWithDefault().run(["a": .counting([3, 2])])["y.out"]?.elements() == [0, 2, 2, 4, 4, 6 as Float])
    let b = try Tensor(zeros: [3, 2], of: .float32)
    #expect(try session.run(["a": .counting([3, 2]), "b": b])["y.out"] == .counting([3, 2]))
  }

  /// A shape that the model computes from the default value of an omitted input is known when the plan is made.
  @Test(arguments: [true, false]) func defaultsGiveShapes(optimize: Bool) throws {
    var network = NetworkBuilder()
    let x = network.input([6], "x")
    let like = network.overridable(try .counting([2, 3]), "like", declared: ["H", "W"])
    let y = try network.node("Reshape", [x, try network.node("Shape", [like])], name: "y")
    let session = try Session(try model(network.finished(y)), options: SessionOptions(optimize: optimize))
    let x0 = try Tensor.counting([6])
    #expect(try session.run(["x": x0])["y.out"] == .counting([2, 3]))
    #expect(try session.run(["x": x0, "like": .counting([3, 2])])["y.out"] == .counting([3, 2]))
    #expect(try session.run(["x": x0])["y.out"] == .counting([2, 3]))
  }

  @Test(arguments: [true, false]) func shapesThatAreChosenAhead(optimize: Bool) throws {
    let bound = try flattening().binding(inputs: ["x": [4, 3, 5]])
    let session = try Session(bound, options: SessionOptions(optimize: optimize))
    #expect(session.inputs[0].type?.shape == [4, 3, 5])
    #expect(session.outputs[0].type?.shape == [4, 15])
    let x = try Tensor.counting([4, 3, 5])
    #expect(try session.run(["x": x]) == ["y.out": x.reshaped(to: [4, 15])])
    let error = #expect(throws: InfoldError.self) { try session.run(["x": .counting([1, 3, 5])]) }
    #expect(error?.reason.contains("the model expects [4, 3, 5]") == true)
  }

  /// Sizes that a hostile model declares must not overflow when a plan adds and multiplies them.
  @Test(arguments: [[1 << 62, 3], [1 << 40, 1 << 20], [.max, 1], [0, 1 << 62, 4]])
  func sizesThatNoMemoryCanHold(sizes: [Int]) throws {
    var network = NetworkBuilder()
    let x = network.input(Shape(sizes))
    let y = try network.node("Transpose", [try network.node("Relu", [x])])
    let graph = try network.finished(y)
    #expect(try errorCode { _ = try Session(try model(graph)) } == .limitExceeded)
  }

  /// An input whose element type the model does not declare: a plan is for one type, even if shapes are the same.
  @Test func typesThatAreLeftOpen() throws {
    var network = NetworkBuilder()
    let x = network.input([4])
    var graph = try network.finished(try network.node("Mul", [x, x], name: "y"))
    for id in graph.valueIDs { graph[id].type = nil }
    let session = try Session(model(graph))
    func expect<Element: TensorElement & ExpressibleByIntegerLiteral>(_ type: Element.Type) throws {
      let y = try session.run(["x": Tensor(shape: [4], [1, 2, 3, 4] as [Element])])["y.out"]
      #expect(try y == Tensor(shape: [4], [1, 4, 9, 16] as [Element]))
    }
    for _ in 0..<2 {
      try expect(Float.self)
      try expect(Int32.self)
      try expect(Double.self)
    }
  }

  /// A constant that no longer has the type of its value is refused before a kernel relies on the type.
  @Test func constantsThatWereChanged() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 2, 4, 4])
    let graph = try network.finished(try network.node("Conv", [x, try network.weights([3, 2, 1, 1])], name: "y"))
    let weight = try #require(graph.valueIDs.first { graph[$0].initializer != nil })
    for wrong in [try Tensor(zeros: [3, 1, 1, 1], of: .float32), try Tensor(zeros: [3, 2, 1, 1], of: .float64)] {
      var edited = graph
      edited[weight].initializer = Initializer(wrong)
      #expect(try errorCode { _ = try Session(try model(edited)) } == .invalidArgument)
    }
  }
}
