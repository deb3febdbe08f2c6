import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Operators that gather elements from indices, or scatter them to indices.
@Suite struct IndexedMovementTests {
  private static let types = ElementFormatTests.types

  /// A node with data and indices, and its other inputs.
  private struct Use {
    var operation: String
    var type: ElementType
    var data: [Int]
    /// The shape of the indices, and the axes along which neighboring indices increase.
    var indices: [Int]
    var axes: [Int]
    var updates: [Int]?
    var attributes: AttributeList = [:]
    var indexType = ElementType.int64
    var tolerance = 0.0

    func check(seed: UInt64 = 3) throws {
      for isConstant in [false, true] {
        var random = SplitMix64(seed: seed)
        var network = NetworkBuilder(opset: 18)
        var tensors: [String: Tensor] = [:]
        func elements(_ shape: [Int]) throws -> Tensor {
          let tensor = try random.tensor(shape, in: -3...3)
          return switch type {
          case .float32: tensor
          case .bool: try tensor.mapped { (x: Float) in x > 0 }
          default: try tensor.cast(to: .int8).cast(to: type)
          }
        }
        let count = indices.reduce(1, *)
        var numbers: [Int64] = []
        for place in 0..<count {
          let size = Float(data[axes[place % axes.count]])
          let number = try random.tensor([1], in: -size...(size - 0.01)).elements(as: Float.self)[0]
          numbers.append(Int64(number.rounded(.down)))
        }
        let index = try Tensor(shape: indices, numbers).cast(to: indexType)
        tensors["data"] = try elements(data)
        var inputs = [network.input(Shape(data), "data", of: type)]
        if isConstant {
          inputs.append(network.constant(index))
        } else {
          tensors["indices"] = index
          inputs.append(network.input(Shape(indices), "indices", of: indexType))
        }
        if let updates {
          tensors["updates"] = try elements(updates)
          inputs.append(network.input(Shape(updates), "updates", of: type))
        }
        let y = try network.node(operation, inputs, attributes)
        try expectAgreement(
          network.finished(y), tensors, Expectation(tolerance: tolerance, precisions: [.exact]),
          "\(operation) of \(type) \(data) by \(indices), \(attributes), \(isConstant ? "constant" : "of the run")")
      }
    }
  }

  @Test(arguments: types) func slices(type: ElementType) throws {
    for (data, axis) in [([3, 4, 5], 0), ([3, 4, 5], 1), ([3, 4, 5], 2), ([7], 0), ([1, 2], 1), ([2, 1, 40], 0)] {
      for indices in [[6], [2, 3], [1], []] {
        for indexType in [ElementType.int64, .int32] {
          try Use(
            operation: "Gather", type: type, data: data, indices: indices, axes: [axis],
            attributes: ["axis": .int(Int64(axis))], indexType: indexType
          ).check()
        }
      }
    }
  }

  @Test(arguments: types) func slicesByLists(type: ElementType) throws {
    let cases: [(data: [Int], indices: [Int], batch: Int)] = [
      ([3, 4, 5], [6, 2], 0), ([3, 4, 5], [2, 3, 3], 0), ([3, 4, 5], [3, 2, 1], 1), ([3, 4, 5], [3, 1], 1),
      ([2, 3, 4, 5], [2, 3, 7, 2], 2), ([6], [9, 1], 0), ([1, 2], [1, 2], 0), ([2, 1, 33], [4, 1], 0),
    ]
    for (data, indices, batch) in cases {
      try Use(
        operation: "GatherND", type: type, data: data, indices: indices,
        axes: Array(batch..<batch + indices.last!), attributes: ["batch_dims": .int(Int64(batch))]
      ).check()
    }
  }

  private static let elementCases: [(data: [Int], indices: [Int])] = [
    ([3, 4, 5], [3, 4, 5]), ([3, 4, 5], [2, 4, 3]), ([3, 4, 5], [3, 1, 5]), ([7], [9]), ([7], [1]), ([1, 2], [1, 2]),
    ([2, 1, 3, 2], [2, 1, 3, 2]), ([2, 3, 4, 5], [1, 3, 4, 5]), ([2, 3, 4, 5], [2, 3, 2, 5]), ([5, 300], [5, 300]),
  ]

  @Test(arguments: types) func elements(type: ElementType) throws {
    for (data, indices) in Self.elementCases {
      for axis in data.indices {
        // Along the axis, the shapes may differ.
        let shape = indices.enumerated().map { $0.offset == axis ? $0.element + 2 : min($0.element, data[$0.offset]) }
        for indexType in [ElementType.int64, .int32] {
          try Use(
            operation: "GatherElements", type: type, data: data, indices: shape, axes: [axis],
            attributes: ["axis": .int(Int64(axis))], indexType: indexType
          ).check()
        }
      }
    }
  }

  private static let reductions = ["none", "add", "mul", "max", "min"]

  /// The tolerance for a reduction with elements of a type, as in `expectAgreement`; `nil` if there is no kernel.
  private func tolerance(_ reduction: String, _ type: ElementType) -> Double? {
    if reduction == "none" { return 0 }
    switch type {
    case .float32: return 1e-6
    case .int32, .uint32, .int64, .uint64, .uint8, .float16, .bfloat16: return 0
    default: return nil
    }
  }

  @Test(arguments: types, reductions) func scatteredSlices(type: ElementType, reduction: String) throws {
    guard let tolerance = tolerance(reduction, type) else { return }
    let cases: [(data: [Int], indices: [Int])] = [
      ([3, 4, 5], [6, 2]), ([3, 4, 5], [2, 3, 3]), ([3, 4, 5], [7, 1]), ([6], [9, 1]), ([1, 2], [1, 2]),
      ([4, 33], [9, 1]),
    ]
    for (data, indices) in cases {
      try Use(
        operation: "ScatterND", type: type, data: data, indices: indices, axes: Array(0..<indices.last!),
        updates: indices.dropLast() + data[indices.last!...], attributes: ["reduction": .string(Array(reduction.utf8))],
        tolerance: tolerance
      ).check()
    }
  }

  @Test(arguments: types, reductions) func scatteredElements(type: ElementType, reduction: String) throws {
    guard let tolerance = tolerance(reduction, type) else { return }
    for (data, indices) in Self.elementCases {
      for axis in data.indices {
        let shape = indices.enumerated().map { $0.offset == axis ? $0.element + 2 : min($0.element, data[$0.offset]) }
        try Use(
          operation: "ScatterElements", type: type, data: data, indices: shape, axes: [axis], updates: shape,
          attributes: ["axis": .int(Int64(axis)), "reduction": .string(Array(reduction.utf8))],
          indexType: axis == 0 ? .int32 : .int64, tolerance: tolerance
        ).check()
      }
    }
  }

  /// Data in working memory is updated in place, and other nodes that read it get the original.
  @Test func dataThatOthersRead() throws {
    var network = NetworkBuilder(opset: 18)
    let x = network.input([4, 5], "x"), updates = network.input([3, 5], "updates")
    let data = try network.node("Neg", [x])
    let indices = network.constant(try Tensor(shape: [3, 1], [2, -4, 2] as [Int64]))
    let first = try network.node("ScatterND", [data, indices, updates])
    let second = try network.node("ScatterND", [data, indices, updates], ["reduction": .string(Array("add".utf8))])
    let own = try network.node("ScatterND", [first, indices, updates], ["reduction": .string(Array("mul".utf8))])
    try expectAgreement(network.finished(try network.node("Add", [second, own])))
  }

  /// An index out of bounds is refused with the same message as by the reference evaluation.
  @Test(
    arguments: ["Gather", "GatherND", "GatherElements", "ScatterND", "ScatterElements"],
    [5, -6, .max, .min] as [Int64])
  func indicesOutside(operation: String, index: Int64) throws {
    var network = NetworkBuilder(opset: 18)
    let shape = operation.hasSuffix("ND") ? [3, 1] : operation.hasSuffix("Elements") ? [3, 2] : [3]
    let data = network.input([5, 2], "data"), indices = network.input(Shape(shape), "indices", of: .int64)
    var inputs = [data, indices]
    let isScattered = operation.hasPrefix("Scatter")
    if isScattered { inputs.append(network.input([3, 2], "updates")) }
    let graph = try network.finished(try network.node(operation, inputs))
    var tensors = try graph.randomInputs()
    var numbers = [Int64](repeating: 1, count: shape.reduce(1, *))
    numbers[numbers.count - 1] = index
    tensors["indices"] = try Tensor(shape: shape, numbers)
    var messages: [String] = []
    for optimize in [true, false] {
      let session = try Session(graph.model, options: SessionOptions(threads: 2, optimize: optimize))
      do {
        _ = try session.run(tensors)
        Issue.record("\(operation): the index \(index) was not refused")
      } catch {
        messages.append(error.description)
      }
      // A later run is not affected.
      var right = tensors
      right["indices"] = try Tensor(shape: shape, [Int64](repeating: -5, count: numbers.count))
      _ = try session.run(right)
    }
    #expect(messages.count == 2 && messages[0] == messages[1], "\(messages)")
  }
}
