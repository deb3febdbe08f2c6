import InfoldTensor

extension Graph {
  /// Returns, for each integer input that nodes use as indices (as Gather does), the number of
  /// positions that are valid for all of these nodes. Indices start at 0. Follows nodes that
  /// forward, move or cast the integers, but not arithmetic.
  /// - Precondition: Types have been inferred. Nodes with dynamic dimensions impose no limit.
  package func indexedPositions() -> [String: Int] {
    let limits = positionLimits()
    return Dictionary(
      inputs.compactMap { id in limits[id.index].map { (self[id].name, $0) } }, uniquingKeysWith: min)
  }

  /// Returns the number of valid positions for each value that is used as indices, and `nil` for
  /// other values.
  private func positionLimits() -> [Int?] {
    var limits = [Int?](repeating: nil, count: values.count)
    func limit(_ id: ValueID?, _ count: Int?) {
      guard let id, let count else { return }
      limits[id.index] = min(limits[id.index] ?? count, count)
    }
    for node in nodes.reversed() {
      let outputs = node.definitions.compactMap { limits[$0.index] }
      switch node.kind {
      case .opaque: break
      case .call(let body):
        let inner = body.positionLimits()
        for (input, formal) in zip(node.inputs, body.inputs) { limit(input, inner[formal.index]) }
      case .typed(let typed):
        for (input, count) in typed.indexedPositions(operatorInputs(of: node)) where input < node.inputs.count {
          limit(node.inputs[input], count)
        }
        let type = type(of: typed)
        if let sources = type.elementSources ?? (type.keepsElements || type.rearrangesElements ? 0...0 : nil) {
          for input in node.inputs.indices where sources.contains(input) { limit(node.inputs[input], outputs.min()) }
        }
        for body in (typed as? any BodyOperator)?.bodies ?? [] {
          let inner = body.graph.positionLimits()
          for (capture, place) in zip(body.graph.captures, body.captures) where place < node.captures.count {
            limit(node.captures[place], inner[capture.index])
          }
        }
      }
    }
    return limits
  }
}
