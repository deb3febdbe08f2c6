import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Has a network of float16 or bfloat16 compute in float32, for which there are kernels.
///
/// Constants are widened, which is exact; a Cast to float32 stands behind graph inputs, and one to the model's type before graph outputs. In
/// between, nodes compute in float32 whose operators do the same there (`Operator.widening`), and whose shape rules say so. A Cast that
/// the model has to a narrow type rounds as before; one from a narrow type to float32 vanishes. A node that is to have the model's
/// type, with bodies for instance, gets Casts around it.
///
/// What the narrow type could not hold is so held between two nodes, numbers beyond 65504 too, unless every result is rounded.
package struct WidenNarrowTypes: GraphPass {
  package static let name = "compute float16 and bfloat16 in float32"

  private let roundsResults: Bool

  /// The pass.
  /// - Parameter roundsResults: Whether the results of every node are rounded to the model's type.
  package init(roundsResults: Bool) {
    self.roundsResults = roundsResults
  }

  package func run(on graph: consuming Graph) throws(InfoldError) -> PassResult {
    guard graph.mayHaveNarrowValues else { return PassResult(graph: graph) }
    var inference = Inference(consume graph)
    try inference.run()
    guard inference.graph.mayHaveNarrowValues else { return PassResult(graph: inference.graph) }
    var widening = NetworkWidening(consume inference, roundsResults: roundsResults)
    return try widening.widened()
  }
}

extension Graph {
  /// Whether a value has a narrow type, or a type that is not known.
  fileprivate var mayHaveNarrowValues: Bool {
    values.contains { $0.type?.elementType.isNarrow ?? ($0.initializer?.tensor?.elementType.isNarrow ?? false) }
      || nodes.contains { node in node.definitions.contains { self[$0].type == nil } }
  }
}

extension Graph {
  /// Whether a node computes a value of a narrow type, or one with bodies gives one: not only Casts and constants do.
  var computesInNarrowTypes: Bool {
    nodes.contains { node in
      guard let typed = node.typed, type(of: typed).widening != .conversion, typed.constantOutput == nil else {
        return false
      }
      return node.definitions.contains { self[$0].type?.elementType.isNarrow ?? false }
    }
  }
}

extension ElementType {
  /// Whether it is one of the floating-point types of 16 bits.
  var isNarrow: Bool { self == .float16 || self == .bfloat16 }
}
