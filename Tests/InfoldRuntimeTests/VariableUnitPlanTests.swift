import InfoldGraph
import InfoldRuntime
import InfoldTensor
import TestSupport
import Testing

/// When plans use a matrix unit for right sides that are computed at run time.
@Suite struct VariableUnitPlanTests {
  private static func products(rows: Int, inner: Int, columns: Int) throws -> Graph {
    var network = NetworkBuilder()
    let a = network.input([2, .fixed(rows), .fixed(inner)], "a")
    let b = network.input([2, .fixed(inner), .fixed(columns)], "b")
    return try network.finished(try network.node("MatMul", [a, b]))
  }

  /// The unit is used if its gain is expected to be larger than the time for packing.
  @Test func whereExpected() throws {
    func algorithm(_ graph: Graph, _ precision: SessionOptions.Precision) throws -> String? {
      try VariableUnitTests.session(graph, precision, .whereExpected).algorithms().first
    }
    let large = try Self.products(rows: 512, inner: 128, columns: 256)
    #expect(try algorithm(large, .fast) == "product, packed in the run, split bfloat16")
    #expect(try algorithm(large, .bfloat16) == "product, packed in the run, bfloat16")
    #expect(try algorithm(large, .exact) == "product, packed in the run")
    let flat = try Self.products(rows: 8, inner: 128, columns: 256)
    for precision in SessionOptions.Precision.allCases {
      #expect(try algorithm(flat, precision) == "product, packed in the run")
    }
    let form = AttentionTests.Form(batch: 1, heads: 2, rows: 256, inner: 64, keys: 256, columns: 64)
    #expect(try algorithm(form.graph(), .bfloat16) == "attention, bfloat16")
    #expect(try algorithm(form.graph(), .fast) == "attention")
    #expect(try algorithm(form.graph(), .exact) == "attention")
    // Vector instructions need three products for each split one.
    let vectors = try VariableUnitTests.session(large, .fast, .whereExpected, .avx512BFloat16)
    #expect(try vectors.algorithms() == ["product, packed in the run"])
    let rounded = try VariableUnitTests.session(large, .bfloat16, .whereExpected, .avx512BFloat16)
    #expect(try rounded.algorithms() == ["product, packed in the run, bfloat16"])
  }

  /// Sums that are too long, and kept subnormal numbers, exclude the unit.
  @Test func exclusions() throws {
    let long = try VariableUnitTests.session(Self.products(rows: 2, inner: 1 << 16 + 1, columns: 2), .bfloat16)
    #expect(try long.algorithms() == ["product, packed in the run"])
    let limit = try VariableUnitTests.session(Self.products(rows: 2, inner: 1 << 16, columns: 2), .bfloat16)
    #expect(try limit.algorithms() == ["product, packed in the run, bfloat16"])
    var options = VariableUnitTests.options(.bfloat16)
    options.subnormals = .kept
    let kept = try Session(Self.products(rows: 64, inner: 64, columns: 64).model, options: options)
    #expect(try kept.algorithms() == ["product, packed in the run"])
  }

  /// Tuning may choose float32 products or the unit, and only the free scope lets it.
  @Test func tuning() throws {
    let graph = try Self.products(rows: 256, inner: 64, columns: 128)
    var algorithms: Set<String> = []
    for seed in 1...16 as ClosedRange<UInt64> {
      var options = VariableUnitTests.options(.fast, .whereExpected)
      options.tuning = SessionOptions.Tuning(scope: .free, timeLimit: .seconds(60), store: .none)
      let session = try Session(graph.model, options, timer: MadeUpTimes(seed: seed &* 0x9e37_79b9_7f4a_7c15).timer)
      algorithms.formUnion(try session.algorithms())
    }
    #expect(algorithms == ["product, packed in the run", "product, packed in the run, split bfloat16"])
    var options = VariableUnitTests.options(.fast, .whereExpected)
    options.tuning = SessionOptions.Tuning(timeLimit: .seconds(60), store: .none)
    let session = try Session(graph.model, options, timer: MadeUpTimes(seed: 1).timer)
    #expect(try session.measuredChoices().allSatisfy { !$0.contains { $0.contains("algorithm") } })
  }
}
