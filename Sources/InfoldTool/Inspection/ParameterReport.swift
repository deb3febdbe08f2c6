import InfoldGraph
import InfoldOperators

/// The constants of a model: initializers, and tensors and numbers of Constant nodes.
struct ParameterReport: Encodable {
  /// The number of elements, without those of strings and sparse tensors.
  let count: Int
  /// The number of bytes of the elements.
  let bytes: Int
  /// The number of constants.
  let tensors: Int
  let types: [Kind]

  /// The constants of one element type, all strings, or all sparse tensors.
  struct Kind: Encodable {
    let type: String
    var tensors = 0
    var count = 0
    var bytes = 0
  }

  init(_ graph: Graph) {
    var kinds: [String: Kind] = [:]
    let graphs = graph.withBodies
    let initializers = graphs.lazy.flatMap { $0.values.lazy.compactMap { $0.initializer?.extent } }
    let nodes = graphs.lazy.flatMap { $0.nodes.lazy.compactMap(\.constantExtent) }
    for (type, count, bytes) in Array(initializers) + Array(nodes) {
      var kind = kinds[type] ?? Kind(type: type)
      kind.tensors += 1
      kind.count += count
      kind.bytes += bytes
      kinds[type] = kind
    }
    types = kinds.values.sorted { a, b in a.bytes != b.bytes ? a.bytes > b.bytes : a.type < b.type }
    tensors = types.reduce(0) { $0 + $1.tensors }
    count = types.reduce(0) { $0 + $1.count }
    bytes = types.reduce(0) { $0 + $1.bytes }
  }
}

/// The element type of a constant, its number of elements, and its number of bytes.
private typealias Extent = (type: String, count: Int, bytes: Int)

extension Node {
  /// The extent of a Constant node's value, or `nil` for other nodes and values that are not
  /// numeric.
  fileprivate var constantExtent: Extent? {
    guard let value = typed?.constantOutput else { return nil }
    return ("\(value.elementType)", value.count, value.byteCount)
  }
}

extension Initializer {
  fileprivate var extent: Extent {
    switch content {
    case .tensor(let tensor): ("\(tensor.elementType)", tensor.count, tensor.byteCount)
    case .unread(let message, _): ("not read", 0, message.count)
    case .strings(let message): ("string", 0, message.count)
    case .sparse(let message): ("sparse", 0, message.count)
    }
  }
}
