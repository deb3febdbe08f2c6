import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// The layout of the operands of a tested node when it runs.
enum OperandLayout: CaseIterable {
  /// As the caller provides them.
  case rowMajor
  /// As a kernel for images leaves them, channels-last. For ranks other than 3 to 5, as the caller provides them.
  case channelsLast
  /// Like `channelsLast`, with the channels of another image between the pixels.
  case slice
}

extension NetworkBuilder {
  /// An input whose values have the layout `layout` when nodes read them.
  mutating func operand(_ shape: [Int], _ layout: OperandLayout, _ name: String = "x") throws -> ValueID {
    let x = input(Shape(shape), name)
    guard layout != .rowMajor, (3...5).contains(shape.count) else { return x }
    let window = Array(repeating: 1, count: shape.count - 2)
    guard layout == .slice else { return try node("MaxPool", [x], ["kernel_shape": .ints(window.map { Int64($0) })]) }
    let pair = try node("Concat", [x, x], ["axis": .int(1)])
    let image = try node("MaxPool", [pair], ["kernel_shape": .ints(window.map { Int64($0) })])
    let range = try [0, shape[1], 1].map { constant(try .list(Int64($0))) }
    return try node("Slice", [image] + range)
  }

  /// An image after a kernel that reads it channels-last; other values unchanged.
  mutating func consumed(_ y: ValueID, rank: Int) throws -> ValueID {
    guard (3...5).contains(rank) else { return try node("Neg", [y]) }
    return try node("MaxPool", [y], ["kernel_shape": .ints(Array(repeating: 1, count: rank - 2))])
  }
}

/// Expects that every node of a network has a kernel, and that the results match the double-precision reference.
/// - Parameter tolerance: The permitted error, relative to the largest number of each output.
func expectKernels(
  _ graph: Graph, opset: Int = 13, seed: UInt64 = 7, range: ClosedRange<Float> = -2...2, tolerance: Double = 2e-6,
  _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  var random = SplitMix64(seed: seed)
  var tensors: [ValueID: Tensor] = [:]
  for id in graph.inputs { tensors[id] = try random.tensor(try #require(graph[id].type?.shape?.sizes), in: range) }
  let inputs = Dictionary(uniqueKeysWithValues: tensors.map { (graph[$0].name, $1) })
  let expected = Dictionary(
    zip(graph.outputs.map { graph[$0].name }, try ReferenceEvaluator(graph, precision: .double).run(tensors))
  ) { first, _ in first }
  let model = Model(graph: graph, opsetImports: [Model.OpsetImport(version: opset)])
  for threads in [1, 3] {
    let session = try Session(model, options: SessionOptions(threads: threads, precision: .exact))
    let steps = try session.layerTimes(inputs, runs: 1)
    let references = steps.filter { $0.algorithm == "reference" }.map(\.operation)
    #expect(references == [], comment, sourceLocation: sourceLocation)
    for (name, result) in try session.run(inputs) {
      let wanted = try #require(expected[name])
      #expect(result.shape == wanted.shape, comment, sourceLocation: sourceLocation)
      let numbers = try result.elements(as: Float.self), exact = try wanted.widened().elements(as: Double.self)
      let scale = exact.reduce(1) { max($0, $1.magnitude) }
      let error = zip(numbers, exact).reduce(0) { max($0, (Double($1.0) - $1.1).magnitude) }
      #expect(error <= tolerance * scale, comment, sourceLocation: sourceLocation)
    }
  }
}
