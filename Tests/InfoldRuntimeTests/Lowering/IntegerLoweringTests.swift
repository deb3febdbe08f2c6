import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Integer operators have kernels, and give the same bits as the reference evaluation.
@Suite struct IntegerLoweringTests {
  private static let types: [ElementType] = [.int32, .uint32, .int64, .uint64, .uint8, .int8]
  private static let shapes: [[[Int]]] = [
    [[7], [7]], [[1], [1]], [[], [3]], [[2, 3, 4], []], [[2, 3, 4, 5], [2, 3, 4, 5]], [[2, 1, 4], [3, 1]],
    [[5, 1], [1, 6]], [[2, 3, 4, 5], [3, 1, 1]], [[1, 3, 1, 5], [2, 1, 4, 1]], [[1, 2, 1, 2, 1], [2, 1, 2, 1, 2]],
    [[30, 300], [300]], [[30, 300], [30, 1]], [[9_000], [1]],
  ]

  /// Elements of all magnitudes, including the smallest and the largest.
  private func tensor(
    _ shape: [Int], _ type: ElementType, _ random: inout SplitMix64, withoutZeros: Bool = false
  ) throws -> Tensor {
    let least: Int64 =
      switch type {
      case .int8: -128
      case .int16: Int64(Int16.min)
      case .int32: Int64(Int32.min)
      case .int64: .min
      default: 0
      }
    let greatest: Int64 =
      switch type {
      case .int16: Int64(Int16.max)
      case .uint16: Int64(UInt16.max)
      case .int32: Int64(Int32.max)
      case .uint32: Int64(UInt32.max)
      case .uint8: 255
      case .int8: 127
      default: .max
      }
    let numbers = (0..<shape.reduce(1, *)).map { _ -> Int64 in
      let bits = random.next()
      let number: Int64 =
        switch bits % 8 {
        case 0: least
        case 1: greatest
        case 2: Int64(truncatingIfNeeded: bits >> 8)
        default: Int64(bits >> 8 & 31) - (least < 0 ? 16 : 0)
        }
      let bounded = min(max(number, least), greatest)
      return withoutZeros && bounded == 0 ? 1 : bounded
    }
    return try Tensor(shape: shape, numbers).cast(to: type)
  }

  /// Expects the bits of the reference evaluation, from a kernel.
  private func check(
    _ graph: Graph, _ tensors: [ValueID: Tensor], _ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let expected = try ReferenceEvaluator(graph).run(tensors)
    let inputs = Dictionary(uniqueKeysWithValues: tensors.map { (graph[$0].name, $1) })
    for threads in [1, 3] {
      let session = try Session(graph.model, options: SessionOptions(threads: threads))
      let results = try session.run(inputs)
      for (id, tensor) in zip(graph.outputs, expected) {
        #expect(results[graph[id].name] == tensor, comment, sourceLocation: sourceLocation)
      }
      let references = try session.layerTimes(inputs, runs: 1).filter { $0.algorithm == "reference" }
      #expect(references.map(\.operation) == [], comment, sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: ["Add", "Sub", "Mul", "Div", "Mod", "Max", "Min"], types + [.int16, .uint16])
  func arithmetic(operation: String, type: ElementType) throws {
    for shapes in Self.shapes + Self.shapes.map({ $0.reversed() }) {
      for attributes in (operation == "Mod" ? [["fmod": .int(0)], ["fmod": .int(1)]] : [[:]]) as [AttributeList] {
        var random = SplitMix64(seed: 11)
        var network = NetworkBuilder(opset: 14)
        let a = network.input(Shape(shapes[0]), "a", of: type), b = network.input(Shape(shapes[1]), "b", of: type)
        let graph = try network.finished(try network.node(operation, [a, b], attributes))
        let divides = operation == "Div" || operation == "Mod"
        try check(
          graph,
          [
            a: tensor(shapes[0], type, &random), b: tensor(shapes[1], type, &random, withoutZeros: divides),
          ], "\(operation) of \(type) \(shapes), \(attributes)")
      }
    }
  }

  /// Like the reference evaluation, kernels refuse to divide by zero.
  @Test(arguments: ["Div", "Mod"], types) func divisionByZero(operation: String, type: ElementType) throws {
    for shape in [[6], [2, 1], [1]] {
      var network = NetworkBuilder(opset: 14)
      let a = network.input([2, 6], "a", of: type), b = network.input(Shape(shape), "b", of: type)
      let graph = try network.finished(try network.node(operation, [a, b]))
      let count = shape.reduce(1, *)
      for zero in 0..<count {
        let divisors = try Tensor(shape: shape, (0..<count).map { Int64($0 == zero ? 0 : 3) }).cast(to: type)
        let inputs = ["a": try Tensor(shape: [2, 6], (0..<12).map { Int64($0) }).cast(to: type), "b": divisors]
        var messages: [String] = []
        for optimize in [true, false] {
          let session = try Session(graph.model, options: SessionOptions(threads: 2, optimize: optimize))
          do {
            _ = try session.run(inputs)
            Issue.record("\(operation) by \(divisors) was not refused")
          } catch {
            messages.append(error.description)
          }
        }
        #expect(messages.count == 2 && messages[0] == messages[1], "\(messages)")
      }
    }
  }

  private static let reduced: [(shape: [Int], axes: [Int64])] = [
    ([2, 40, 5, 7], [2, 3]), ([2, 40, 5, 7], [1]), ([2, 40, 5, 7], [3]), ([2, 40, 5, 7], [1, 2, 3]), ([3, 5, 9], [1]),
    ([3, 1, 9], [1]), ([4, 33], [0]), ([4, 33], [1]), ([2, 3, 4, 5, 6], [2, 3]), ([2, 12, 5, 7], [0, 2]),
    ([2, 12, 5, 7], [1, 3]), ([3, 1, 4, 5, 6], [0, 2, 4]), ([1], [0]), ([2, 1], [0, 1]), ([3, 2_500], [0]),
  ]

  @Test(
    arguments: ["ReduceSum", "ReduceProd", "ReduceMax", "ReduceMin", "ReduceL1", "ReduceSumSquare"],
    types.filter { $0 != .int8 })
  func reductions(operation: String, type: ElementType) throws {
    for (shape, axes) in Self.reduced {
      for keepsDimensions in [0, 1] as [Int64] {
        var random = SplitMix64(seed: 3)
        var network = NetworkBuilder(opset: 12)
        let x = network.input(Shape(shape), "x", of: type)
        let y = try network.node(operation, [x], ["axes": .ints(axes), "keepdims": .int(keepsDimensions)])
        try check(
          network.finished(y), [x: tensor(shape, type, &random)], "\(operation) of \(type) \(shape) along \(axes)")
      }
    }
  }

  private static let selected: [[Int]] = [
    [2, 3, 4], [7], [1], [1, 2], [3, 300, 2], [40, 3], [2, 1, 513], [5, 65],
  ]

  /// Few distinct elements, so that many are equal.
  private func ties(_ shape: [Int], _ type: ElementType, _ random: inout SplitMix64) throws -> Tensor {
    try random.tensor(shape, in: -3...3).cast(to: .int8).cast(to: type)
  }

  @Test(arguments: ["ArgMax", "ArgMin"], types + [.float32]) func extrema(operation: String, type: ElementType) throws {
    for shape in Self.selected {
      for axis in shape.indices {
        for last in [0, 1] as [Int64] {
          for isTied in [true, false] {
            var random = SplitMix64(seed: 5)
            var network = NetworkBuilder(opset: 13)
            let x = network.input(Shape(shape), "x", of: type)
            let y = try network.node(
              operation, [x], ["axis": .int(Int64(axis)), "select_last_index": .int(last), "keepdims": .int(last)])
            let elements =
              isTied || type == .float32 ? try ties(shape, type, &random) : try tensor(shape, type, &random)
            try check(network.finished(y), [x: elements], "\(operation) of \(type) \(shape), \(axis), \(last)")
          }
        }
      }
    }
  }

  @Test(arguments: types + [.float32], [true, false]) func leading(type: ElementType, isLargest: Bool) throws {
    for shape in Self.selected {
      for axis in shape.indices {
        for count in Set([1, 2, shape[axis] / 2, shape[axis]]) where count >= 1 && count <= shape[axis] {
          for isTied in [true, false] {
            var random = SplitMix64(seed: 5)
            var network = NetworkBuilder(opset: 13)
            let x = network.input(Shape(shape), "x", of: type)
            let results = try network.nodes(
              "TopK", [x, network.constant(try .list(Int64(count)))],
              ["axis": .int(Int64(axis)), "largest": .int(isLargest ? 1 : 0)], outputs: 2)
            let elements =
              isTied
              ? try ties(shape, type, &random)
              : type == .float32 ? try random.tensor(shape, in: -1...1) : try tensor(shape, type, &random)
            try check(network.finished(results), [x: elements], "\(count) of \(type) \(shape), \(axis)")
          }
        }
      }
    }
  }

  /// The maximum and minimum of rows that are longer than the blocks of the search.
  @Test(arguments: types + [.float32]) func extremesOfLongRows(type: ElementType) throws {
    for count in [1, 2, 63, 64, 65, 128, 200, 257] {
      for isTied in [true, false] {
        var random = SplitMix64(seed: UInt64(count))
        var network = NetworkBuilder(opset: 13)
        let x = network.input([3, .fixed(count)], "x", of: type)
        var results: [ValueID] = []
        for flag in [0, 1] as [Int64] {
          results += try network.nodes(
            "TopK", [x, network.constant(try .list(Int64(1)))], ["largest": .int(flag)], outputs: 2)
          for operation in ["ArgMax", "ArgMin"] {
            results.append(try network.node(operation, [x], ["axis": .int(1), "select_last_index": .int(flag)]))
          }
        }
        let shape = [3, count]
        let elements =
          isTied
          ? try ties(shape, type, &random)
          : type == .float32 ? try random.tensor(shape, in: -1...1) : try tensor(shape, type, &random)
        try check(network.finished(results), [x: elements], "\(type), \(count)")
      }
    }
  }

  /// Zeros of both signs are equal. NaN is found first, or is greater than all numbers.
  @Test(arguments: [true, false]) func specialNumbers(isLast: Bool) throws {
    let numbers: [Float] = [
      0, -0.0, 1, .nan, -.infinity, .infinity, -.nan, .leastNormalMagnitude, -1, -0.0, 0, .greatestFiniteMagnitude,
    ]
    for count in 1...numbers.count {
      for shape in [[count], [count, 1], [1, count]] {
        for axis in shape.indices {
          var network = NetworkBuilder(opset: 13)
          let x = network.input(Shape(shape), "x")
          var results: [ValueID] = []
          for operation in ["ArgMax", "ArgMin"] {
            results.append(
              try network.node(
                operation, [x], ["axis": .int(Int64(axis)), "select_last_index": .int(isLast ? 1 : 0)]))
          }
          for largest in [0, 1] as [Int64] {
            for count in [1, shape[axis]] {
              results.append(
                try network.nodes(
                  "TopK", [x, network.constant(try .list(Int64(count)))],
                  ["axis": .int(Int64(axis)), "largest": .int(largest)], outputs: 2)[1])
            }
          }
          try check(
            network.finished(results), [x: Tensor(shape: shape, Array(numbers[..<count]))], "\(shape), \(axis)")
        }
      }
    }
  }

  @Test(arguments: [ElementType.float32, .int32, .uint32, .int64, .uint64], [0, 1, 2, 3])
  func runningSums(type: ElementType, form: Int64) throws {
    for shape in Self.selected + [[2, 3, 1_100]] {
      for axis in shape.indices {
        var random = SplitMix64(seed: 5)
        var network = NetworkBuilder(opset: 14)
        let x = network.input(Shape(shape), "x", of: type)
        let y = try network.node(
          "CumSum", [x, network.constant(try Tensor(scalar: Int64(axis)))],
          ["exclusive": .int(form & 1), "reverse": .int(form >> 1)])
        let elements =
          type == .float32 ? try random.tensor(shape, in: -1...1) : try tensor(shape, type, &random)
        try check(network.finished(y), [x: elements], "\(type) \(shape), \(axis), \(form)")
      }
    }
  }

  @Test(arguments: ElementFormatTests.types, [0, 1] as [Int64]) func triangles(type: ElementType, isUpper: Int64) throws
  {
    for shape in [[3, 4], [5, 2], [2, 3, 3], [1, 1], [2, 1, 4, 40]] {
      for diagonal in [nil, 0, 1, -1, -2, 2, 50, -50, .max, .min] as [Int64?] {
        var random = SplitMix64(seed: 5)
        var network = NetworkBuilder(opset: 14)
        let x = network.input(Shape(shape), "x", of: type)
        let y = try network.node(
          "Trilu", [x, diagonal.map { network.constant(try! Tensor(scalar: $0)) }], ["upper": .int(isUpper)])
        try check(
          network.finished(y), [x: Tensor(random: shape, of: type, using: &random)],
          "\(type) \(shape), \(diagonal ?? 0)")
      }
    }
  }

  @Test(arguments: ElementFormatTests.types, [ElementType.int64, .int32])
  func oneHot(type: ElementType, indexType: ElementType) throws {
    for shape in [[3], [2, 4], [1], [2, 1, 3]] {
      for axis in -1...shape.count {
        for depth in [1, 2, 5] {
          var network = NetworkBuilder(opset: 11)
          let indices = network.input(Shape(shape), "indices", of: indexType)
          let values = network.input([2], "values", of: type)
          let count = network.constant(try Tensor(scalar: Int64(depth)))
          let y = try network.node("OneHot", [indices, count, values], ["axis": .int(Int64(axis))])
          let numbers = (0..<shape.reduce(1, *)).map { (index: Int) -> Int64 in Int64(index * 3 % 13 - 6) }
          try check(
            network.finished(y),
            [
              indices: Tensor(shape: shape, numbers).cast(to: indexType),
              values: Tensor(shape: [2], [0, 1] as [Int64]).cast(to: type),
            ], "\(type) \(shape), \(axis), \(depth)")
        }
      }
    }
  }
}
