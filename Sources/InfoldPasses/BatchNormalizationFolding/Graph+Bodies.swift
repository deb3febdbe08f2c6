import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// A body of an If or Loop, with everything that the outer graph reveals about it.
package struct NestedBody {
  /// The attribute that holds it.
  package let attribute: String
  /// The body as stored in the node.
  package let graph: Graph
  /// The body with inferred types, in which captured constants are known, or `nil` if the types
  /// contradict each other.
  package let typed: Graph?
}

extension Graph {
  /// Returns the bodies of a node, with everything that the graph knows about the values that they
  /// capture.
  package func bodies(of id: NodeID) -> [NestedBody] {
    let node = self[id]
    let outer = Dictionary(zip(node.attributes.capturedNames, node.captures)) { first, _ in first }
    return node.attributes.bodies.map { attribute, body in
      var typed = body
      for capture in body.captures {
        guard let value = outer[body[capture].name] else { continue }
        typed[capture].type = self[value].type ?? typed[capture].type
        typed[capture].known = constant(value)
      }
      typed.setInputTypes(ofLoop: node, in: self)
      var inference = Inference(typed)
      do throws(InfoldError) {
        try inference.run()
        return NestedBody(attribute: attribute, graph: body, typed: inference.graph)
      } catch {
        return NestedBody(attribute: attribute, graph: body, typed: nil)
      }
    }
  }

  /// Loop-carried values keep their element type but may change shape. The branches of an If have
  /// no inputs.
  private mutating func setInputTypes(ofLoop node: Node, in outer: Graph) {
    for (place, input) in inputs.enumerated() where self[input].type == nil {
      if place < 2 {
        self[input].type = TensorType(place == 0 ? .int64 : .bool, [])
      } else if place < node.inputs.count, let value = node.inputs[place], let type = outer[value].type {
        self[input].type = TensorType(type.elementType, nil)
      }
    }
  }

  /// Removes captures that are no longer read.
  mutating func dropUnusedCaptures() {
    let read = Set(outputs + nodes.flatMap { Array($0.uses) })
    captures = captures.filter(read.contains)
  }

  /// Registers the names of all values, including those in bodies.
  func takeNames(_ names: inout NameRegistry) {
    names.take(contentsOf: values.lazy.map(\.name))
    for node in nodes {
      for (_, body) in node.attributes.bodies { body.takeNames(&names) }
    }
  }

  /// Whether the graph or its bodies call model-local functions.
  var hasCalls: Bool {
    nodes.contains { node in node.body != nil || node.attributes.bodies.contains { $0.graph.hasCalls } }
  }

  /// The labels of the BatchNormalization nodes, including those in bodies and functions.
  package var normalizations: [String] {
    nodes.flatMap { node -> [String] in
      if node.isNormalization { return [label(of: node)] }
      if let body = node.body { return body.normalizations }
      return node.attributes.bodies.flatMap(\.graph.normalizations)
    }
  }
}

extension AttributeList {
  /// The graph attributes.
  var bodies: [(name: String, graph: Graph)] {
    entries.compactMap { entry in
      if case .graph(let graph) = entry.value { (entry.name, graph) } else { nil }
    }
  }
}

extension Node {
  /// Returns the same node with other bodies, which must not capture more than the old ones.
  func replacing(bodies attributes: AttributeList) throws(InfoldError) -> Node {
    let values = Dictionary(zip(self.attributes.capturedNames, captures)) { first, _ in first }
    var node = self
    node.captures = attributes.capturedNames.compactMap { values[$0] }
    return try node.replacing(attributes: attributes)
  }
}
