import InfoldGraph
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import Synchronization
import TestSupport
import Testing

/// Reported layers in bodies of If and Loop, whose time is part of the node that contains them.
@Suite struct BodyLayerTests {
  /// Records what is reported.
  private final class Log: SessionObserver {
    let layers = Mutex<[(layer: Layer, time: Range<UInt64>)]>([])
    let runs = Mutex<[Range<UInt64>]>([])
    let observesLayers = true

    func didRun(error: InfoldError?, during time: Range<UInt64>) { runs.withLock { $0.append(time) } }
    func didRun(_ layer: Layer, during time: Range<UInt64>) { layers.withLock { $0.append((layer, time)) } }
  }

  private static func inputs(_ choice: Bool, trips: Int64) throws -> [String: Tensor] {
    [
      "x": try Tensor(shape: [2, 3], [-1, 2, -3, 4, -5, 6] as [Float]), "choice": try Tensor(scalar: choice),
      "trips": try Tensor(scalar: trips),
    ]
  }

  /// Plans of bodies are made ahead of time, or by the run that first knows the shapes. Both know their nesting depth.
  @Test(arguments: [[2, 3], ["N", 3]] as [Shape], [true, false]) func depths(shape: Shape, choice: Bool) throws {
    let log = Log()
    let session = try Session(NetworkBuilder.nestedBodies(shape).model, observer: log)
    _ = try session.run(Self.inputs(choice, trips: 3))
    let layers = log.layers.withLock { $0 }
    func operations(_ depth: Int) -> [String] { layers.filter { $0.layer.depth == depth }.map(\.layer.operation) }
    let function = choice ? "Exp" : "Tanh"
    #expect(operations(0).filter { $0 == "Loop" || $0 == "Neg" } == ["Neg", "Loop"])
    #expect(operations(1).filter { $0 == "Relu" || $0 == "If" } == ["Relu", "If", "Relu", "If", "Relu", "If"])
    #expect(operations(2).filter { $0 == function } == [function, function, function])
    #expect(layers.allSatisfy { $0.layer.depth <= 2 })
  }

  /// The layers of the model's own graph make up the run. Those of bodies are part of the layer that is reported after them.
  @Test func times() throws {
    let log = Log()
    let session = try Session(NetworkBuilder.nestedBodies([2, 3]).model, observer: log)
    _ = try session.run(Self.inputs(true, trips: 4))
    let layers = log.layers.withLock { $0 }
    let run = try #require(log.runs.withLock { $0.first })
    #expect(layers.filter { $0.layer.depth == 0 }.reduce(0) { $0 + $1.time.count } <= run.count)
    for (index, (layer, time)) in layers.enumerated() where layer.depth > 0 {
      let outer = try #require(layers[index...].first { $0.layer.depth == layer.depth - 1 })
      #expect(["If", "Loop"].contains(outer.layer.operation))
      #expect(outer.time.lowerBound <= time.lowerBound && time.upperBound <= outer.time.upperBound)
    }
  }

  /// A step that runs for each image of a batch, or for each iteration of a loop, reports the products of all of them.
  @Test func repetitions() throws {
    var network = NetworkBuilder()
    let x = network.input([4, 8, 48, 48])
    let graph = try network.finished(try network.node("Conv", [x, try network.weights([16, 8, 3, 3])]))
    let batch = try Session(graph.model).layerTimes(graph.randomInputs(), runs: 2)
    let convolution = try #require(batch.first { $0.operation == "Conv" && $0.multiplyAccumulates > 0 })
    #expect(convolution.repetitions == 4)
    #expect(convolution.multiplyAccumulates == 4 * 16 * 8 * 9 * 46 * 46)
    let loop = try Session(NetworkBuilder.nestedBodies([2, 3]).model)
      .layerTimes(Self.inputs(true, trips: 5), runs: 1)
    let outer = try #require(loop.first { $0.operation == "Loop" })
    #expect(outer.repetitions == 1)
    #expect(outer.bodies.allSatisfy { $0.repetitions == 5 } && !outer.bodies.isEmpty)
  }

  /// `layerTimes` lists the steps of the plan, with those of bodies nested, each once for all iterations.
  @Test(arguments: [[2, 3], ["N", 3]] as [Shape]) func layerTimes(shape: Shape) throws {
    let session = try Session(NetworkBuilder.nestedBodies(shape).model)
    for (choice, function) in [(true, "Exp"), (false, "Tanh")] {
      let times = try session.layerTimes(Self.inputs(choice, trips: 3), runs: 3)
      let plan = try session.planDescription(for: ["x": [2, 3], "choice": [], "trips": []])
      #expect(times.map(\.operation) == plan.parts[0].steps.map(\.operation))
      let loop = try #require(times.first { $0.operation == "Loop" })
      #expect(times.allSatisfy { $0.bodies.isEmpty || $0 == loop })
      #expect(loop.bodies.filter { ["Relu", "If"].contains($0.operation) }.map(\.operation) == ["Relu", "If"])
      let branch = try #require(loop.bodies.first { $0.operation == "If" })
      // Nothing of the other branch has run.
      #expect(branch.bodies.contains { $0.operation == function })
      #expect(!branch.bodies.contains { ["Exp", "Tanh"].contains($0.operation) && $0.operation != function })
      for outer in [loop, branch] {
        #expect(outer.bodies.reduce(0) { $0 + $1.lastRun.count } <= outer.lastRun.count)
        #expect(outer.bodies.allSatisfy { outer.lastRun.contains($0.lastRun.lowerBound) })
      }
    }
    // A loop without iterations has no steps.
    let idle = try session.layerTimes(Self.inputs(true, trips: 0), runs: 1)
    #expect(idle.first { $0.operation == "Loop" }?.bodies == [])
  }
}
