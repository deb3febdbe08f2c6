import InfoldGraph
import InfoldTensor

extension Graph {
  /// Returns the input whose elements a node writes to its only output in another order or shape,
  /// or `nil` for other nodes.
  func rearrangedInput(of node: Node) -> ValueID? {
    guard let typed = node.typed, type(of: typed).rearrangesElements, node.outputs.dropFirst().allSatisfy({ $0 == nil })
    else { return nil }
    return node.inputs[0]
  }

  /// Returns the input axis whose positions correspond to those along `axis` of the output, for a
  /// node that rearranges elements. Returns `nil` if there is none, or none is known.
  /// - Parameter trustsSymbols: Whether dimensions with the same symbol are known to be equal.
  func inputAxis(of node: Node, for axis: Int, trustsSymbols: Bool) -> Int? {
    let same = axisMapping(of: node).independentAxes.first { $0.axis(ofOutput: 0) == axis }
    if let same { return same.axis(ofInput: 0) }
    guard let typed = node.typed, type(of: typed).keepsElements, let x = node.inputs[0], let y = node.outputs[0],
      let input = self[x].type?.shape, let output = self[y].type?.shape, output.indices.contains(axis),
      let size = output[axis].size
    else { return nil }
    func extent(_ dimensions: some Sequence<Dimension>) -> Extent? { Extent(dimensions, trustsSymbols: trustsSymbols) }
    return input.indices.first { place in
      // If the numbers of elements before the axis are equal, so are those after it, and vice
      // versa.
      guard input[place].size == size else { return false }
      if let before = extent(input[..<place]), before == extent(output[..<axis]) { return true }
      guard let trailing = extent(input[(place + 1)...]) else { return false }
      return trailing == extent(output[(axis + 1)...])
    }
  }
}

/// The number of elements of some dimensions, in a form that can be compared.
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
