import InfoldGraph
import InfoldSystem
import InfoldTensor

/// An evaluator of nodes with constant inputs whose results are small enough. A session evaluates
/// them ahead of time, and folding may write the results into a model.
struct ConstantEvaluation {
  /// The default limit on the size of a node's results in bytes.
  static let defaultByteLimit = 1 << 20

  /// The maximum size of a node's results in bytes, however small its inputs are. Results of up to
  /// four times the size of the inputs are always allowed.
  var byteLimit = defaultByteLimit

  /// Returns the outputs of `node`, or `nil` if an input is not constant or the outputs are too
  /// large.
  /// - Parameter constant: Returns the tensor of a value that is the same in each run.
  func outputs(of node: Node, _ constant: (ValueID) -> Tensor?) throws(InfoldError) -> [Tensor?]? {
    guard let typed = node.typed, !(typed is any BodyOperator) else { return nil }
    var inputs: [Tensor?] = []
    for input in node.inputs {
      let tensor = input.flatMap(constant)
      guard input == nil || tensor != nil else { return nil }
      inputs.append(tensor)
    }
    let types = try node.inferOutputs(OperatorInputs(inputs, outputCount: node.outputs.count))
    guard let size = byteCount(of: zip(node.outputs, types).filter { $0.0 != nil }.map(\.1)) else { return nil }
    // Elements of half a byte count as one byte.
    let given = inputs.reduce(0) { $0 + max($1?.byteCount ?? 0, $1?.count ?? 0) }
    return size <= max(byteLimit, 4 * given) ? try node.evaluate(inputs) : nil
  }

  private func byteCount(of types: [TensorType]) -> Int? {
    var sum = 0
    for type in types {
      guard let count = type.shape?.sizes.flatMap(checkedProduct), let bytes = type.elementType.byteCount(of: count)
      else {
        return nil
      }
      let (next, overflow) = sum.addingReportingOverflow(bytes)
      guard !overflow else { return nil }
      sum = next
    }
    return sum
  }
}
