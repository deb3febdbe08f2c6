import BlurPool
import Infold
import Testing

@Suite struct HardTanhTests {
  /// A convolution with one weight, followed by HardTanh.
  private func model(_ weight: Float) throws(InfoldError) -> Model {
    var builder = ModelBuilder("hard", operators: .standard.adding(HardTanh.self))
    let x = try builder.input("x", shape: [1, 1, 2, 3])
    let scaled = try builder.convolution(x, weight: Tensor(shape: [1, 1, 1, 1], [weight]))
    let y = try builder.node(HardTanh.name, [scaled], domain: HardTanh.domain, version: 1)
    try builder.output(y, named: "y")
    return try builder.model()
  }

  @Test(arguments: [true, false]) func bounds(optimize: Bool) throws {
    let session = try Session(model(2), options: SessionOptions(optimize: optimize))
    let x = try Tensor(shape: [1, 1, 2, 3], [-3, -0.5, -0.25, 0, 0.25, 4] as [Float])
    #expect(try session.run(x).elements() == [-1, -1, -0.5, 0, 0.5, 1] as [Float])
  }

  @Test func runsInTheKernelOfTheConvolution() throws {
    let plan = try Session(model(2)).planDescription()
    let steps = plan.parts.flatMap(\.steps)
    #expect(!steps.contains { $0.algorithm == "reference" })
    #expect(steps.contains { $0.nodes.count == 2 }, "\(plan)")
  }
}
