import InfoldGraph
import InfoldOperators
import InfoldSystem

extension Graph {
  /// Checks that every node can be run, at the latest when the shapes of the inputs are known. An
  /// If whose condition depends only on shapes will have been replaced by one of its branches then.
  /// - Throws: `InfoldError` with `.unsupported` that lists every node that cannot be run, with the
  ///   reason for each.
  package func requireRunnableOnceBound() throws(InfoldError) {
    var others = self
    others.replaceNodes(nodes.filter { !($0.isConditional && dependsOnShapesAlone($0.inputs)) })
    try others.requireNoOpaqueNodes()
  }

  /// Returns whether `ids` are computed from constants and from the shapes of values.
  private func dependsOnShapesAlone(_ ids: [ValueID?]) -> Bool {
    var seen: Set<ValueID> = []
    var open = ids.compactMap { $0 }
    while let id = open.popLast() {
      guard !isConstant(id), seen.insert(id).inserted else { continue }
      guard let producer = index.producer(of: id), let operation = self[producer].typed else { return false }
      if type(of: operation).followsFromShapes { continue }
      open += self[producer].uses
    }
    return true
  }
}
