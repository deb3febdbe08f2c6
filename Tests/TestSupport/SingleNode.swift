import InfoldGraph
import InfoldTensor

/// Runs a single node, and checks that the result of its shape rule matches that of its evaluation.
///
/// The shape rule is called twice: with the inputs' full types, and with one symbol per dimension, which must not contradict the result.
public func evaluate(
  _ opType: String, opset: Int, attributes: AttributeList = [:], _ inputs: [Tensor?], outputs outputCount: Int = 1,
  precision: EvaluationContext.Precision = .declared
) throws -> [Tensor?] {
  var graph = Graph()
  let ids = inputs.enumerated().map { index, tensor in
    tensor.map { graph.addInput("input\(index)", TensorType($0.elementType, Shape($0.shape))) }
  }
  let outputs = (0..<outputCount).map { graph.add(Value(name: "output\($0)")) }
  let node = try Node(opType: opType, opsetVersion: opset, attributes: attributes, inputs: ids, outputs: outputs)
  let exact = try node.inferOutputs(
    types: inputs.map { $0.map { TensorType($0.elementType, Shape($0.shape)) } }, constants: inputs)
  let symbolic = try node.inferOutputs(
    types: inputs.enumerated().map { index, tensor in
      tensor.map { tensor in
        TensorType(tensor.elementType, Shape(tensor.shape.indices.map { Dimension.symbol("d\(index)_\($0)") }))
      }
    },
    constants: inputs.map { _ in nil })
  let results = try node.evaluate(inputs, precision: precision)
  for (index, result) in results.enumerated() {
    guard let result else { continue }
    try require(
      exact[index].elementType == result.elementType || precision == .double,
      "output \(index) of \(opType) was inferred as \(exact[index]) and is \(result)")
    if let sizes = exact[index].shape?.sizes {
      try require(
        sizes == result.shape, "output \(index) of \(opType) was inferred as \(exact[index]) and is \(result)")
    }
    if let shape = symbolic[index].shape {
      try require(
        shape.rank == result.shape.count && zip(shape, result.shape).allSatisfy { $0.size == nil || $0.size == $1 },
        "output \(index) of \(opType) was inferred as \(symbolic[index]) from symbols and is \(result)")
      try requireConsistentSymbols(shape, inputs, result)
    }
  }
  return results
}

private func requireConsistentSymbols(_ shape: Shape, _ inputs: [Tensor?], _ result: Tensor) throws {
  for (dimension, size) in zip(shape, result.shape) {
    guard case .symbol(let name) = dimension else { continue }
    let parts = name.dropFirst().split(separator: "_").compactMap { Int($0) }
    guard parts.count == 2, let bound = inputs[parts[0]]?.shape[parts[1]] else { continue }
    try require(bound == size, "the symbol \(name) stands for \(bound), and the result has \(size)")
  }
}

/// A check that failed.
public struct Mismatch: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) {
    self.description = description
  }
}

/// Throws `Mismatch` unless `condition` holds.
public func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
  if !condition { throw Mismatch(message()) }
}
