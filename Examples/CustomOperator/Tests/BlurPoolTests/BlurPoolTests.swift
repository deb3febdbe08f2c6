import BlurPool
import Infold
import Testing

@Suite struct BlurPoolTests {
  private let operators = OperatorRegistry.standard.adding(BlurPool.self)

  private func run(_ shape: [Int], _ pixels: [Float], stride: Int, optimize: Bool = true) throws -> Tensor {
    let model = try Model(bytes: blurredModel(stride: stride).serialized(), operators: operators)
    let session = try Session(model, options: SessionOptions(optimize: optimize))
    return try #require(try session.run(["x": Tensor(shape: shape, pixels)])["y"])
  }

  @Test(arguments: [true, false]) func blursAndSubsamples(optimize: Bool) throws {
    let y = try run([1, 1, 3, 3], [16, 0, 0, 0, 0, 0, 0, 0, 32], stride: 2, optimize: optimize)
    #expect(y.shape == [1, 1, 2, 2])
    #expect(try y.elements() == [9, 0, 0, 18 as Float])
  }

  @Test func keepsEveryPixel() throws {
    let y = try run([2, 1, 1, 2], [4, 8, 0, 4], stride: 1)
    #expect(try y.elements() == [5, 7, 1, 3 as Float])
  }

  @Test func runsOnNothing() throws {
    #expect(try run([0, 1, 4, 4], [], stride: 3).shape == [0, 1, 2, 2])
  }

  @Test func knowsTheShapeAhead() throws {
    let session = try Session(blurredModel(stride: 2))
    #expect(session.outputs[0].type == TensorType(.float32, ["N", 1, .unknown, .unknown]))
    let graph = try blurredModel(stride: 2).graph.binding(["H": 5, "W": 8])
    #expect(graph[graph.outputs[0]].type?.shape == ["N", 1, 3, 4])
  }

  @Test func refusesAStrideOfZero() throws {
    let error = #expect(throws: InfoldError.self) { _ = try blurredModel(stride: 0) }
    #expect(error?.code == .invalidModel)
  }
}
