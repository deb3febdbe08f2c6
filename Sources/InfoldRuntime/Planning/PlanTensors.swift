import InfoldGraph
import InfoldTensor

/// The tensors that a plan's runs hold: inputs, outputs, and values passed between steps that work
/// on whole tensors.
struct PlanTensors: Sendable {
  /// An output of the graph.
  enum Output {
    /// A tensor of these sizes that steps write through buffers.
    case written(sizes: [Int], ElementType, buffers: [Int])
    /// A tensor that a step creates, by the index of its value.
    case made(Int)
    /// An input or a constant, by the index of its value.
    case held(Int)
    /// The same value as an earlier output.
    case same(Int)
  }

  /// The value indices of the inputs.
  let inputs: [Int]
  /// The outputs, in the graph's order.
  let outputs: [Output]
  /// The constants that a step or a caller uses as tensors.
  let constants: [(value: Int, tensor: Tensor)]
  /// The buffers in the memory of input tensors, with the indices of the inputs.
  let inputBuffers: [(buffer: Int, input: Int)]
  /// The indices of the inputs that steps read as tensors.
  let readInputs: [Int]
  /// For each step, the buffers in the memory of tensors that it creates.
  let bindings: [[(buffer: Int, value: Int)]]
  /// For each step, the tensors whose last use it is.
  let ending: [[Int]]
  /// The number of values in the graph. Tensors are identified by value index.
  let valueCount: Int
  /// The names of the values that steps use as tensors, by value index.
  let names: [Int: String]
  /// The names of the outputs.
  let outputNames: [String]

  /// Collects the tensors from a builder whose steps are complete.
  init(_ builder: PlanBuilder) {
    let graph = builder.graph
    let (steps, buffers) = (builder.steps, builder.buffers)
    valueCount = graph.values.count
    inputs = graph.inputs.map(\.index)
    outputNames = graph.outputs.map { graph[$0].name }
    // Constants that no step reads as a tensor are released: kernels use them in packed form.
    let isKept = Set((graph.inputs + graph.outputs).map(\.index))
    constants = graph.valueIDs.compactMap { id in
      guard builder.lastReads[id.index] != nil || isKept.contains(id.index) else { return nil }
      return graph[id].initializer?.tensor.map { (id.index, $0) }
    }
    let used = steps.map(\.step.tensors)
    names = Dictionary(
      (used.flatMap { $0.reads + $0.writes } + buffers.compactMap(\.tensor)).map { ($0, graph.values[$0].name) }
    ) { first, _ in first }

    var producers: [Int: Int] = [:]
    for (index, tensors) in used.enumerated() {
      for value in tensors.writes { producers[value] = index }
    }
    let places = Dictionary(inputs.enumerated().map { ($1, $0) }) { first, _ in first }
    var bindings = [[(buffer: Int, value: Int)]](repeating: [], count: steps.count)
    var inputBuffers: [(buffer: Int, input: Int)] = []
    for (index, buffer) in buffers.enumerated() {
      guard let value = buffer.tensor else { continue }
      if let step = producers[value] {
        bindings[step].append((index, value))
      } else if let input = places[value] {
        inputBuffers.append((index, input))
      }
    }
    self.bindings = bindings
    self.inputBuffers = inputBuffers
    readInputs = Set(used.flatMap(\.reads).compactMap { places[$0] }).sorted()

    let outputValues = Set(graph.outputs.map(\.index))
    var ending = [[Int]](repeating: [], count: steps.count)
    for value in producers.keys.sorted() where !outputValues.contains(value) {
      if let last = builder.lastReads[value] { ending[last].append(value) }
    }
    self.ending = ending

    var written = [[Int]](repeating: [], count: graph.outputs.count)
    for index in buffers.indices {
      if case .output(let output) = buffers[index].source { written[output].append(index) }
    }
    outputs = graph.outputs.enumerated().map { index, id in
      let first = builder.outputIndices[id.index]!
      if first < index { return .same(first) }
      guard builder.isTensor[id.index] else {
        return .written(sizes: builder.plannedSizes(id)!, graph[id].type!.elementType, buffers: written[index])
      }
      return producers[id.index] == nil ? .held(id.index) : .made(id.index)
    }
  }
}
