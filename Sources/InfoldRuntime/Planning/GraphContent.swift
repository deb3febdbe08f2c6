import InfoldGraph
import InfoldTensor

/// The computation of a graph, without its names. Graphs with equal contents have equal steps.
struct GraphContent: Equatable {
  private var inputs: [Value] = []
  private var nodes: [Node] = []
  private var outputs: [Int] = []

  fileprivate struct Node: Equatable {
    var opType: String
    var domain: String
    var opsetVersion: Int
    var attributes: [String: Attribute]
    var inputs: [Operand]
    var outputs: [Value?]
  }

  fileprivate enum Operand: Equatable {
    case none
    /// The value with this number, counted in order of definition.
    case value(Int)
    /// A small constant, by its elements.
    case elements(ElementType, [Int], [UInt8])
    /// A large constant, by the identity of its memory.
    case tensor(UInt64, ElementType, [Int])
  }

  fileprivate struct Value: Equatable {
    var number: Int
    var elementType: ElementType
    var sizes: [Int]
  }

  fileprivate enum Attribute: Equatable {
    case int(Int64)
    case float(UInt32)
    case string([UInt8])
    case ints([Int64])
    case floats([UInt32])
    case strings([[UInt8]])
  }

  /// The maximum size of a constant that is compared by its elements, in bytes.
  fileprivate static let smallByteCount = 4096

  fileprivate init?(_ graph: Graph) {
    var numbers: [ValueID: Int] = [:]
    func value(_ id: ValueID) -> Value? {
      guard let type = graph[id].type, let sizes = type.shape?.sizes else { return nil }
      numbers[id] = numbers.count
      return Value(number: numbers[id]!, elementType: type.elementType, sizes: sizes)
    }
    for id in graph.inputs {
      guard graph[id].initializer == nil, let input = value(id) else { return nil }
      inputs.append(input)
    }
    for node in graph.nodes {
      var content = Node(
        opType: node.opType, domain: node.domain, opsetVersion: node.opsetVersion, attributes: [:], inputs: [],
        outputs: [])
      for entry in node.attributes.entries {
        guard let attribute = Attribute(entry.value) else { return nil }
        content.attributes[entry.name] = attribute
      }
      for input in node.inputs {
        guard let operand = Operand(input, numbers, graph) else { return nil }
        content.inputs.append(operand)
      }
      for output in node.outputs {
        let made = output.flatMap(value)
        guard output == nil || made != nil else { return nil }
        content.outputs.append(made)
      }
      nodes.append(content)
    }
    for output in graph.outputs {
      guard let number = numbers[output] else { return nil }
      outputs.append(number)
    }
  }
}

extension Graph {
  /// The computation of the graph; `nil` if sizes are unknown, or if the graph has bodies or tensor
  /// attributes.
  var content: GraphContent? { GraphContent(self) }
}

extension GraphContent.Operand {
  fileprivate init?(_ id: ValueID?, _ numbers: [ValueID: Int], _ graph: Graph) {
    guard let id else {
      self = .none
      return
    }
    if let number = numbers[id] {
      self = .value(number)
      return
    }
    guard let tensor = graph.constant(id) else { return nil }
    if tensor.byteCount <= GraphContent.smallByteCount {
      self = .elements(tensor.elementType, tensor.shape, tensor.withUnsafeBytes { Array($0) })
    } else {
      self = .tensor(tensor.storageID, tensor.elementType, tensor.shape)
    }
  }
}

extension GraphContent.Attribute {
  fileprivate init?(_ attribute: InfoldGraph.Attribute) {
    switch attribute {
    case .int(let number): self = .int(number)
    case .float(let number): self = .float(number.bitPattern)
    case .string(let bytes): self = .string(bytes)
    case .ints(let numbers): self = .ints(numbers)
    case .floats(let numbers): self = .floats(numbers.map(\.bitPattern))
    case .strings(let list): self = .strings(list)
    case .tensor, .graph, .graphs, .message: return nil
    }
  }
}
