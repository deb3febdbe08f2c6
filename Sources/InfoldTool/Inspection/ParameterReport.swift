import InfoldGraph

/// The initializers of a model.
struct ParameterReport: Encodable {
  /// Elements of all of them, but strings and sparse tensors.
  let count: Int
  /// Bytes that the elements take.
  let bytes: Int
  /// The number of initializers.
  let tensors: Int
  let types: [Kind]

  /// The initializers of one element type, or the strings, or the sparse ones.
  struct Kind: Encodable {
    let type: String
    var tensors = 0
    var count = 0
    var bytes = 0
  }

  init(_ graph: Graph) {
    var kinds: [String: Kind] = [:]
    for initializer in graph.withBodies.flatMap({ $0.values.compactMap(\.initializer) }) {
      let (type, count, bytes) = initializer.extent
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

extension Initializer {
  /// What it holds, how many numbers, and in how many bytes.
  fileprivate var extent: (type: String, count: Int, bytes: Int) {
    switch content {
    case .tensor(let tensor): ("\(tensor.elementType)", tensor.count, tensor.byteCount)
    case .strings(let message): ("string", 0, message.count)
    case .sparse(let message): ("sparse", 0, message.count)
    }
  }
}
