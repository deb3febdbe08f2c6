import InfoldGraph
import InfoldTensor

extension Graph {
  /// The input that a node gives again as its only output, each number once, in another order or shape; `nil` for other nodes.
  func rearrangedInput(of node: Node) -> ValueID? {
    guard let typed = node.typed, type(of: typed).rearrangesElements, node.outputs.dropFirst().allSatisfy({ $0 == nil })
    else { return nil }
    return node.inputs[0]
  }

  /// The axis of the input of a node that rearranges numbers whose positions are those along `axis` of its output; `nil` where there is
  /// none, or none is known.
  /// - Parameter trustsSymbols: Whether dimensions of the same symbol have the same size.
  func inputAxis(of node: Node, for axis: Int, trustsSymbols: Bool) -> Int? {
    let same = axisMapping(of: node).independentAxes.first { $0.axis(ofOutput: 0) == axis }
    if let same { return same.axis(ofInput: 0) }
    guard let typed = node.typed, type(of: typed).keepsElements, let x = node.inputs[0], let y = node.outputs[0],
      let input = self[x].type?.shape, let output = self[y].type?.shape, output.indices.contains(axis),
      let size = output[axis].size
    else { return nil }
    func extent(_ dimensions: some Sequence<Dimension>) -> Extent? { Extent(dimensions, trustsSymbols: trustsSymbols) }
    return input.indices.first { place in
      // With the same number of elements before the axis there are as many behind it, and the other way round.
      guard input[place].size == size else { return false }
      if let before = extent(input[..<place]), before == extent(output[..<axis]) { return true }
      guard let behind = extent(input[(place + 1)...]) else { return false }
      return behind == extent(output[(axis + 1)...])
    }
  }
}

/// The number of elements of some dimensions, as far as it can be compared.
private struct Extent: Equatable {
  private let size: Int
  private let symbols: [String]

  init?(_ dimensions: some Sequence<Dimension>, trustsSymbols: Bool) {
    var sizes: [Int] = [], symbols: [String] = []
    for dimension in dimensions {
      switch dimension {
      case .fixed(let size): sizes.append(size)
      case .symbol(let name) where trustsSymbols: symbols.append(name)
      case .symbol, .unknown: return nil
      }
    }
    guard let size = checkedProduct(sizes) else { return nil }
    self.size = size
    self.symbols = symbols.sorted()
  }
}
