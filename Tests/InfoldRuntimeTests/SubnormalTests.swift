import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor
import Synchronization
import TestSupport
import Testing

/// Subnormal numbers are kept or flushed to zero while a session computes, and the caller's floating-point environment is preserved.
@Suite struct SubnormalTests {
  /// Every kind of kernel that multiplies, with subnormal results; large enough for threads to share.
  private static func network() throws -> Graph {
    var network = NetworkBuilder(opset: 17)
    let x = network.input([1, 16, 24, 24])
    func weights(_ shape: [Int]) throws -> ValueID {
      network.constant(try network.random.tensor(shape, in: 0.5...1).mapped { (w: Float) in w * 1e-30 })
    }
    let ones = network.constant(try Tensor(repeating: 1e-30 as Float, shape: [1]))
    return try network.finished(
      try network.node("Conv", [x, try weights([64, 16, 1, 1])]),
      try network.node("Conv", [x, try weights([64, 16, 3, 3])], ["pads": .ints([1, 1, 1, 1])]),
      try network.node("Conv", [x, try weights([16, 1, 3, 3])], ["group": .int(16)]),
      try network.node("Mul", [x, ones]), try network.node("MatMul", [x, try weights([24, 40])]),
      // By the reference evaluation.
      try network.node("Einsum", [x, ones], ["equation": .string(Array("nchw,w->nchw".utf8))]))
  }

  private static func inputs() throws -> [Tensor] {
    var random = SplitMix64(seed: 2)
    return [try random.tensor([1, 16, 24, 24], in: 0.5...1).mapped { (x: Float) in x * 1e-11 }]
  }

  private static func results(_ options: SessionOptions, kernels: String? = nil) throws -> [Tensor] {
    let session = try Session(try network().model, options: options, kernelsNamed: kernels)
    var results: [Tensor] = []
    try session.run(inputs(), into: &results)
    return results
  }

  @Test(arguments: KernelChoice.names) func keptAndFlushed(kernels: String) throws {
    for (subnormals, isFlushed) in [(.kept, false), (.flushed, true)] as [(SessionOptions.Subnormals, Bool)] {
      var first: [Tensor]?
      for threads in 1...3 {
        let results = try Self.results(SessionOptions(threads: threads, subnormals: subnormals), kernels: kernels)
        #expect(results == first ?? results, "\(threads) threads")
        first = first ?? results
        for (index, result) in results.enumerated() {
          let numbers = try result.elements(as: Float.self)
          #expect(
            numbers.allSatisfy { isFlushed ? $0 == 0 : $0 != 0 && !$0.isNormal }, "output \(index), \(subnormals)")
        }
      }
    }
  }

  /// The effect of the precision and of optimization.
  @Test func defaults() throws {
    func isFlushed(_ options: SessionOptions) throws -> Bool {
      let numbers = try Self.results(options).flatMap { try $0.elements(as: Float.self) }
      return numbers.allSatisfy { $0 == 0 }
    }
    #expect(try isFlushed(SessionOptions()))
    #expect(try !isFlushed(SessionOptions(precision: .exact)))
    #expect(try !isFlushed(SessionOptions(optimize: false)))
    #expect(try isFlushed(SessionOptions(optimize: false, subnormals: .flushed)))
    #expect(try isFlushed(SessionOptions(precision: .exact, subnormals: .flushed)))
    let graph = try Self.network()
    let evaluated = try ReferenceEvaluator(graph).run([graph.inputs[0]: try Self.inputs()[0]])
    let numbers = try evaluated.flatMap { try $0.elements(as: Float.self) }
    #expect(numbers.allSatisfy { $0 != 0 })
  }

  /// Subnormal weights and inputs.
  @Test func operands() throws {
    var network = NetworkBuilder()
    let x = network.input([1, 16, 6, 6])
    let tiny = network.constant(try Tensor(repeating: 0x1p-133 as Float, shape: [16, 16, 3, 3]))
    let graph = try network.finished(
      try network.node("Conv", [x, tiny]),
      try network.node("Conv", [x, try network.weights([16, 16, 3, 3], in: 1...2)]),
      try network.node("Transpose", [x], ["perm": .ints([0, 3, 2, 1])]))
    for subnormals in SessionOptions.Subnormals.allCases {
      let session = try Session(graph.model, options: SessionOptions(subnormals: subnormals))
      var results: [Tensor] = []
      for (input, index) in [(1 as Float, 0), (0x1p-133, 1), (0x1p-133, 2)] {
        try session.run([try Tensor(repeating: input, shape: [1, 16, 6, 6])], into: &results)
        let isZero = try results[index].elements(as: Float.self).allSatisfy { $0 == 0 }
        // Operators that only move numbers do not change them.
        #expect(isZero == (subnormals == .flushed && index < 2), "\(subnormals) \(index)")
      }
    }
  }

  /// Flushed numbers have the sign of zero.
  @Test func signs() throws {
    var network = NetworkBuilder()
    let graph = try network.finished(try network.node("Sign", [network.input([5])]))
    let x = try Tensor(shape: [5], [0x1p-133, -0x1p-133, 0, 2, -3] as [Float])
    for (subnormals, expected) in [(.kept, [1, -1, 0, 1, -1]), (.flushed, [0, 0, 0, 1, -1])]
      as [(SessionOptions.Subnormals, [Float])]
    {
      let session = try Session(graph.model, options: SessionOptions(subnormals: subnormals))
      #expect(try session.run(x).elements() == expected)
    }
  }

  /// Subnormal float16 numbers are normal in the type of the computation.
  @Test func halves() {
    let halves = (0...UInt16.max).map(Float16.init(bitPattern:)).filter { !$0.isNaN }
    let floats = halves.flatMap { half in
      let float = Float(half), between = Float((Double(float) + Double(Float(half.nextUp))) / 2)
      return [float, float.nextUp, float.nextDown, between, between.nextUp, between.nextDown]
    }.filter { $0.isZero || $0.isNormal || $0.isInfinite }
    let (wide, narrow) = (halves.map { Float($0) }, floats.map { Float16($0).bitPattern })
    for subnormals in SessionOptions.Subnormals.allCases {
      let own = Arithmetic.current
      Arithmetic(subnormals).adopt()
      defer { own.adopt() }
      let widened = halves.map { Float(widening: $0) }
      let narrowed = floats.map { Float16(narrowing: $0).bitPattern }
      let narrowedDoubles = floats.map { Float16(narrowing: Double($0)).bitPattern }
      own.adopt()
      #expect(widened.map(\.bitPattern) == wide.map(\.bitPattern), "\(subnormals)")
      #expect(narrowed == narrow && narrowedDoubles == narrow, "\(subnormals)")
    }
  }

  // MARK: The caller's arithmetic

  /// The control register without the exception flags.
  private static func control() -> UInt64 {
    #if arch(x86_64)
      Arithmetic.current.control & ~0x3f
    #else
      Arithmetic.current.control
    #endif
  }

  /// Floating-point environments that no session uses: rounding toward zero, with subnormal numbers kept and flushed.
  private static var unusual: [Arithmetic] {
    #if arch(x86_64)
      [Arithmetic(control: 0x1f80 | 0x6000), Arithmetic(control: 0x1f80 | 0x6000 | 0x8040)]
    #elseif arch(arm64)
      [Arithmetic(control: 3 << 22), Arithmetic(control: 3 << 22 | 1 << 24)]
    #else
      []
    #endif
  }

  /// Runs `body` with a changed floating-point environment of the thread.
  private static func with(_ arithmetic: Arithmetic, _ body: () throws -> Void) rethrows -> UInt64 {
    let own = Arithmetic.current
    arithmetic.adopt()
    defer { own.adopt() }
    try body()
    return control()
  }

  private final class Observer: SessionObserver {
    let controls = Mutex<Set<UInt64>>([])
    private let cancels: Bool

    init(cancels: Bool = false) {
      self.cancels = cancels
    }

    var observesLayers: Bool { true }

    func didRun(_ layer: Layer, during time: Range<UInt64>) {
      let control = SubnormalTests.control()
      _ = controls.withLock { $0.insert(control) }
      if cancels { withUnsafeCurrentTask { $0?.cancel() } }
    }
  }

  /// It is restored after a run that succeeds, and observers are called with it; results do not depend on it.
  @Test(arguments: 1...2, SessionOptions.Subnormals.allCases)
  func comesBack(threads: Int, subnormals: SessionOptions.Subnormals) throws {
    let observer = Observer()
    let session = try Session(
      try Self.network().model, options: SessionOptions(threads: threads, subnormals: subnormals), observer: observer)
    let inputs = try Self.inputs()
    var expected: [Tensor] = [], results: [Tensor] = []
    try session.run(inputs, into: &expected)
    for arithmetic in Self.unusual {
      observer.controls.withLock { $0 = [] }
      let control = try Self.with(arithmetic) { try session.run(inputs, into: &results) }
      #expect(control == arithmetic.control)
      #expect(observer.controls.withLock { $0 } == [arithmetic.control])
      #expect(results == expected)
    }
  }

  @Test func comesBackAfterAnError() throws {
    var network = NetworkBuilder()
    let x = network.input([2, 3]), index = network.input([1], "index", of: .int64)
    let graph = try network.finished(
      try network.node("Exp", [try network.node("Gather", [try network.node("Relu", [x]), index])]))
    let session = try Session(graph.model)
    for arithmetic in Self.unusual {
      var code: InfoldError.Code?
      let control = try Self.with(arithmetic) {
        code = try errorCode { _ = try session.run(["x": try .counting([2, 3]), "index": try .list(7)]) }
      }
      #expect(code != nil)
      #expect(control == arithmetic.control)
    }
  }

  @Test func comesBackAfterACancellation() async throws {
    let session = try Session(try Self.network().model, observer: Observer(cancels: true))
    for arithmetic in Self.unusual {
      let task = Task {
        var code: InfoldError.Code?
        let control = try Self.with(arithmetic) {
          code = try errorCode { _ = try session.run(["x": try Self.inputs()[0]]) }
        }
        return (control, code)
      }
      let (control, code) = try await task.value
      #expect(code == .cancelled)
      #expect(control == arithmetic.control)
    }
  }
}
