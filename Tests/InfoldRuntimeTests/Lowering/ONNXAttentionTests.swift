import Glibc
import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// ONNX's Attention and RotaryEmbedding with kernels, compared with plain loops that follow the standard.
@Suite struct ONNXAttentionTests {
  struct Form: Sendable, CustomStringConvertible {
    var batch = 2
    var queryHeads = 4
    var keyHeads = 4
    var queries = 3
    var keys = 5
    var inner = 4
    var columns = 3
    var past = 0
    var isJoined = false
    /// The sizes of the mask, and whether it is Boolean. Some rows of a Boolean mask may have no true element.
    var mask: [Int]?
    var hasTruthValues = false
    var counts: [Int]?
    var isCausal = false
    var before: Int?
    var behind: Int?
    var scale: Float?
    var softcap: Float = 0
    var mode = 0
    var outputs = 1

    var keyCount: Int { past + keys }

    var description: String {
      "\(batch)×\(queryHeads)/\(keyHeads)×\(queries)×\(keys)+\(past), \(inner), \(columns), \(isJoined) \(String(describing: mask)) "
        + "\(isCausal) \(String(describing: before)) \(String(describing: behind)) \(mode)"
    }

    private func shape(_ heads: Int, _ rows: Int, _ width: Int) -> [Int] {
      isJoined ? [batch, rows, heads * width] : [batch, heads, rows, width]
    }

    /// The inputs. Boolean masks and counts are constants.
    func inputs(seed: UInt64) throws -> [Tensor?] {
      var random = SplitMix64(seed: seed)
      var inputs: [Tensor?] = [
        try random.tensor(shape(queryHeads, queries, inner)), try random.tensor(shape(keyHeads, keys, inner)),
        try random.tensor(shape(keyHeads, keys, columns)), nil, nil, nil, nil,
      ]
      if let mask {
        let numbers = try random.tensor(mask, in: -1...1)
        inputs[3] = hasTruthValues ? try numbers.mapped { (x: Float) in x > 0 } : numbers
      }
      if past > 0 {
        inputs[4] = try random.tensor([batch, keyHeads, past, inner])
        inputs[5] = try random.tensor([batch, keyHeads, past, columns])
      }
      if let counts { inputs[6] = try Tensor(shape: [batch], counts.map { Int64($0) }) }
      return inputs
    }

    func graph(_ tensors: [Tensor?]) throws -> Graph {
      var network = NetworkBuilder(opset: 25)
      var inputs: [ValueID?] = []
      for (index, tensor) in tensors.enumerated() {
        inputs.append(
          tensor.map {
            $0.elementType == .float32 ? network.input(Shape($0.shape), "x\(index)") : network.constant($0, "x\(index)")
          })
      }
      while inputs.last == .some(nil) { inputs.removeLast() }
      var attributes: AttributeList = [
        "is_causal": .int(isCausal ? 1 : 0), "softcap": .float(softcap), "qk_matmul_output_mode": .int(Int64(mode)),
        "left_window_size": .int(Int64(before ?? -1)), "right_window_size": .int(Int64(behind ?? -1)),
      ]
      if let scale { attributes["scale"] = .float(scale) }
      if isJoined {
        attributes["q_num_heads"] = .int(Int64(queryHeads))
        attributes["kv_num_heads"] = .int(Int64(keyHeads))
      }
      return try network.finished(network.nodes("Attention", inputs, attributes, outputs: outputs))
    }

    /// Y and qk_matmul_output as [B, H, M, P] and [B, H, M, S], according to the standard.
    func expected(_ tensors: [Tensor?]) throws -> (y: [Double], shown: [Double]) {
      let q = try tensors[0]!.numbers(), k = try tensors[1]!.numbers(), v = try tensors[2]!.numbers()
      let pastKey = try tensors[4]?.numbers() ?? [], pastValue = try tensors[5]?.numbers() ?? []
      func own(_ numbers: [Double], _ heads: Int, _ rows: Int, _ width: Int, _ b: Int, _ h: Int, _ r: Int, _ c: Int)
        -> Double
      {
        numbers[isJoined ? ((b * rows + r) * heads + h) * width + c : ((b * heads + h) * rows + r) * width + c]
      }
      func key(_ own: (Int) -> Double, _ past: [Double], _ width: Int, _ b: Int, _ h: Int, _ r: Int, _ c: Int) -> Double
      {
        r < self.past ? past[((b * keyHeads + h) * self.past + r) * width + c] : own(r - self.past)
      }
      let mask = try tensors[3]?.numbers()
      func bias(_ b: Int, _ h: Int, _ row: Int, _ column: Int) -> Double {
        var bias = 0.0
        if let mask, let sizes = self.mask {
          let full = Array(repeating: 1, count: 4 - sizes.count) + sizes
          if column >= full[3] { return -.infinity }
          let place = zip([b, h, row, column], full).map { $1 == 1 ? 0 : $0 }
          let number = mask[((place[0] * full[1] + place[1]) * full[2] + place[2]) * full[3] + place[3]]
          if hasTruthValues && number == 0 { return -.infinity }
          bias = hasTruthValues ? 0 : number
        }
        let position = row + (counts.map { $0[b] - queries } ?? past)
        let isLeftOut =
          isCausal && column > position || before.map { column < position - $0 } ?? false
          || behind.map { column > position + $0 } ?? false || counts.map { column >= $0[b] } ?? false
        return isLeftOut ? -.infinity : bias
      }
      let factor = scale.map(Double.init) ?? 1 / Double(inner).squareRoot()
      var y: [Double] = [], shown: [Double] = []
      for b in 0..<batch {
        for h in 0..<queryHeads {
          let kh = h / (queryHeads / keyHeads)
          for row in 0..<queries {
            var scores = (0..<keyCount).map { column in
              factor
                * (0..<inner).reduce(0) { sum, c in
                  sum + own(q, queryHeads, queries, inner, b, h, row, c)
                    * key({ own(k, keyHeads, keys, inner, b, kh, $0, c) }, pastKey, inner, b, kh, column, c)
                }
            }
            if mode == 0 { shown += scores }
            if softcap > 0 { scores = scores.map { Double(softcap) * tanh($0 / Double(softcap)) } }
            if mode == 1 { shown += scores }
            scores = scores.indices.map { scores[$0] + bias(b, h, row, $0) }
            if mode == 2 { shown += scores }
            let most = scores.max()!
            let powers = scores.map { most == -.infinity ? 0 : exp($0 - most) }, sum = powers.reduce(0, +)
            let shares = powers.map { sum == 0 ? 0 : $0 / sum }
            if mode == 3 { shown += shares }
            for c in 0..<columns {
              y.append(
                shares.indices.reduce(0) { sum, column in
                  sum + shares[column]
                    * key({ own(v, keyHeads, keys, columns, b, kh, $0, c) }, pastValue, columns, b, kh, column, c)
                })
            }
          }
        }
      }
      return (y, shown)
    }
  }

  private static let forms: [Form] = [
    Form(), Form(isJoined: true), Form(queryHeads: 4, keyHeads: 2), Form(queryHeads: 6, keyHeads: 1, isJoined: true),
    Form(past: 2), Form(queryHeads: 4, keyHeads: 2, past: 3, isCausal: true, outputs: 3),
    Form(isJoined: true, isCausal: true), Form(mask: [3, 5]), Form(mask: [5], hasTruthValues: true),
    Form(queryHeads: 4, keyHeads: 2, mask: [2, 4, 3, 5], hasTruthValues: true),
    Form(queryHeads: 4, keyHeads: 2, mask: [4, 1, 5]), Form(mask: [2, 1, 3, 5]), Form(mask: [1, 4, 3, 3]),
    Form(mask: [3, 2], hasTruthValues: true), Form(past: 2, mask: [3, 7], isCausal: true), Form(counts: [2, 5]),
    Form(counts: [1, 4], isCausal: true), Form(queryHeads: 4, keyHeads: 2, counts: [0, 2], isCausal: true, before: 0),
    Form(queries: 5, before: 1, behind: 0), Form(queries: 5, isCausal: true, before: 2), Form(before: 0, behind: 2),
    Form(queries: 7, keys: 2, before: 1), Form(scale: 0.25), Form(softcap: 0.75), Form(mask: [3, 5], softcap: 0.5),
    Form(outputs: 4), Form(softcap: 0.5, mode: 1, outputs: 4), Form(mask: [3, 5], mode: 2, outputs: 4),
    Form(queryHeads: 4, keyHeads: 2, mask: [3, 5], hasTruthValues: true, isCausal: true, mode: 3, outputs: 4),
    Form(batch: 1, queryHeads: 1, keyHeads: 1, queries: 1, keys: 1, inner: 1, columns: 1, isJoined: true),
    Form(batch: 1, queryHeads: 2, keyHeads: 1, queries: 1, keys: 2, inner: 2, columns: 1, isCausal: true),
    Form(batch: 1, queryHeads: 2, keyHeads: 2, queries: 40, keys: 130, inner: 17, columns: 33, isJoined: true),
  ]

  @Test(arguments: forms) func isWhatTheStandardSays(form: Form) throws {
    let tensors = try form.inputs(seed: 3)
    let graph = try form.graph(tensors)
    var given: [ValueID: Tensor] = [:]
    for id in graph.inputs { given[id] = tensors[Int(graph[id].name.dropFirst())!] }
    let results = try ReferenceEvaluator(graph, precision: .double).run(given)
    let (y, shown) = try form.expected(tensors)
    var numbers = try results[0].numbers()
    if form.isJoined {
      let (h, m, p) = (form.queryHeads, form.queries, form.columns)
      numbers = y.indices.map { index in
        let c = index % p, row = index / p % m, head = index / (p * m) % h, b = index / (p * m * h)
        return numbers[((b * m + row) * h + head) * p + c]
      }
    }
    #expect(zip(numbers, y).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(numbers.count == y.count)
    guard form.outputs == 4 else { return }
    #expect(try zip(results[3].numbers(), shown).allSatisfy { $0 == $1 || abs($0 - $1) < 1e-12 })
    #expect(results[3].shape == [form.batch, form.queryHeads, form.queries, form.keyCount])
  }

  @Test(arguments: forms.filter { $0.mode != 2 }) func runsByKernels(form: Form) throws {
    try expectKernels(form.graph(form.inputs(seed: 4)), opset: 25, range: -1...1, tolerance: 1e-5)
  }

  /// If only products, a scale and a bias are needed, attention is one step.
  @Test(arguments: forms.filter { $0.softcap == 0 && $0.outputs == 1 }) func isOneStep(form: Form) throws {
    let graph = try form.graph(form.inputs(seed: 4))
    let shapes = Dictionary(uniqueKeysWithValues: graph.inputs.map { (graph[$0].name, graph[$0].type!.shape!.sizes!) })
    let session = try Session(Model(graph: graph, opsetImports: [Model.OpsetImport(version: 25)]))
    let algorithms = try session.algorithms(for: shapes)
    #expect(algorithms.contains("attention") && !algorithms.contains("product"), "\(algorithms)")
  }

  /// Sizes that are dynamic when a session is created.
  @Test func openSizes() throws {
    let form = Form(queryHeads: 4, keyHeads: 2, isJoined: true, isCausal: true)
    let tensors = try form.inputs(seed: 5)
    var graph = try form.graph(tensors)
    let names = ["x0": "M", "x1": "N", "x2": "N"]
    for id in graph.inputs {
      let name = graph[id].name
      graph[id].type?.shape?[1] = .symbol(names[name]!)
    }
    let y = graph.outputs[0]
    graph[y].type = nil
    try graph.inferTypes()
    #expect(graph[y].type?.shape == [2, "M", 12])
    let inputs = Dictionary(uniqueKeysWithValues: (0..<3).map { ("x\($0)", tensors[$0]!) })
    func results(_ graph: Graph) throws -> Tensor? {
      try Session(Model(graph: graph, opsetImports: [Model.OpsetImport(version: 25)])).run(inputs).values.first
    }
    #expect(try results(graph) == results(form.graph(tensors)))
  }

  @Test func whatDoesNotFit() throws {
    func refused(_ change: (inout Form) -> Void, _ shapes: [Int: [Int]] = [:]) throws {
      var form = Form()
      change(&form)
      var tensors = try form.inputs(seed: 1)
      for (index, shape) in shapes {
        tensors[index] = try Tensor(zeros: shape, of: index == 6 ? .int64 : .float32)
      }
      #expect(throws: (any Error).self) {
        var graph = try form.graph(tensors)
        try graph.inferTypes()
        try graph.requireRunnableOnceBound()
      }
    }
    try refused { $0.mode = 4 }
    try refused { $0.softcap = -1 }
    try refused { $0.before = -2 }
    try refused { $0.keyHeads = 3 }
    try refused({ _ in }, [3: [2, 4, 3, 6]])
    try refused({ _ in }, [3: [3, 4, 3, 5]])
    try refused({ _ in }, [3: [1, 1, 1, 1, 5]])
    try refused({ _ in }, [4: [2, 4, 1, 4]])
    try refused({ _ in }, [4: [2, 4, 1, 4], 5: [2, 4, 2, 3]])
    try refused({ $0.past = 1 }, [6: [2]])
    try refused({ _ in }, [6: [3]])
    try refused({ $0.outputs = 3 }, [6: [2]])
    try refused({ _ in }, [1: [2, 4, 5, 3]])
    try refused({ _ in }, [2: [2, 4, 4, 3]])
    try refused({ _ in }, [2: [2, 5, 3]])
    try refused({ $0.isJoined = true }, [0: [2, 3, 15]])
  }

  /// Empty operands give empty results, or zeros.
  @Test(arguments: [(0, 3, 5), (2, 0, 5), (2, 3, 0)]) func nothing(batch: Int, queries: Int, keys: Int) throws {
    let form = Form(batch: batch, queries: queries, keys: keys, isCausal: true)
    let tensors = try form.inputs(seed: 1)
    let results = try evaluate(
      "Attention", opset: 25, attributes: ["is_causal": .int(1)], Array(tensors.prefix(3)), outputs: 1)
    #expect(results[0]?.shape == [batch, 4, queries, 3])
    #expect(try results[0]?.numbers().allSatisfy { $0 == 0 } == true)
  }

  // MARK: Rotary embedding

  struct Turn: Sendable {
    var shape = [2, 3, 4, 6]
    var heads: Int?
    var width: Int?
    var isInterleaved = false
    var positions: Int?
  }

  private static let turns: [Turn] = [
    Turn(), Turn(isInterleaved: true), Turn(width: 4), Turn(width: 2, isInterleaved: true), Turn(positions: 7),
    Turn(shape: [2, 4, 18], heads: 3), Turn(shape: [1, 1, 4], heads: 2, isInterleaved: true, positions: 1),
    Turn(shape: [2, 5, 12], heads: 2, width: 4, isInterleaved: true, positions: 9), Turn(shape: [1, 1, 1, 2]),
    Turn(shape: [1, 2, 33, 64], width: 32),
  ]

  @Test(arguments: turns) func turnsPairs(turn: Turn) throws {
    let isJoined = turn.shape.count == 3
    let heads = isJoined ? turn.heads! : turn.shape[1], rows = turn.shape[isJoined ? 1 : 2], batch = turn.shape[0]
    let size = isJoined ? turn.shape[2] / heads : turn.shape[3], width = turn.width ?? size
    var random = SplitMix64(seed: 9)
    let x = try random.tensor(turn.shape)
    let angles = try (0..<2).map { _ in
      try random.tensor(turn.positions.map { [$0, width / 2] } ?? [batch, rows, width / 2])
    }
    var network = NetworkBuilder(opset: 23)
    var inputs = [network.input(Shape(turn.shape), "x"), network.input(Shape(angles[0].shape), "c")]
    inputs.append(network.input(Shape(angles[0].shape), "s"))
    let places = (0..<(batch * rows)).map { $0 * 5 % (turn.positions ?? 1) }
    if turn.positions != nil {
      inputs.append(network.constant(try Tensor(shape: [batch, rows], places.map { Int64($0) })))
    }
    var attributes: AttributeList = ["interleaved": .int(turn.isInterleaved ? 1 : 0)]
    if let heads = turn.heads { attributes["num_heads"] = .int(Int64(heads)) }
    if let width = turn.width { attributes["rotary_embedding_dim"] = .int(Int64(width)) }
    let graph = try network.finished(network.node("RotaryEmbedding", inputs, attributes))
    try expectKernels(graph, opset: 23, tolerance: 1e-6)

    let given = Dictionary(uniqueKeysWithValues: zip(graph.inputs, [x] + angles))
    let y = try ReferenceEvaluator(graph, precision: .double).run(given)[0].numbers()
    let numbers = try x.numbers(), cosines = try angles[0].numbers(), sines = try angles[1].numbers()
    for b in 0..<batch {
      for h in 0..<heads {
        for row in 0..<rows {
          func place(_ c: Int) -> Int {
            isJoined ? ((b * rows + row) * heads + h) * size + c : ((b * heads + h) * rows + row) * size + c
          }
          for pair in 0..<(width / 2) {
            let angle = (turn.positions == nil ? b * rows + row : places[b * rows + row]) * (width / 2) + pair
            let first = place(turn.isInterleaved ? 2 * pair : pair)
            let second = place(turn.isInterleaved ? 2 * pair + 1 : pair + width / 2)
            let (u, v) = (numbers[first], numbers[second])
            #expect(abs(y[first] - (cosines[angle] * u - sines[angle] * v)) < 1e-12)
            #expect(abs(y[second] - (sines[angle] * u + cosines[angle] * v)) < 1e-12)
          }
          for c in width..<size { #expect(y[place(c)] == numbers[place(c)]) }
        }
      }
    }
  }

  @Test func turnsThatDoNotFit() throws {
    let x = try Tensor(zeros: [1, 2, 3, 4], of: .float32), angles = try Tensor(zeros: [1, 3, 2], of: .float32)
    func refused(_ attributes: AttributeList, _ inputs: [Tensor?]) {
      #expect(throws: (any Error).self) {
        _ = try evaluate("RotaryEmbedding", opset: 23, attributes: attributes, inputs)
      }
    }
    refused(["num_heads": .int(3)], [x, angles, angles])
    refused(["rotary_embedding_dim": .int(3)], [x, angles, angles])
    refused(["rotary_embedding_dim": .int(6)], [x, angles, angles])
    refused(["num_heads": .int(-1)], [x, angles, angles])
    refused([:], [x, angles, try Tensor(zeros: [1, 3, 1], of: .float32)])
    refused([:], [x, angles, angles, try Tensor(zeros: [1, 3], of: .int64)])
    let table = try Tensor(zeros: [5, 2], of: .float32)
    refused([:], [x, table, table, try Tensor(zeros: [1, 2], of: .int64)])
    refused([:], [x, table, table, try Tensor(shape: [1, 3], [0, 5, 1] as [Int64])])
    refused([:], [try x.reshaped(to: [1, 3, 8]), angles, angles])
  }
}
