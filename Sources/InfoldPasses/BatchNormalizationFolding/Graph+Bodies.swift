import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// A body of an If or Loop, with what is known of it from outside.
package struct NestedBody {
  /// The attribute that holds it.
  package let attribute: String
  /// The body as the node has it.
  package let graph: Graph
  /// The body in which the constants that it captures are known, with the types of its values inferred; `nil` where they contradict
  /// each other.
  package let typed: Graph?
}

extension Graph {
  /// The bodies of a node, with what the graph knows of the values that they take.
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

  /// What a Loop carries keeps its type, and may change its shape. The branches of an If have no inputs.
  private mutating func setInputTypes(ofLoop node: Node, in outer: Graph) {
    for (place, input) in inputs.enumerated() where self[input].type == nil {
      if place < 2 {
        self[input].type = TensorType(place == 0 ? .int64 : .bool, [])
      } else if place < node.inputs.count, let value = node.inputs[place], let type = outer[value].type {
        self[input].type = TensorType(type.elementType, nil)
      }
    }
  }

  /// Takes captures that nothing reads any more off the list.
  mutating func dropUnusedCaptures() {
    let read = Set(outputs + nodes.flatMap { Array($0.uses) })
    captures = captures.filter(read.contains)
  }

  /// Takes the names of all values, those of bodies included.
  func takeNames(_ names: inout NameRegistry) {
    names.take(contentsOf: values.lazy.map(\.name))
    for node in nodes {
      for (_, body) in node.attributes.bodies { body.takeNames(&names) }
    }
  }

  /// Whether functions of the model are called, in bodies or outside.
  var hasCalls: Bool {
    nodes.contains { node in node.body != nil || node.attributes.bodies.contains { $0.graph.hasCalls } }
  }

  /// The BatchNormalization nodes, as errors call them, those in bodies and functions included.
  package var normalizations: [String] {
    nodes.flatMap { node -> [String] in
      if node.isNormalization { return [label(of: node)] }
      if let body = node.body { return body.normalizations }
      return node.attributes.bodies.flatMap(\.graph.normalizations)
    }
  }
}

extension AttributeList {
  /// The attributes that are graphs.
  var bodies: [(name: String, graph: Graph)] {
    entries.compactMap { entry in
      if case .graph(let graph) = entry.value { (entry.name, graph) } else { nil }
    }
  }
}

extension Node {
  /// The same node with other bodies, which capture no more than the old ones.
  func replacing(bodies attributes: AttributeList) throws(InfoldError) -> Node {
    let values = Dictionary(zip(self.attributes.capturedNames, captures)) { first, _ in first }
    var node = self
    node.captures = attributes.capturedNames.compactMap { values[$0] }
    return try node.replacing(attributes: attributes)
  }
}
