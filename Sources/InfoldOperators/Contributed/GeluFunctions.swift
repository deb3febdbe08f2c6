import InfoldGraph
import InfoldSystem

/// com.microsoft Gelu: x · Φ(x), with the error function.
package struct ContributedGelu: ContributedFloatingPointOperator, AttributelessOperator {
  package static let name = "Gelu"
  package static let family = OperatorFamily.activation
  package static func arity(since version: Int) -> Arity { Arity(1) }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    [try network.add(Gelu.name, network.inputs)]
  }
}

/// com.microsoft BiasGelu: Gelu(A + B), where B is a list along the last dimension of A.
package struct BiasGelu: ContributedFloatingPointOperator, AttributelessOperator {
  package static let name = "BiasGelu"
  package static let family = OperatorFamily.activation
  package static func arity(since version: Int) -> Arity { Arity(2) }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    guard let sum = try network.sum(0, withRow: 1) else { return nil }
    return [try network.add(Gelu.name, [sum])]
  }
}

/// com.microsoft FastGelu: (X + bias) · Φ(X + bias), approximated by tanh, where the optional bias
/// is a list along the last dimension.
package struct FastGelu: ContributedFloatingPointOperator, AttributelessOperator {
  package static let name = "FastGelu"
  package static let family = OperatorFamily.activation
  package static func arity(since version: Int) -> Arity { Arity(inputs: 1...2) }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    guard let sum = try network.sum(0, withRow: 1) else { return nil }
    return [try network.add(Gelu.name, [sum], ["approximate": .string(Array("tanh".utf8))])]
  }
}

/// com.microsoft QuickGelu: x ÷ (1 + e^(−alpha · x)).
package struct QuickGelu: ContributedFloatingPointOperator {
  package static let name = "QuickGelu"
  package static let family = OperatorFamily.activation
  package static func arity(since version: Int) -> Arity { Arity(1) }

  private let alpha: Float

  package init(_ attributes: inout AttributeReader) throws(InfoldError) {
    alpha = try attributes.float("alpha") ?? 1.702
  }

  func compose(_ network: inout Composition) throws(InfoldError) -> [ValueID]? {
    [try network.add(Swish.name, network.inputs, ["alpha": .float(alpha)])]
  }
}

extension Composition {
  /// Adds an input and, if present, a list along its last dimension. Returns `nil` if the shapes
  /// are unknown.
  fileprivate mutating func sum(_ index: Int, withRow row: Int) throws(InfoldError) -> ValueID? {
    let x = try input(index)
    guard let row = self[row] else { return x }
    guard let shape = shape(x), let length = self.shape(row) else { return nil }
    guard length.rank == 1, let last = shape.last, last.merged(with: length[0]) != nil else {
      throw InfoldError(
        .invalidModel, "shape mismatch: the bias \(length) does not match the last dimension of \(shape)")
    }
    return try add(Add.name, [x, row])
  }
}
