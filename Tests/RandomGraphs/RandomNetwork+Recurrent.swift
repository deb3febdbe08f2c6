import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor

/// LSTM, GRU and RNN.
extension RandomNetwork {
  /// A recurrent layer for a value as sequences, in every direction and layout.
  mutating func addRecurrent(_ given: Operand) throws(InfoldError) {
    let width = given.sizes.dropFirst(2).reduce(1, *)
    guard width > 0, width <= 300, given.sizes[0] * given.sizes[1] <= 64 else { return try addActivation(given) }
    var x = given
    if x.rank != 3 {
      let sizes = Array(x.sizes[..<2]) + [width]
      let shaped =
        x.sizes.contains(0)
        ? try builder.node("Reshape", [x.id, list(sizes)], attributes: ["allowzero": .int(1)])
        : try builder.node("Reshape", [x.id, list(sizes)])
      x = Operand(id: shaped, sizes: sizes)
    }
    let name = random.pick(["LSTM", "LSTM", "GRU", "RNN"]), gates = ["LSTM": 4, "GRU": 3, "RNN": 1][name]!
    let isBatchFirst = random.oneIn(3), direction = random.pick(["forward", "reverse", "bidirectional"])
    let directions = direction == "bidirectional" ? 2 : 1, hidden = random.pick([1, 2, 3, 4, 8, 16, 17])
    let length = x.sizes[isBatchFirst ? 1 : 0], batch = x.sizes[isBatchFirst ? 0 : 1]
    func limit(_ count: Int) -> ClosedRange<Float> { -1 / Float(count).squareRoot()...1 / Float(count).squareRoot() }
    var inputs: [ValueID?] = [
      x.id, try weights([directions, gates * hidden, width], in: limit(width)),
      try weights([directions, gates * hidden, hidden], in: limit(hidden)),
      random.oneIn(4) ? nil : try weights([directions, 2 * gates * hidden]),
    ]
    if random.oneIn(2), batch > 0 {
      func lengths() throws(InfoldError) -> Tensor {
        try Tensor(shape: [batch], (0..<batch).map { _ in Int32(random.int(0...length)) })
      }
      inputs.append(random.oneIn(2) ? try builder.constant(lengths()) : try decide(lengths(), or: lengths()))
    } else {
      inputs.append(nil)
    }
    let states = isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden]
    let isLong = name == "LSTM"
    for _ in 0..<(isLong ? 2 : 1) { inputs.append(random.oneIn(2) ? nil : try weights(states)) }
    if isLong, random.oneIn(3) { inputs.append(try weights([directions, 3 * hidden])) }
    while inputs.last! == nil { inputs.removeLast() }

    var attributes: AttributeList = ["direction": .text(direction), "layout": .int(isBatchFirst ? 1 : 0)]
    if random.oneIn(2) { attributes["hidden_size"] = .int(Int64(hidden)) }
    if random.oneIn(4) { attributes["clip"] = .float(random.pick([0.5, 2])) }
    if isLong, random.oneIn(4) { attributes["input_forget"] = .int(1) }
    if name == "GRU", random.oneIn(2) { attributes["linear_before_reset"] = .int(1) }
    if random.oneIn(3) {
      var names: [String] = []
      for _ in 0..<directions {
        if name != "RNN" { names.append(random.pick(["Sigmoid", "HardSigmoid"])) }
        for _ in 0..<(isLong ? 2 : 1) { names.append(random.pick(["Tanh", "Relu", "Softsign", "LeakyRelu", "Elu"])) }
      }
      attributes["activations"] = .strings(names.map { Array($0.utf8) })
    }
    let made = try builder.nodes(name, inputs, attributes: attributes, outputCount: isLong ? 3 : 2)
    add(made[0], isBatchFirst ? [batch, length, directions, hidden] : [length, directions, batch, hidden])
    for id in made[1...] { add(id, states) }
  }
}
