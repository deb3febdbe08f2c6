import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import Synchronization
import TestSupport
import Testing

/// Sessions that tasks load, that are warmed up for given shapes, and that are printed.
@Suite struct PreparationTests {
  private final class Log: SessionObserver {
    let shapes = Mutex<[[[Int]]]>([])
    func didPlan(_ plan: PlanSummary, during time: Range<UInt64>) { shapes.withLock { $0.append(plan.inputShapes) } }
  }

  private static func model() throws -> Model {
    var network = NetworkBuilder()
    let x = network.input(["N", 4]), fixed = network.input([1, 4], "b")
    let scale = network.overridable(try Tensor(repeating: 2 as Float, shape: [4]), "scale")
    let sum = try network.node("Add", [x, fixed])
    return try network.finished(network.node("Mul", [sum, scale], name: "y")).model
  }

  @Test func loads() async throws {
    let model = try Self.model()
    let session = try await Session.load(model, options: SessionOptions(threads: 1))
    let ones = try Tensor(repeating: 1 as Float, shape: [1, 4])
    #expect(try await session.run(["x": ones, "b": ones]).values.first?.elements() == [4, 4, 4, 4] as [Float])
    await #expect(throws: InfoldError.self) {
      try await Session.load(model, options: SessionOptions(planCacheSize: 0))
    }
  }

  @Test func loadingIsCancelled() async throws {
    let model = try Self.model()
    let task = Task { () -> InfoldError.Code? in
      while !Task.isCancelled { await Task.yield() }
      do throws(InfoldError) {
        _ = try await Session.load(model)
        return nil
      } catch { return error.code }
    }
    task.cancel()
    #expect(await task.value == .cancelled)
  }

  @Test func warmsUpByShapes() throws {
    let log = Log()
    let session = try Session(Self.model(), options: SessionOptions(threads: 1), observer: log)
    try session.warmUp(shapes: ["x": [3, 4]])
    #expect(log.shapes.withLock { $0 } == [[[3, 4], [1, 4], [4]]])
    let x = try Tensor(zeros: [3, 4], of: .float32), b = try Tensor(zeros: [1, 4], of: .float32)
    _ = try session.run(["x": x, "b": b])
    #expect(log.shapes.withLock { $0.count } == 1)
    #expect(try errorCode { try session.warmUp() } == .invalidArgument)
    #expect(try errorCode { try session.warmUp(shapes: ["x": [3, 4], "z": [1]]) } == .invalidArgument)
    #expect(try errorCode { try session.warmUp(shapes: ["x": [3, 5]]) } == .invalidArgument)
    #expect(try errorCode { try session.warmUp(shapes: ["x": [-3, 4]]) } == .invalidArgument)
  }

  @Test func oneTensorForATask() async throws {
    var network = NetworkBuilder()
    let x = network.input(["N", 2])
    let session = try Session(network.finished(network.node("Relu", [x])).model)
    let input = try Tensor(shape: [1, 2], [-1, 1] as [Float])
    #expect(try await session.run(input).elements() == [0, 1] as [Float])
    let two = try Session(Self.model())
    await #expect(throws: InfoldError.self) { try await two.run(input) }
  }

  @Test func descriptions() throws {
    var network = NetworkBuilder()
    let x = network.input(["N", 64])
    let y = try network.node("MatMul", [x, network.weights([64, 64])], name: "y")
    var model = try network.finished(y).model
    model.path = "a folder/model.onnx"
    let values = "(x: float32 [N, 64]) to (y.out: float32 [N, 64])"
    #expect("\(model)" == #"model "a folder/model.onnx", opset 13: graph "test" of 1 node, "# + values)
    #expect("\(model.graph.nodes[0])" == #"node "y" (MatMul)"#)
    var text = ""
    dump(model, to: &text)
    print(model.graph, model.graph.values, model.graph.nodes, to: &text)
    debugPrint(model, try Session(model), to: &text)
    #expect(text.utf8.count < 2000, "\(text)")
    let session = try Session(model)
    #expect("\(session)" == #"session of "a folder/model.onnx": "# + values)
  }
}
