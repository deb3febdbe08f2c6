import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import RandomGraphs
import TestSupport
import Testing

/// Networks that were converted to float16 and bfloat16. They have the same steps as in float32, and give the same results, rounded.
@Suite(.enabled(if: isOptimizedBuild, "whole networks take minutes without optimization"))
struct NarrowNetworkTests {
  private func expectTwin(of model: Model, _ type: ElementType, _ shape: [Int]) throws {
    var narrow = model
    try narrow.graph.narrow(to: type)
    var twin = narrow
    try twin.graph.widen(from: type)
    let session = try Session(narrow), twinSession = try Session(twin)
    let input = try Tensor.random(seed: 1, shape).converted(to: type)
    let wide = try input.converted(to: .float32)
    let given = try session.run(input), expected = try twinSession.run(wide)
    #expect(given.elementType == type)
    #expect(try given == expected.converted(to: type))
    let steps = try session.layerTimes([session.inputs[0].name: input], runs: 1).map(\.algorithm)
    let twinSteps = try twinSession.layerTimes([session.inputs[0].name: wide], runs: 1).map(\.algorithm)
    #expect(steps == ["cast"] + twinSteps + ["cast"])
  }

  @Test(arguments: [ElementType.float16, .bfloat16]) func efficientNet(type: ElementType) throws {
    let model = try Model(path: repositoryFolder + "/Models/efficientnet-lite0.onnx", operators: .standard)
    try expectTwin(of: model, type, [1, 3, 224, 224])
  }

  @Test(arguments: ["shufflenet", "squeezenet"]) func zoo(network: String) throws {
    try expectTwin(of: Zoo.model(network), .float16, [1, 3, 224, 224])
  }
}
