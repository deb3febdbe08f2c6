import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The tensors of a node that is computed on whole tensors rather than with kernels.
struct NodeTensors: Sendable {
  /// The source of an input.
  enum Operand: Sendable {
    /// The tensor that the run state holds for the value with this index.
    case tensor(Int)
    /// Row-major planned memory, which is copied.
    case memory(Location, sizes: [Int], ElementType)
  }

  /// The name of the node in errors.
  let label: String
  let inputs: [Operand?]
  /// The indices of the output values.
  let outputs: [Int?]
  /// The output types that the plan assumes. The model may have declared types that can be proved
  /// wrong only at run time.
  let types: [TensorType?]

  /// The indices of the values that are tensors in the run state.
  var indices: (reads: [Int], writes: [Int]) {
    let reads = inputs.compactMap { input -> Int? in
      if case .tensor(let index)? = input { index } else { nil }
    }
    return (reads, outputs.compactMap { $0 })
  }

  /// Stores the results of `body` in the run state, or the error that it throws.
  func compute(in state: RunState, _ body: ([Tensor?]) throws(InfoldError) -> [Tensor?]) {
    do throws(InfoldError) {
      try state.context!.factory.budget.charging { () throws(InfoldError) in
        let operands = try operands(in: state)
        try store(annotatingErrors({ $0.atNode(label) }) { () throws(InfoldError) in try body(operands) }, in: state)
      }
    } catch {
      state.failure = error
    }
  }

  private func operands(in state: RunState) throws(InfoldError) -> [Tensor?] {
    var operands: [Tensor?] = []
    for input in inputs {
      switch input {
      case .tensor(let index): operands.append(state.tensors[index])
      case .memory(let location, let sizes, let elementType):
        var tensor = try Tensor(zeros: sizes, of: elementType)
        try tensor.withUnsafeMutableBytes { bytes in
          bytes.copyMemory(from: UnsafeRawBufferPointer(start: state.address(location), count: bytes.count))
          let offset = location.format.offset
          if offset != 0 { for index in bytes.indices { bytes[index] ^= offset } }
        }
        operands.append(tensor)
      case nil: operands.append(nil)
      }
    }
    return operands
  }

  private func store(_ results: [Tensor?], in state: RunState) throws(InfoldError) {
    for (index, output) in outputs.enumerated() {
      guard let output, let result = results[index] else { continue }
      if let type = types[index], result.elementType != type.elementType {
        throw InfoldError(
          .invalidModel, "the output \(index) is \(result), but the model declares it as \(type)", node: label)
      }
      if let shape = types[index]?.shape, !shape.admits(result.shape) {
        throw InfoldError(
          .invalidModel, "the output \(index) has the shape \(result.shape), but the model declares it as \(shape)",
          node: label)
      }
      state.tensors[output] = result
    }
  }
}
