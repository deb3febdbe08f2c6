import InfoldGraph
import InfoldONNX
import InfoldOperators
import InfoldSystem

extension ConformanceCase {
  /// The operators of the model's nodes, including those in functions and in bodies of If and Loop.
  /// Names of operators outside ONNX's own domain are prefixed with the domain and a period.
  /// - Throws: `InfoldError` if the model cannot be read.
  public func operators() throws(InfoldError) -> Set<String> {
    var names: Set<String> = []
    var waiting = [try Model(path: model, operators: .standard).graph]
    while let graph = waiting.popLast() {
      for node in graph.nodes {
        if let body = node.body {
          waiting.append(body)
        } else {
          for case .graph(let body) in node.attributes.entries.map(\.value) { waiting.append(body) }
          names.insert(node.domain.isEmpty ? node.opType : node.domain + "." + node.opType)
        }
      }
    }
    return names
  }

  /// The operators of the model that `registry` does not contain.
  public func missingOperators(in registry: OperatorRegistry = .standard) throws(InfoldError) -> Set<String> {
    let known = registry.all.map { $0.domain.isEmpty ? $0.name : $0.domain + "." + $0.name }
    return try operators().subtracting(known)
  }
}
