import Glibc
import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Products with right sides that are computed at run time, and attention, by a matrix unit. Its instructions are plain functions.
@Suite struct VariableUnitTests {
  private static let precisions: [SessionOptions.Precision] = [.fast, .bfloat16]
  private static let unit = 0x1p-24

  /// The error of a product of two factors, relative to its magnitude.
  private static func productError(_ precision: SessionOptions.Precision) -> Double {
    precision == .fast ? 0x1p-15 * (1 + 0x1p-6) : 0x1p-7 + 0x1p-16
  }

  private static let instructions: [SessionOptions.EmulatedInstructions] = [.amx, .avx512BFloat16]

  static func options(
    _ precision: SessionOptions.Precision, threads: Int = 2, _ unit: SessionOptions.EmulatedUnit? = .everywhere,
    _ instructions: SessionOptions.EmulatedInstructions = .amx
  ) -> SessionOptions {
    var options = SessionOptions(threads: threads, precision: precision)
    (options.emulatedUnit, options.emulatedInstructions) = (unit, instructions)
    return options
  }

  static func session(
    _ graph: Graph, _ precision: SessionOptions.Precision, threads: Int = 2,
    _ unit: SessionOptions.EmulatedUnit? = .everywhere, _ instructions: SessionOptions.EmulatedInstructions = .amx
  ) throws -> Session {
    try Session(
      Model(graph: graph, opsetImports: [Model.OpsetImport(version: 23)]),
      options: options(precision, threads: threads, unit, instructions))
  }

  private static func suffix(_ precision: SessionOptions.Precision) -> String {
    precision == .fast ? ", split bfloat16" : ", bfloat16"
  }

  private static func result(_ session: Session, _ inputs: [String: Tensor]) throws -> [Float] {
    try #require(try session.run(inputs).first).value.elements(as: Float.self)
  }

  // MARK: Products

  /// Expects that sums of products are within their bounds, and are not those of float32 numbers.
  ///
  /// - Parameters:
  ///   - magnitudes: Computes the sum of the magnitudes of all terms, from the magnitudes of the inputs.
  ///   - length: The number of products per result.
  private func expectProducts(_ graph: Graph, magnitudes: Graph, length: Int, _ comment: String = "") throws {
    let inputs = try graph.randomInputs(seed: 7)
    let truth = try graph.truth(inputs).outputs[0].numbers()
    let absolute = try inputs.mapValues { try $0.mapped { (x: Float) in x.magnitude } }
    let largest = try magnitudes.truth(absolute).outputs[0].numbers()
    for precision in Self.precisions {
      let float = try Self.result(Self.session(graph, precision, nil), inputs)
      for instructions in Self.instructions {
        let session = try Self.session(graph, precision, .everywhere, instructions)
        let algorithms = try session.algorithms()
        #expect(algorithms.contains("product, packed in the run" + Self.suffix(precision)), "\(algorithms)")
        let results = try Self.result(session, inputs)
        for (index, (x, y)) in zip(truth, results).enumerated() {
          // The sum has one rounding for each product, and a few for what follows.
          let bound = (Self.productError(precision) + Double(length + 8) * Self.unit) * largest[index]
          #expect((x - Double(y)).magnitude <= bound, "element \(index), \(precision), \(comment)")
        }
        if results.count > 100 { #expect(results != float, "\(precision), \(comment)") }
      }
    }
  }

  private static let shapes: [[[Int]]] = [
    [[1, 1], [1, 1]], [[2, 2], [2, 2]], [[3, 4], [4, 5]], [[2, 3, 4], [2, 4, 5]], [[2, 3, 4], [4, 5]],
    [[3, 4], [2, 4, 5]], [[2, 1, 3, 4], [5, 4, 6]], [[5, 3, 4], [2, 1, 4, 6]], [[2, 3, 7, 9], [2, 3, 9, 17]],
    [[4], [4, 5]],
    [[3, 4], [4]], [[4], [4]], [[2, 3, 4], [4]], [[4], [2, 4, 3]], [[33, 65], [65, 97]], [[2, 70, 33], [2, 33, 40]],
    [[100, 1], [1, 64]], [[64, 300], [300, 1]], [[3, 35, 130], [130, 31]],
  ]

  @Test(arguments: shapes) func matrices(shapes: [[Int]]) throws {
    var network = NetworkBuilder()
    let a = network.input(Shape(shapes[0]), "a"), b = network.input(Shape(shapes[1]), "b")
    let graph = try network.finished(try network.node("MatMul", [a, b]))
    try expectProducts(graph, magnitudes: graph, length: shapes[0].last!, "\(shapes)")
  }

  @Test(arguments: [true, false], [true, false]) func gemms(transA: Bool, transB: Bool) throws {
    let (m, n, k) = (37, 45, 19)
    for (alpha, beta) in [(1, 1), (-0.5, 1), (1, -2), (0.25, 0)] as [(Float, Float)] {
      for c in [nil, [n], [m, n], [m, 1]] as [[Int]?] {
        func graph(_ alpha: Float, _ beta: Float) throws -> Graph {
          var network = NetworkBuilder()
          var inputs = [
            network.input(Shape(transA ? [k, m] : [m, k]), "a"), network.input(Shape(transB ? [n, k] : [k, n]), "b"),
          ]
          if let c { inputs.append(network.input(Shape(c), "c")) }
          return try network.finished(
            network.node(
              "Gemm", inputs,
              [
                "alpha": .float(alpha), "beta": .float(beta), "transA": .int(transA ? 1 : 0),
                "transB": .int(transB ? 1 : 0),
              ]))
        }
        try expectProducts(
          graph(alpha, beta), magnitudes: graph(alpha.magnitude, beta.magnitude), length: k, "\(alpha), \(beta)")
      }
    }
  }

  @Test func constantLeftSide() throws {
    var network = NetworkBuilder()
    let left = try network.weights([40, 50], in: 0...1), right = network.input([2, 50, 36], "b")
    let graph = try network.finished(try network.node("MatMul", [left, right]))
    try expectProducts(graph, magnitudes: graph, length: 50)
  }

  @Test(arguments: ["bij,bjk->bik", "bij,bkj->bik", "bij,bjk->kib", "ibj,bjk->bik"])
  func einsums(equation: String) throws {
    let sizes: [Character: Int] = ["b": 3, "i": 34, "j": 21, "k": 37]
    let parts = equation.split(separator: ",").map { $0.prefix { $0 != "-" }.map { sizes[$0]! } }
    var network = NetworkBuilder()
    let a = network.input(Shape(parts[0]), "a"), b = network.input(Shape(parts[1]), "b")
    let graph = try network.finished(
      try network.node("Einsum", [a, b], ["equation": .string(Array(equation.utf8))]))
    try expectProducts(graph, magnitudes: graph, length: 21, equation)
  }

  // MARK: Attention

  private static let forms = [
    AttentionTests.Form(), AttentionTests.Form(headsAreInside: true), AttentionTests.Form(transposesKeys: false),
    AttentionTests.Form(scale: nil), AttentionTests.Form(mask: [2, 3, 7, 5]),
    AttentionTests.Form(headsAreInside: true, mask: [2, 1, 1, 5]), AttentionTests.Form(mask: [7, 5]),
    AttentionTests.Form(mask: [5]),
    AttentionTests.Form(batch: 1, heads: 1, rows: 1, inner: 1, keys: 1, columns: 1),
    AttentionTests.Form(batch: 1, heads: 2, rows: 2, inner: 2, keys: 2, columns: 2, headsAreInside: true),
    AttentionTests.Form(batch: 1, heads: 2, rows: 150, inner: 33, keys: 130, columns: 40, headsAreInside: true),
    AttentionTests.Form(batch: 1, heads: 1, rows: 70, inner: 5, keys: 700, columns: 3, mask: [70, 700]),
  ]

  /// The bounds of attention in double precision.
  ///
  /// Let e be the largest absolute error of a score in a row. Softmax multiplies each share by a factor
  /// between exp(−2e) and exp(2e), and the product with the values adds its own error to the shares.
  private struct AttentionBounds {
    let truth: [Double]
    private(set) var limits: [Double]

    init(
      _ form: AttentionTests.Form, _ graph: Graph, _ inputs: [String: Tensor], _ precision: SessionOptions.Precision
    ) throws {
      var shown = graph
      let softmax = try #require(graph.nodes.first { $0.opType == "Softmax" })
      shown.outputs.append(try #require(softmax.inputs[0]))
      func run(_ change: (String, Tensor) throws -> Tensor) throws -> [[Double]] {
        let changed = try Dictionary(uniqueKeysWithValues: inputs.map { ($0.key, try change($0.key, $0.value)) })
        return try shown.truth(changed).outputs.map { try $0.numbers() }
      }
      func magnitudes(_ tensor: Tensor) throws -> Tensor { try tensor.mapped { (x: Float) in x.magnitude } }
      let results = try run { $1 }
      // The mask is added after the products.
      let scoreMagnitudes = try run { $0 == "mask" ? try $1.mapped { (_: Float) in 0 as Float } : try magnitudes($1) }[
        1]
      let valueMagnitudes = try run { $0 == "v" ? try magnitudes($1) : $1 }[0]
      truth = results[0]
      let (scores, unit) = (results[1], VariableUnitTests.unit)
      let product = VariableUnitTests.productError(precision)
      limits = []
      for (index, magnitude) in valueMagnitudes.enumerated() {
        let c = index / form.columns
        let (b, h, m) =
          form.headsAreInside
          ? (c / form.heads / form.rows, c % form.heads, c / form.heads % form.rows)
          : (c / form.rows / form.heads, c / form.rows % form.heads, c % form.rows)
        let row = ((b * form.heads + h) * form.rows + m) * form.keys
        var e = 0.0
        for score in row..<row + form.keys where scores[score].isFinite {
          let sum = (product + Double(form.inner + 4) * unit) * scoreMagnitudes[score]
          e = max(e, sum + 16 * unit * (1 + scores[score].magnitude))
        }
        let own = (1 + product) * (1 + Double(form.keys + 8) * unit)
        limits.append((exp(2 * e) * own - 1) * magnitude + 1e-30)
      }
    }
  }

  @Test(arguments: forms, precisions) func attention(form: AttentionTests.Form, precision: SessionOptions.Precision)
    throws
  {
    let graph = try form.graph()
    var inputs = try graph.randomInputs(seed: 9)
    var masks = [inputs["mask"]]
    if let mask = inputs["mask"] {
      // Some scores are excluded, but not all of a row.
      let last = mask.shape.last!
      var index = -1
      masks.append(
        try mask.mapped { (x: Float) in
          index += 1
          return index % last != 0 && index % 3 == 1 ? -Float.infinity : 3 * x
        })
    }
    for mask in masks {
      inputs["mask"] = mask
      let bounds = try AttentionBounds(form, graph, inputs, precision)
      for instructions in Self.instructions {
        let session = try Self.session(graph, precision, .everywhere, instructions)
        #expect(try session.algorithms() == ["attention" + Self.suffix(precision)])
        let results = try Self.result(session, inputs)
        #expect(results.count == bounds.truth.count)
        for (index, (x, y)) in zip(bounds.truth, results).enumerated() {
          #expect((x - Double(y)).magnitude <= bounds.limits[index], "element \(index), \(instructions)")
        }
      }
    }
  }

  /// A row whose keys are all excluded is NaN, as with products of float32 numbers.
  @Test(arguments: precisions) func excludedRows(precision: SessionOptions.Precision) throws {
    let form = AttentionTests.Form(batch: 1, heads: 2, rows: 40, inner: 8, keys: 34, columns: 36, mask: [40, 34])
    let graph = try form.graph()
    var inputs = try graph.randomInputs(seed: 9)
    try inputs["mask"]?.withMutableSpan(as: Float.self) { for index in 34..<68 { $0[index] = -.infinity } }
    let results = try Self.result(Self.session(graph, precision), inputs)
    for (index, x) in results.enumerated() { #expect(x.isNaN == (index / 36 % 40 == 1)) }
  }

  /// The operator Attention, with shared heads, a causal mask and truth values as a mask.
  @Test(arguments: precisions, [false, true])
  func attentionOperator(precision: SessionOptions.Precision, isCausal: Bool) throws {
    var network = NetworkBuilder(opset: 23)
    let q = network.input([2, 4, 40, 16], "q"), k = network.input([2, 2, 40, 16], "k"),
      v = network.input([2, 2, 40, 24], "v")
    let mask = network.constant(
      try Tensor(shape: [40, 40], (0..<1600).map { $0 % 7 != 3 || $0 % 40 == 0 }))
    let graph = try network.finished(
      try network.node("Attention", isCausal ? [q, k, v] : [q, k, v, mask], ["is_causal": .int(isCausal ? 1 : 0)]))
    let inputs = try graph.randomInputs(seed: 2)
    let truth = try graph.truth(inputs).outputs[0].numbers()
    let session = try Self.session(graph, precision)
    let algorithms = try session.algorithms()
    #expect(algorithms.contains("attention" + Self.suffix(precision)), "\(algorithms)")
    // Scores are sums of 16 products below 1, divided by 4, and values are below 1.
    let bound = exp(2 * 4 * (Self.productError(precision) + 0x1p-19)) * (1 + Self.productError(precision)) - 1 + 0x1p-17
    for (x, y) in try zip(truth, Self.result(session, inputs)) { #expect((x - Double(y)).magnitude <= bound) }
  }

  // MARK: Threads

  @Test(arguments: precisions, instructions)
  func threads(precision: SessionOptions.Precision, instructions: SessionOptions.EmulatedInstructions) throws {
    var network = NetworkBuilder(seed: 5)
    let a = network.input([3, 130, 70], "a"), b = network.input([3, 70, 150], "b")
    let form = AttentionTests.Form(
      batch: 1, heads: 2, rows: 300, inner: 40, keys: 200, columns: 72, headsAreInside: true)
    for (graph, largest) in [
      (try network.finished(try network.node("MatMul", [a, b])), 0x1p70), (try form.graph(), 0x1p61),
    ] as [(Graph, Float)] {
      for isLarge in [false, true] {
        var inputs = try graph.randomInputs(seed: 3)
        if isLarge {
          for name in ["a", "b", "q", "v"] {
            try inputs[name]?.withMutableSpan(as: Float.self) { $0[9000] = name == "q" ? 30 : largest }
          }
        }
        var expected: [UInt32]?
        for threads in [1, 2, 3, 5] {
          let session = try Self.session(graph, precision, threads: threads, .everywhere, instructions)
          let bits = try Self.result(session, inputs).map(\.bitPattern)
          #expect(bits == expected ?? bits, "\(threads) threads, \(isLarge)")
          expected = bits
        }
      }
    }
  }

  // MARK: Special numbers

  private static let numbers: [Float] = [
    .nan, .infinity, -.infinity, 0x1p60, 0x1p70, -0x1p100, 0x1.ffp59, 0x1.fefffep59,
  ]

  /// Elements that read a number that cannot be split have the bits of products of float32 numbers.
  @Test(arguments: numbers, instructions)
  func largeNumbers(number: Float, instructions: SessionOptions.EmulatedInstructions) throws {
    // Each number is tried with one of the orders in memory.
    let isTransposed = (number == .infinity || number == 0x1p70) == (instructions == .amx)
    let (m, k, n) = (75, 21, 70)
    var network = NetworkBuilder()
    let a = network.input([2, .fixed(m), .fixed(k)], "a")
    var b = network.input(isTransposed ? [2, .fixed(n), .fixed(k)] : [2, .fixed(k), .fixed(n)], "b")
    if isTransposed { b = try network.node("Transpose", [b], ["perm": .ints([0, 2, 1])]) }
    let graph = try network.finished(try network.node("MatMul", [a, b]))
    let session = try Self.session(graph, .fast, .everywhere, instructions)
    let float = try Self.session(graph, .fast, nil)
    #expect(try float.algorithms().allSatisfy { !$0.contains("bfloat16") })
    let isLarge = !(number.magnitude < 0x1.ffp59)
    for side in ["a", "b"] {
      for place in [0, 33 * k + 5, (m - 1) * k] {
        var inputs = try graph.randomInputs(seed: 4)
        try inputs[side]?.withMutableSpan(as: Float.self) { $0[place % $0.count] = number }
        let results = try Self.result(session, inputs), expected = try Self.result(float, inputs)
        let size = side == "a" ? m * k : k * n
        let matrix = place / size
        let column = (isTransposed ? place % size / k : place % size % n) / 32
        for (index, (x, y)) in zip(results, expected).enumerated() {
          let row = index / n % m
          let reads =
            index / (m * n) == matrix && (side == "a" ? row == place % size / k : index % n / 32 == column)
          if isLarge && reads {
            #expect(x.bitPattern == y.bitPattern || x.isNaN && y.isNaN, "\(side) \(place) \(index)")
          } else if y.magnitude < 1000 {
            #expect((x - y).magnitude < 1e-3, "\(side) \(place) \(index)")
          } else {
            #expect((x - y).magnitude < 0x1p-14 * y.magnitude, "\(side) \(place) \(index)")
          }
        }
      }
    }
  }

  /// Rounded factors give NaN and infinities where products of float32 numbers do.
  @Test(arguments: numbers) func specialNumbers(number: Float) throws {
    var network = NetworkBuilder()
    let a = network.input([75, 21], "a"), b = network.input([21, 70], "b")
    let product = try network.finished(try network.node("MatMul", [a, b]))
    let form = AttentionTests.Form(batch: 1, heads: 2, rows: 40, inner: 8, keys: 50, columns: 36, mask: [40, 50])
    for (graph, sides) in [(product, ["a", "b"]), (try form.graph(), ["q", "k", "v", "mask"])] {
      let float = try Self.session(graph, .fast, nil)
      let sessions = try Self.precisions.map { try Self.session(graph, $0) }
      for side in sides {
        var inputs = try graph.randomInputs(seed: 6)
        // Shares of zero.
        try inputs["mask"]?.withMutableSpan(as: Float.self) { mask in
          for index in 0..<mask.count where index % 50 > 30 && index / 50 % 2 == 0 { mask[index] = -.infinity }
        }
        try inputs[side]?.withMutableSpan(as: Float.self) { $0[side == "v" ? 45 * 36 + 3 : 137] = number }
        let expected = try Self.result(float, inputs)
        for session in sessions {
          for (index, (x, y)) in zip(try Self.result(session, inputs), expected).enumerated() {
            #expect(
              y.isNaN ? x.isNaN : y.isInfinite ? x == y : x.isFinite, "\(side), element \(index): \(x), not \(y)")
          }
        }
      }
    }
  }
}
