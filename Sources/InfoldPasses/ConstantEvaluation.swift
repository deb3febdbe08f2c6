import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Evaluates nodes whose inputs are constants, where the results are not too large: what a session computes ahead, and folding may
/// write into a file.
struct ConstantEvaluation {
  /// What the results of a node may take in general.
  static let usualByteLimit = 1 << 20

  /// The bytes that the results of a node may take, however small its inputs are. Up to four times its inputs they may take in any
  /// case.
  var byteLimit = usualByteLimit

  /// The outputs of `node`; `nil` when an input is no constant, or the outputs are too large.
  /// - Parameter constant: The tensor of a value that is the same in every run.
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
    // Elements of half a byte count as one.
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
