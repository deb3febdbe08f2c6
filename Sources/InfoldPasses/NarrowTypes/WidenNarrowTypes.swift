import InfoldGraph
import InfoldSystem
import InfoldTensor

/// Makes a float16 or bfloat16 network compute in float32, for which there are kernels.
///
/// Constants are widened, which is exact. A Cast to float32 follows each graph input, and a Cast to
/// the model's type precedes each graph output. In between, nodes compute in float32 if their
/// operators do the same there (`Operator.widening`) and their shape rules agree. The model's own
/// Casts to a narrow type round as before. Casts from a narrow type to float32 are removed. Nodes
/// that must have the model's type, such as those with bodies, are surrounded by Casts.
///
/// Numbers between two nodes may therefore exceed the precision and range of the narrow type, such
/// as numbers beyond 65504, unless every result is rounded.
package struct WidenNarrowTypes: GraphPass {
  package static let name = "compute float16 and bfloat16 in float32"

  private let roundsResults: Bool

  /// Creates the pass.
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
  /// Whether any value has a narrow or unknown type.
  fileprivate var mayHaveNarrowValues: Bool {
    values.contains { $0.type?.elementType.isNarrow ?? ($0.initializer?.tensor?.elementType.isNarrow ?? false) }
      || nodes.contains { node in node.definitions.contains { self[$0].type == nil } }
  }
}

extension Graph {
  /// Whether a node computes a value of a narrow type. Casts and constants do not count, but nodes
  /// with bodies do.
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
  /// Whether this is a 16-bit floating-point type.
  var isNarrow: Bool { self == .float16 || self == .bfloat16 }
}
