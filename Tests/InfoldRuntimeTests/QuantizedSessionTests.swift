import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// Sessions of quantized networks, with every kernel set, compared with the reference evaluation.
@Suite struct QuantizedSessionTests {
  /// Expects results from kernels only, which differ from those of the reference evaluation by at most one step, in few places.
  private func expectAgreement(
    _ graph: Graph, step: Double = 1, referenceSteps: Int = 0, _ comment: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let inputs = try graph.randomInputs()
    var given: [ValueID: Tensor] = [:]
    for id in graph.inputs { given[id] = inputs[graph[id].name] }
    let truth = try ReferenceEvaluator(graph).run(given)
    for kernels in KernelChoice.names {
      let session = try Session(graph.model, options: SessionOptions(threads: 2), kernelsNamed: kernels)
      let results = try session.run(inputs)
      for (id, expected) in zip(graph.outputs, truth) {
        let result = try #require(results[graph[id].name])
        #expect(result.elementType == expected.elementType, sourceLocation: sourceLocation)
        let differences = zip(try result.numbers(), try expected.numbers()).map { abs($0 - $1) }
        #expect(
          differences.allSatisfy { $0 <= step * 1.001 }, "\(kernels) \(comment): \(differences.max() ?? 0)",
          sourceLocation: sourceLocation)
        #expect(
          differences.count { $0 > 0 } <= 1 + differences.count / 200, "\(kernels) \(comment)",
          sourceLocation: sourceLocation)
      }
      let references = try session.layerTimes(inputs, runs: 1).filter { $0.algorithm == "reference" }
      #expect(
        references.count == referenceSteps, "\(comment): \(references.map(\.operation))", sourceLocation: sourceLocation
      )
    }
    try expectSameBitsByUnit(graph, inputs, comment, sourceLocation: sourceLocation)
  }

  /// QLinearConv of bytes that are inputs and outputs of the model.
  @Test(
    arguments: [ElementType.uint8, .int8],
    [[11, 9], [1, 1], [1, 2], [2, 1], [2, 2], [1, 9], [9, 2], [1], [2], [9]])
  func convolutionsOfEveryKind(type: ElementType, spatial: [Int]) throws {
    // Channels, outputs, groups, window, stride, pad, dilation.
    for (index, sizes) in [
      [3, 20, 1, 3, 2, 1, 1], [16, 17, 1, 1, 1, 0, 1], [32, 32, 32, 3, 1, 1, 1], [70, 70, 70, 5, 2, 2, 1],
      [8, 12, 4, 3, 1, 1, 2], [5, 130, 1, 2, 1, 0, 1], [6, 6, 3, 1, 2, 0, 1], [1, 4, 1, 7, 3, 3, 1],
    ].enumerated() {
      var network = NetworkBuilder(opset: 10, seed: UInt64(index))
      let (channels, outputs, groups, size) = (sizes[0], sizes[1], sizes[2], sizes[3])
      // Skip windows that do not fit.
      guard spatial.allSatisfy({ $0 + 2 * sizes[5] > (size - 1) * sizes[6] }) else { continue }
      let x = network.input(Shape([2, channels] + spatial), of: type)
      func point(_ number: Int) throws -> ValueID {
        network.constant(type == .int8 ? try Tensor(scalar: Int8(number)) : try Tensor(scalar: UInt8(number)))
      }
      let weights = network.constant(
        try Tensor(
          random: [outputs, channels / groups] + spatial.map { _ in size }, of: .int8, using: &network.random))
      let bias = try network.random.tensor([outputs], in: -500...500).mapped { (x: Float) in Int32(x) }
      let strides = Int64(sizes[4]), pad = Int64(sizes[5]), dilation = Int64(sizes[6])
      let inputs: [ValueID] = [
        x, network.constant(try Tensor(scalar: Float(0.02))), try point(7), weights,
        network.constant(try network.random.tensor([outputs], in: 0.001...0.01)),
        network.constant(try Tensor(scalar: Int8(0))),
        network.constant(try Tensor(scalar: Float(0.02) * Float(channels / groups * size * size).squareRoot())),
        try point(60), network.constant(bias),
      ]
      let y = try network.node(
        "QLinearConv", inputs,
        [
          "group": .int(Int64(groups)), "strides": .ints(spatial.map { _ in strides }),
          "pads": .ints((spatial + spatial).map { _ in pad }), "dilations": .ints(spatial.map { _ in dilation }),
        ])
      try expectAgreement(try network.finished(y), "\(sizes)")
    }
  }

  /// Transpositions of bytes between convolutions, and of bytes that are inputs and outputs of the model. Those between NCHW and NHWC are
  /// not separate steps if the bytes already have that layout.
  @Test(
    arguments: [ElementType.uint8, .int8], [[0, 2, 3, 1], [0, 3, 1, 2], [0, 1, 3, 2], [3, 2, 1, 0], [0, 1, 2, 3]])
  func transpositions(type: ElementType, permutation: [Int]) throws {
    let perm: AttributeList = ["perm": .ints(permutation.map { Int64($0) })]
    for convolves in [false, true] {
      var network = NetworkBuilder(seed: UInt64(permutation[1]))
      var y = try network.rounded(network.input([2, 20, 7, 5]), scale: 0.01, zeroPoint: 3, of: type)
      if convolves {
        y = try network.rounded(
          network.node("Conv", [y, network.quantizedWeights([24, 20, 1, 1])]), scale: 0.05, zeroPoint: 1, of: type)
      }
      y = try network.rounded(
        network.node("Transpose", [y], perm), scale: convolves ? 0.05 : 0.01, zeroPoint: convolves ? 1 : 3, of: type)
      if convolves {
        let channels = [2, 24, 7, 5][permutation[1]]
        y = try network.rounded(
          network.node("Conv", [y, network.quantizedWeights([9, channels, 1, 1])]), scale: 0.4, zeroPoint: 9, of: type)
      }
      let graph = try network.finished(y)
      let inputs = try graph.randomInputs()
      let expected = try ReferenceEvaluator(graph).run([graph.inputs[0]: inputs["x"]!])[0].numbers()
      for kernels in KernelChoice.names {
        let session = try Session(graph.model, options: SessionOptions(threads: 2), kernelsNamed: kernels)
        let result = try #require(try session.run(inputs)[graph[graph.outputs[0]].name]).numbers()
        let step = convolves ? 0.4 : 0.01
        #expect(zip(result, expected).allSatisfy { abs($0 - $1) <= step * 1.001 }, "\(kernels)")
        #expect(zip(result, expected).count { abs($0 - $1) > step / 2 } <= 1 + expected.count / 100, "\(kernels)")
        let operations = try session.layerTimes(inputs, runs: 1).map(\.operation)
        #expect(!operations.contains { $0.contains("Transpose") && $0.contains("Linear") }, "\(operations)")
      }
    }
  }

  /// A network with every operator that has byte kernels.
  @Test(arguments: [ElementType.uint8, .int8]) func network(type: ElementType) throws {
    var network = NetworkBuilder(opset: 14, seed: 8)
    let shift = type == .int8 ? 128 : 0
    func rounded(_ x: ValueID, _ scale: Float, _ zeroPoint: Int) throws -> ValueID {
      try network.rounded(x, scale: scale, zeroPoint: zeroPoint - shift, of: type)
    }
    let x = try rounded(network.input([2, 3, 16, 12]), 0.01, 128)
    let pads: AttributeList = ["pads": .ints([1, 1, 1, 1])]
    let stem = try rounded(
      network.node(
        "Relu", [try network.node("Conv", [x, network.quantizedWeights([16, 3, 3, 3])], pads)]), 0.02, 0)
    let pooled = try rounded(
      network.node("MaxPool", [stem], ["kernel_shape": .ints([2, 2]), "strides": .ints([2, 2])]), 0.02, 0)
    let left = try rounded(network.node("Conv", [pooled, network.quantizedWeights([16, 16, 1, 1])]), 0.05, 100)
    let right = try rounded(
      network.node(
        "Conv", [pooled, network.quantizedWeights([16, 1, 3, 3])],
        ["pads": .ints([1, 1, 1, 1]), "group": .int(16)]), 0.05, 120)
    let sum = try rounded(
      network.node(
        "Clip",
        [
          network.node("Add", [left, right]), network.weights([], in: 0...0),
          network.constant(Tensor(scalar: Float(6))),
        ]),
      0.06, 30)
    let both = try rounded(network.node("Concat", [sum, left], ["axis": .int(1)]), 0.06, 30)
    let active = try rounded(network.node("HardSwish", [both]), 0.05, 10)
    let flat = try rounded(network.node("Flatten", [active]), 0.05, 10)
    let y = try rounded(
      network.node("Gemm", [flat, network.quantizedWeights([10, 1536])], ["transB": .int(1)]), 0.3, 128)
    // One step of the last scale. If an earlier result is off by one, some results may be.
    try expectAgreement(try network.finished(y), step: 0.3, "\(type)")
  }

  /// A list of scales and zero points along any axis.
  @Test(arguments: [ElementType.uint8, .int8], [0, 1, -1]) func listsOfScales(type: ElementType, axis: Int) throws {
    let shape = [3, 4, 5]
    let count = shape[axis < 0 ? axis + 3 : axis]
    var network = NetworkBuilder(opset: 13, seed: 6)
    let scales = network.constant(try network.random.tensor([count], in: 0.01...0.02))
    let points = network.constant(try Tensor(shape: [count], (0..<count).map { Int64(9 * $0) }).cast(to: type))
    let attributes: AttributeList = ["axis": .int(Int64(axis))]
    let x = network.input(Shape(shape))
    let bytes = try network.node("QuantizeLinear", [x, scales, points], attributes)
    let floats = try network.node("DequantizeLinear", [bytes, scales, points], attributes)
    try expectAgreement(try network.finished(bytes, floats), "axis \(axis)")
  }

  /// Operators between Q and DQ that only move numbers move bytes.
  @Test(arguments: [ElementType.uint8, .int8]) func movements(type: ElementType) throws {
    var network = NetworkBuilder(opset: 13, seed: 4)
    let shift = type == .int8 ? 128 : 0
    func rounded(_ x: ValueID) throws -> ValueID {
      try network.rounded(x, scale: 0.02, zeroPoint: 128 - shift, of: type)
    }
    func list(_ numbers: Int64...) throws -> ValueID { network.constant(try Tensor(shape: [numbers.count], numbers)) }
    let x = try rounded(network.input([1, 16, 6, 4]))
    let halves = try network.nodes("Split", [x, list(8, 8)], ["axis": .int(1)], outputs: 2).map(rounded)
    let left = try rounded(network.node("Slice", [halves[0], list(0), list(4), list(2)]))
    let right = try rounded(network.node("Gather", [halves[1], list(0, 2, 4, 5)], ["axis": .int(2)]))
    let both = try rounded(network.node("Concat", [left, right], ["axis": .int(1)]))
    let split = try rounded(network.node("Reshape", [both, list(1, 2, 8, 4, 4)]))
    let turned = try rounded(network.node("Transpose", [split], ["perm": .ints([0, 2, 1, 3, 4])]))
    let shuffled = try rounded(network.node("Reshape", [turned, list(1, 16, 4, 4)]))
    let deep = try rounded(network.node("SpaceToDepth", [shuffled], ["blocksize": .int(2)]))
    let graph = try network.finished(deep)
    try expectAgreement(graph, step: 0.02)
    let session = try Session(graph.model)
    let operators = try session.layerTimes(try graph.randomInputs(), runs: 1).map { $0.operation }
    #expect(operators.count { $0 == "QuantizeLinear" } == 1, "\(operators)")
    #expect(operators.count { $0 == "DequantizeLinear" } == 1, "\(operators)")
    #expect(operators.contains("ChannelShuffle"), "\(operators)")
  }

  /// Integer operators read and write the same numbers.
  @Test(arguments: [ElementType.uint8, .int8]) func amongIntegerFunctions(type: ElementType) throws {
    var network = NetworkBuilder()
    let shift = type == .int8 ? 128 : 0
    let x = network.input([1, 8, 5, 4], of: type)
    let turned = try network.node("Transpose", [network.node("Abs", [x])], ["perm": .ints([0, 1, 3, 2])])
    let floats = try network.dequantized(turned, scale: 0.02, zeroPoint: 128 - shift, of: type)
    let convolved = try network.quantized(
      try network.node("Conv", [floats, try network.quantizedWeights([6, 8, 1, 1])]), scale: 0.05,
      zeroPoint: 128 - shift,
      of: type)
    let back = try network.node("Abs", [network.node("Transpose", [convolved], ["perm": .ints([0, 3, 2, 1])])])
    try expectAgreement(try network.finished(back, convolved))
  }

  /// A batch gives the same results as each image alone, with any number of threads.
  @Test func batchesAndThreads() throws {
    var network = NetworkBuilder(seed: 3)
    let x = try network.rounded(network.input([.symbol("N"), 3, 40, 40]), scale: 0.01, zeroPoint: 128)
    let a = try network.rounded(
      network.node("Conv", [x, network.quantizedWeights([40, 3, 3, 3])]), scale: 0.03, zeroPoint: 100)
    let b = try network.rounded(
      network.node("Conv", [a, network.quantizedWeights([70, 40, 3, 3])]), scale: 0.2, zeroPoint: 100)
    let graph = try network.finished(b)
    var random = SplitMix64(seed: 2)
    let batch = try random.tensor([3, 3, 40, 40])
    let one = try Session(graph.model, options: SessionOptions(threads: 1)).run(["x": batch])[graph[b].name]!
    for threads in 2...3 {
      #expect(
        try Session(graph.model, options: SessionOptions(threads: threads)).run(["x": batch])[graph[b].name]! == one)
    }
    let last = try Session(graph.model).run(["x": try batch.slice(2..<3)])[graph[b].name]!
    #expect(try one.slice(2..<3) == last)
  }

  /// QLinearConv and QLinearMatMul that compute the sums first: weights that are not symmetric or are computed at run time, and batches of
  /// matrices.
  @Test(arguments: [ElementType.uint8, .int8], [false, true]) func productsOfAnyZero(type: ElementType, lists: Bool)
    throws
  {
    func number(_ network: inout NetworkBuilder, _ value: Float) throws -> ValueID {
      network.constant(try Tensor(scalar: value))
    }
    func point(_ network: inout NetworkBuilder, _ value: Int64, _ count: Int? = nil) throws -> ValueID {
      let numbers = (0..<(count ?? 1)).map { value + Int64($0 % 5) }
      return network.constant(try Tensor(shape: count.map { [$0] } ?? [], numbers).cast(to: type))
    }
    for (index, sizes) in [[1, 1, 1, 1], [2, 2, 1, 2], [3, 8, 1, 3], [6, 6, 6, 3], [8, 12, 2, 1]].enumerated() {
      for spatial in [[9], [7, 5]] {
        var network = NetworkBuilder(opset: 10, seed: UInt64(index))
        let (channels, outputs, groups, size) = (sizes[0], sizes[1], sizes[2], sizes[3])
        let x = network.input(Shape([2, channels] + spatial), of: type)
        let weights = try Tensor(
          random: [outputs, channels / groups] + spatial.map { _ in size }, of: type, using: &network.random)
        let bias = try network.random.tensor([outputs], in: -900...900).mapped { (x: Float) in Int32(x) }
        let weightScales = try network.random.tensor(lists ? [outputs] : [], in: 0.001...0.01)
        let terms = Float(channels / groups * spatial.reduce(1) { product, _ in product * size })
        let y = try network.node(
          "QLinearConv",
          [
            x, number(&network, 0.02), point(&network, 7), network.constant(weights), network.constant(weightScales),
            point(&network, 101, lists ? outputs : nil), number(&network, 0.02 * terms.squareRoot()),
            point(&network, 60), network.constant(bias),
          ],
          ["group": .int(Int64(groups)), "pads": .ints((spatial + spatial).map { _ in Int64(size / 2) })])
        try expectAgreement(try network.finished(y), "\(sizes) \(spatial)")
      }
    }
    for (left, right) in [
      ([1, 1], [1, 1]), ([2, 1, 2], [2, 2, 1]), ([2, 3, 7, 5], [2, 3, 5, 6]), ([4, 33, 40], [40, 17]),
      ([3, 40], [40, 9]),
      ([5], [5]), ([2, 5], [5]), ([5], [3, 5, 4]),
    ] {
      for isComputed in [false, true] {
        var network = NetworkBuilder(opset: 10, seed: 5)
        let columns = lists && right.count == 2 ? right[1] : nil
        let a = network.input(Shape(left), of: type)
        let b =
          isComputed
          ? network.input(Shape(right), "b", of: type)
          : network.constant(try Tensor(random: right, of: type, using: &network.random))
        let scales = try network.random.tensor(columns.map { [$0] } ?? [], in: 0.001...0.01)
        let y = try network.node(
          "QLinearMatMul",
          [
            a, number(&network, 0.02), point(&network, 3), b, network.constant(scales), point(&network, 90, columns),
            number(&network, 0.02 * Float(left.last!).squareRoot()), point(&network, 70),
          ])
        try expectAgreement(try network.finished(y), "\(left) \(right) \(isComputed)")
      }
    }
  }

  /// Products of rows with any number of dimensions, between floats and of quantized numbers, and functions that are written as several
  /// nodes.
  @Test(arguments: [ElementType.uint8, .int8], [[1, 1, 1], [2, 1, 2], [2, 7, 20], [2, 3, 5, 33]])
  func rowsOfSequences(type: ElementType, shape: [Int]) throws {
    let zero = type == .int8 ? -10 : 118, columns = 24
    func scalar(_ network: inout NetworkBuilder, _ value: Float) throws -> ValueID {
      network.constant(try Tensor(shape: [1], [value]))
    }
    for hasActivation in [false, true] {
      var network = NetworkBuilder(opset: 13, seed: 3)
      let x = try network.rounded(network.input(Shape(shape)), scale: 0.01, zeroPoint: zero, of: type)
      var y = try network.node("MatMul", [x, try network.quantizedWeights([shape.last!, columns], axis: 1)])
      y = try network.rounded(y, scale: 0.02, zeroPoint: zero, of: type)
      if hasActivation {
        let error = try network.node("Erf", [network.node("Div", [y, scalar(&network, 1.4142135)])])
        let raised = try network.node("Add", [error, scalar(&network, 1)])
        y = try network.node("Mul", [network.node("Mul", [y, raised]), scalar(&network, 0.5)])
        y = try network.rounded(y, scale: 0.02, zeroPoint: zero, of: type)
      }
      let graph = try network.finished(y)
      try expectAgreement(graph, step: 0.02, "\(shape)")
      let session = try Session(graph.model)
      let operations = try session.layerTimes(try graph.randomInputs(), runs: 1).map { $0.operation }
      #expect(operations.contains { $0.hasPrefix("QLinearGemm") }, "\(operations)")
      #expect(!operations.contains { $0.contains("Erf") || $0.contains("MatMul") }, "\(operations)")
    }
    for isSymmetric in [true, false] {
      var network = NetworkBuilder(opset: 10, seed: 4)
      let weights = try Tensor(random: [shape.last!, columns], of: type, using: &network.random)
      let middle = (type == .int8 ? 0 : 128) + (isSymmetric ? 0 : 3)
      func point(_ value: Int, _ network: inout NetworkBuilder) throws -> ValueID {
        network.constant(try Tensor(scalar: Int64(value)).cast(to: type))
      }
      let y = try network.node(
        "QLinearMatMul",
        [
          network.input(Shape(shape), of: type), network.constant(Tensor(scalar: 0.02 as Float)), point(zero, &network),
          network.constant(weights), network.constant(Tensor(scalar: 0.003 as Float)), point(middle, &network),
          network.constant(Tensor(scalar: 0.05 as Float)), point(zero, &network),
        ])
      try expectAgreement(try network.finished(y), "\(shape)")
    }
  }

  /// 16-bit integers, with one scale and with lists.
  @Test(arguments: [ElementType.uint16, .int16], [nil, 0, 1, -1] as [Int?])
  func integersOf16Bits(type: ElementType, axis: Int?) throws {
    for shape in [[1, 1, 1], [2, 1, 2], [3, 4, 50]] {
      for hasPoints in [true, false] where hasPoints || type == .uint16 {
        let list = axis.map { [shape[$0 < 0 ? $0 + 3 : $0]] } ?? []
        let count = list.reduce(1, *)
        var network = NetworkBuilder(opset: 21, seed: 6)
        let scales = network.constant(try network.random.tensor(list, in: 2e-5...5e-5))
        let points =
          hasPoints
          ? network.constant(try Tensor(shape: list, (0..<count).map { Int64(9000 * $0 + 3) }).cast(to: type)) : nil
        var attributes: AttributeList = axis.map { ["axis": .int(Int64($0))] } ?? [:]
        let z = network.input(Shape(shape), "z", of: type)
        let back = try network.node("DequantizeLinear", [z, scales, points], attributes)
        // A scale and a shift may be rounded differently.
        try InfoldRuntimeTests.expectAgreement(
          network.finished(back), nil, Expectation(tolerance: 1e-6, precisions: [.exact]), "\(shape)")

        let x = network.input(Shape(shape))
        if !hasPoints { attributes["output_dtype"] = .int(Int64(type.rawValue)) }
        let graph = try network.finished(try network.node("QuantizeLinear", [x, scales, points], attributes))
        try expectAgreement(graph, "\(shape)")
        // Numbers that no integer represents.
        var inputs = try graph.randomInputs()
        var numbers = try inputs["x"]!.elements(as: Float.self)
        for (index, number) in [Float.nan, .infinity, -.infinity, 1e30].enumerated() where index < numbers.count {
          numbers[index] = number
        }
        inputs["x"] = try Tensor(shape: shape, numbers)
        let expected = try ReferenceEvaluator(graph).run([x: inputs["x"]!, z: inputs["z"]!])
        #expect(try Session(graph.model).run(inputs)[graph[graph.outputs[0]].name] == expected[0], "\(shape)")
        // Floats that are quantized and dequantized again are not converted to integers, unless the integers are also read.
        var attributesBack = attributes
        attributesBack["output_dtype"] = nil
        let floats = try network.node("DequantizeLinear", [graph.outputs[0], scales, points], attributesBack)
        for outputs in [[floats], [floats, graph.outputs[0]]] {
          let pair = try network.finished(outputs)
          let expected = try ReferenceEvaluator(pair).run([x: inputs["x"]!, z: inputs["z"]!])
          let session = try Session(pair.model)
          let results = try session.run(inputs)
          for (output, wanted) in zip(outputs, expected) {
            let difference = try difference(results[pair[output].name]!, wanted, tolerance: 2e-6)
            #expect(difference == nil, "\(shape): \(difference ?? "")")
          }
          let operations = try session.layerTimes(inputs, runs: 1).map(\.operation).joined(separator: " ")
          #expect(operations.contains("Cast") == (outputs.count == 2), "\(operations)")
        }
      }
    }
  }
}
