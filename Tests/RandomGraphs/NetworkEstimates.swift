import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldSystem
import InfoldTensor

/// The estimates of the values of a network: node by node, with bodies and sequences as ONNX defines them.
struct NetworkEstimates {
  /// Whether convolutions may use Winograd's algorithm.
  let isFast: Bool
  /// How numbers are rounded.
  let roundings: Roundings

  /// The estimates of all values of a graph; `nil` for sequences, and for values that are not computed.
  /// - Parameter given: The estimates of the inputs, and of captured values.
  func values(of graph: Graph, _ given: [ValueID: Estimate]) throws(InfoldError) -> [Estimate?] {
    var estimates: [Estimate?] = [], sequences: [ValueID: [Estimate]] = [:]
    for id in graph.valueIDs {
      let tensor = graph.constant(id)
      let constant = try tensor.map { (tensor) throws(InfoldError) in try Estimate(exactly: tensor) }
      estimates.append(given[id] ?? constant)
    }
    for node in graph.nodes {
      try annotatingErrors({ $0.atNode(graph.label(of: node)) }) { () throws(InfoldError) in
        let inputs = node.inputs.map { $0.flatMap { estimates[$0.index] } }
        if let operation = SequenceOperator(node) {
          let sequence = node.inputs.first.flatMap { $0 }.flatMap { sequences[$0] }
          switch try SequenceEstimates(node: node, inputs: inputs, sequence: sequence).result(of: operation) {
          case .sequence(let parts): sequences[node.outputs[0]!] = parts
          case .tensor(let estimate): estimates[node.outputs[0]!.index] = estimate
          }
          return
        }
        for (id, estimate) in zip(node.outputs, try outputs(of: node, inputs, in: graph, estimates)) {
          if let id { estimates[id.index] = estimate }
        }
      }
    }
    return estimates
  }

  private func outputs(
    of node: Node, _ inputs: [Estimate?], in graph: Graph, _ estimates: [Estimate?]
  ) throws(InfoldError) -> [Estimate] {
    func run(_ body: Graph, _ inputs: [Estimate]) throws(InfoldError) -> [Estimate] {
      var given = Dictionary(uniqueKeysWithValues: zip(body.inputs, inputs))
      for id in body.captures { given[id] = estimates[graph.value(named: body[id].name)!.index] }
      let values = try values(of: body, given)
      return body.outputs.map { values[$0.index]! }
    }
    switch node.opType {
    case "If":
      let isTaken = try inputs[0]!.value.elements(as: Bool.self)[0]
      return try run(node.attributes[isTaken ? "then_branch" : "else_branch"]!.graph!, [])
    case "Loop": return try loop(node, inputs, run)
    default:
      return try EstimateRules(isFast: isFast, node: node, roundings: roundings).outputs(inputs)
    }
  }

  private func loop(
    _ node: Node, _ inputs: [Estimate?], _ run: (Graph, [Estimate]) throws(InfoldError) -> [Estimate]
  ) throws(InfoldError) -> [Estimate] {
    let body = node.attributes["body"]!.graph!
    let most = try inputs[0]?.value.elements(as: Int64.self)[0] ?? .max
    var goesOn = try inputs[1]?.value.elements(as: Bool.self)[0] ?? true, trip: Int64 = 0
    var carried = inputs.dropFirst(2).map { $0! }
    var collected = [[Estimate]](repeating: [], count: body.outputs.count - 1 - carried.count)
    while goesOn, trip < most {
      let given = [try Estimate(exactly: Tensor(scalar: trip)), try Estimate(exactly: Tensor(scalar: true))] + carried
      let results = try run(body, given)
      goesOn = try results[0].value.elements(as: Bool.self)[0]
      carried = Array(results[1..<(1 + carried.count)])
      for (index, result) in results[(1 + carried.count)...].enumerated() { collected[index].append(result) }
      trip += 1
    }
    var results = carried
    for parts in collected {
      if parts.isEmpty {
        // Without iterations, only the shape can be compared. It is that of an additional iteration.
        let given =
          [try Estimate(exactly: Tensor(scalar: Int64(0))), try Estimate(exactly: Tensor(scalar: true))] + carried
        let index = results.count + 1
        let shape = try run(body, given)[index].value.shape
        results.append(try Estimate(exactly: Tensor(zeros: [0] + shape, of: .float32)))
      } else {
        results.append(try Estimate(stacking: parts, axis: 0))
      }
    }
    return results
  }
}

/// The results of an operator on sequences.
struct SequenceEstimates {
  enum Result {
    case sequence([Estimate])
    case tensor(Estimate)
  }

  let node: Node
  let inputs: [Estimate?]
  /// The sequence that is its first input.
  let sequence: [Estimate]?

  func result(of operation: SequenceOperator) throws(InfoldError) -> Result {
    var parts = sequence ?? []
    func place(_ index: Int, default end: Int) throws(InfoldError) -> Int {
      guard index < inputs.count, let input = inputs[index] else { return end }
      let place = Int(try input.value.elements(as: Int64.self)[0])
      return place < 0 ? place + parts.count : place
    }
    switch operation {
    case .empty: return .sequence([])
    case .construct: return .sequence(inputs.map { $0! })
    case .insert:
      parts.insert(inputs[1]!, at: try place(2, default: parts.count))
      return .sequence(parts)
    case .erase:
      parts.remove(at: try place(1, default: parts.count - 1))
      return .sequence(parts)
    case .at: return .tensor(parts[try place(1, default: 0)])
    case .length: return .tensor(try Estimate(exactly: Tensor(scalar: Int64(parts.count))))
    case .concatenate:
      let rank = parts[0].value.shape.count
      if try flag("new_axis", default: 0) == 1 {
        return .tensor(try Estimate(stacking: parts, axis: axis(rank: rank + 1)))
      }
      return .tensor(try Estimate(concatenating: parts, axis: axis(rank: rank)))
    case .split: return .sequence(try split(inputs[0]!))
    }
  }

  private func flag(_ name: String, default fallback: Int) throws(InfoldError) -> Int {
    if case .int(let value)? = node.attributes[name] { Int(value) } else { fallback }
  }

  private func axis(rank: Int) throws(InfoldError) -> Int {
    let axis = try flag("axis", default: 0)
    return axis < 0 ? axis + rank : axis
  }

  private func split(_ x: Estimate) throws(InfoldError) -> [Estimate] {
    let axis = try axis(rank: x.value.shape.count), size = x.value.shape[axis]
    var lengths = Array(repeating: 1, count: size)
    if inputs.count > 1, let given = inputs[1]?.value {
      lengths = try given.elements(as: Int64.self).map { Int($0) }
      if given.shape.isEmpty {
        let length = lengths[0]
        lengths = stride(from: 0, to: size, by: length).map { min(length, size - $0) }
      }
    }
    var parts: [Estimate] = [], start = 0
    for length in lengths {
      var part = try x.map { (tensor) throws(InfoldError) in
        try tensor.slice(start..<(start + length), axis: axis)
      }
      if inputs.count < 2, try flag("keepdims", default: 1) == 0 {
        var shape = part.value.shape
        shape.remove(at: axis)
        part = try part.map { (tensor) throws(InfoldError) in try tensor.reshaped(to: shape) }
      }
      parts.append(part)
      start += length
    }
    return parts
  }
}

extension Estimate {
  /// Applies an operation that moves elements to all three tensors.
  fileprivate func map(_ change: (Tensor) throws(InfoldError) -> Tensor) throws(InfoldError) -> Estimate {
    Estimate(value: try change(value), magnitude: try change(magnitude), error: try change(error))
  }

  /// Concatenates estimates along an axis.
  fileprivate init(concatenating parts: [Estimate], axis: Int) throws(InfoldError) {
    func joined(_ part: (Estimate) -> Tensor) throws(InfoldError) -> Tensor {
      try Tensor(concatenating: parts.map(part), axis: axis)
    }
    self.init(value: try joined(\.value), magnitude: try joined(\.magnitude), error: try joined(\.error))
  }

  /// Stacks estimates along a new axis.
  fileprivate init(stacking parts: [Estimate], axis: Int) throws(InfoldError) {
    var wide: [Estimate] = []
    for part in parts {
      var shape = part.value.shape
      shape.insert(1, at: axis)
      wide.append(try part.map { (tensor) throws(InfoldError) in try tensor.reshaped(to: shape) })
    }
    try self.init(concatenating: wide, axis: axis)
  }
}
