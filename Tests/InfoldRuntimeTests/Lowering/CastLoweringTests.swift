import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Conversions with kernels give the same bits as the reference evaluation.
@Suite struct CastLoweringTests {
  static let types = ElementTypeSet.all.types

  /// Numbers of a type that are difficult to convert, and others of all magnitudes.
  private static func numbers(_ type: ElementType) throws -> Tensor {
    var random = SplitMix64(seed: 17)
    let bits = (0..<700).map { _ in random.next() }
    switch type {
    case .float16, .bfloat16:
      return try Tensor(shape: [1 << 16], Array(UInt16.min...UInt16.max)).bits(of: type)
    case .float32:
      let special: [Float] = [
        .nan, .signalingNaN, -.nan, .infinity, -.infinity, 0, -0.0, 0.5, -0.5, 1.5, -1.5, 2.5, 127.5, 255.9, -128.9,
        .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, 65504,
        65519.9,
        65520, -65520, 0x1p-14, 0x1p-24, 0x1p-25, 0x1.000002p-25, 0x1p31, -0x1p31, 0x1p32, 0x1p63, -0x1p63, 0x1p64,
      ]
      let usual = bits.prefix(300).map { Float(Int64(bitPattern: $0) >> ($0 & 63)) / 4 }
      let others = bits.map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }
      return try Tensor(shape: [special.count + 1000], special + usual + others)
    case .float64:
      let special: [Double] = [
        .nan, .signalingNaN, .infinity, -.infinity, 0, -0.0, 0.5, -1.5, .leastNonzeroMagnitude, 1e-40, -1e-45, 1e-46,
        .greatestFiniteMagnitude, 65519.999999999, 65520, 1 + 0x1p-11, 1 + 0x1p-11 + 0x1p-52, 1 + 0x1p-8,
        1 + 0x1p-8 + 0x1p-52, 1 + 0x1p-24 + 0x1p-52, 0x1p63, -0x1p63, 0x1p64, -1, 300, -129, 3.4028235677973366e38,
      ]
      let usual = bits.prefix(300).map { Double(Int64(bitPattern: $0) >> ($0 & 63)) / 4 }
      let others = bits.map { Double(bitPattern: $0) }
      return try Tensor(shape: [special.count + 1000], special + usual + others)
    case .bool: return try Tensor(shape: [700], bits.map { $0 & 1 == 1 })
    default:
      // Integers of all magnitudes, and the extremes.
      let numbers = bits.map { Int64(bitPattern: $0) >> ($0 & 63) }
      let ends: [Int64] = [0, 1, -1, 127, 128, 255, 256, -128, -129, 32767, 65535, 65536, 65519, 65520, .min, .max]
      let sums: [Int64] = [1 << 53 | 1, 1 << 62 | 1 << 51 | 1, 1 << 24 | 1, 2049, 2051, 4098, 257, 259]
      return try Tensor(shape: [724], numbers + ends + sums).cast(to: type)
    }
  }

  private func attributes(_ type: ElementType) -> AttributeList { ["to": .int(Int64(type.rawValue))] }

  @Test(arguments: types, types) func everyPair(source: ElementType, target: ElementType) throws {
    var network = NetworkBuilder()
    let tensor = try Self.numbers(source)
    let graph = try network.finished(
      network.node("Cast", [network.input(Shape(tensor.shape), of: source)], attributes(target)))
    for subnormals in SessionOptions.Subnormals.allCases {
      let plain = try Session(graph.model, options: SessionOptions(optimize: false, subnormals: subnormals)).run(tensor)
      for name in KernelChoice.names {
        for threads in [1, 3] {
          let session = try Session(
            graph.model, options: SessionOptions(threads: threads, subnormals: subnormals), kernelsNamed: name)
          let result = try session.run(tensor)
          #expect(result == plain, "\(name), \(subnormals)\(Self.difference(tensor, result, plain))")
          #expect(
            try session.layerTimes(["x": tensor], runs: 1).allSatisfy { $0.algorithm != "reference" }, "\(name)")
        }
      }
    }
  }

  /// The first numbers that differ.
  private static func difference(_ x: Tensor, _ a: Tensor, _ b: Tensor) -> String {
    guard a.shape == b.shape, a.elementType == b.elementType, let numbers = try? (x.numbers(), a.numbers(), b.numbers())
    else { return ", types or shapes" }
    let place = numbers.0.indices.first {
      numbers.1[$0] != numbers.2[$0] && !(numbers.1[$0].isNaN && numbers.2[$0].isNaN)
    }
    return place.map { ": \(numbers.0[$0]) became \(numbers.1[$0]), not \(numbers.2[$0])" } ?? ", bits only"
  }

  /// Small shapes, images of every layout, and slices of them.
  @Test(arguments: OperandLayout.allCases, [ElementType.float16, .bfloat16, .int8, .int64, .float64, .bool])
  func layouts(layout: OperandLayout, type: ElementType) throws {
    for shape in [[], [1], [2], [7], [1, 1, 1, 1], [2, 1, 2, 3], [1, 3, 5, 2], [2, 8, 1, 1], [3, 2, 9], [9, 300]] {
      var network = NetworkBuilder()
      let x = try network.operand(shape, layout)
      let narrow = try network.node("Cast", [x], attributes(type))
      let back = try network.node("Cast", [narrow], attributes(.float32))
      let graph = try network.finished(narrow, back, try network.consumed(back, rank: shape.count))
      var random = SplitMix64(seed: 3)
      let inputs = ["x": try random.tensor(shape, in: -200...200)]
      let plain = try Session(graph.model, options: SessionOptions(optimize: false)).run(inputs)
      for threads in [1, 3] {
        let session = try Session(graph.model, options: SessionOptions(threads: threads))
        #expect(try session.run(inputs) == plain, "\(shape)")
        #expect(try session.layerTimes(inputs, runs: 1).allSatisfy { $0.algorithm != "reference" }, "\(shape)")
      }
    }
  }

  @Test(arguments: types) func castLike(type: ElementType) throws {
    var network = NetworkBuilder(opset: 19)
    let x = network.input([724], of: .int32), like = network.input([2], "like", of: type)
    let graph = try network.finished(network.node("CastLike", [x, like]))
    let model = Model(graph: graph, opsetImports: [Model.OpsetImport(version: 19)])
    let inputs = ["x": try Self.numbers(.int32), "like": try Tensor(zeros: [2], of: type)]
    let session = try Session(model)
    #expect(try session.run(inputs) == Session(model, options: SessionOptions(optimize: false)).run(inputs))
    #expect(try session.layerTimes(inputs, runs: 1).allSatisfy { $0.algorithm != "reference" })
  }

  @Test func withoutElements() throws {
    var network = NetworkBuilder()
    let graph = try network.finished(network.node("Cast", [network.input([0, 3])], attributes(.int64)))
    #expect(try Session(graph.model).run(Tensor(zeros: [0, 3], of: .float32)).shape == [0, 3])
  }
}

extension Tensor {
  /// The numbers of a narrow type with these bits.
  fileprivate func bits(of type: ElementType) throws -> Tensor {
    try type == .float16
      ? mapped { (bits: UInt16) in Float16(bitPattern: bits) } : mapped { (bits: UInt16) in BFloat16(bitPattern: bits) }
  }
}
