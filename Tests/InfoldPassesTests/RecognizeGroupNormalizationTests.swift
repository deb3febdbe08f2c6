import InfoldGraph
import InfoldOperators
import InfoldPasses
import InfoldTensor
import TestSupport
import Testing

@Suite struct RecognizeGroupNormalizationTests {
  /// A way to write a group normalization, or a change that prevents its recognition.
  struct Form: Sendable {
    var shape: Shape = [2, 6, 3, 4]
    var split: [Int64] = [0, 3, -1]
    /// The final shape; by default that of x, which the model computes.
    var back: [Int64]?
    var instanceScale = 1.0
    var instanceShift = 0.0
    var scale: [Int]? = [6, 1, 1]
    var shift: [Int]? = [6, 1, 1]
    var showsInstances = false
    var showsNormal = false
    var type = ElementType.float64
  }

  private func graph(_ form: Form) throws -> Graph {
    var network = NetworkBuilder()
    let x = network.input(form.shape, of: form.type)
    func list(_ number: Double) throws -> ValueID {
      let tensor = try Tensor(repeating: Float(number), shape: [Int(form.split[1])])
      return network.constant(try tensor.converted(to: form.type))
    }
    func integers(_ list: [Int64]) throws -> ValueID { network.constant(try Tensor(shape: [list.count], list)) }
    func numbers(_ shape: [Int]) throws -> ValueID {
      network.constant(try network.random.tensor(shape, in: 0.5...2).converted(to: form.type))
    }
    let split = try network.node("Reshape", [x, integers(form.split)])
    let instances = try network.node(
      "InstanceNormalization", [split, list(form.instanceScale), list(form.instanceShift)], ["epsilon": .float(1e-3)])
    let sizes = try form.back.map(integers) ?? network.node("Shape", [x])
    let normal = try network.node("Reshape", [instances, sizes])
    var y = normal
    if let scale = form.scale { y = try network.node("Mul", [y, numbers(scale)]) }
    if let shift = form.shift { y = try network.node("Add", [numbers(shift), y]) }
    return try network.finished([y] + (form.showsInstances ? [instances] : []) + (form.showsNormal ? [normal] : []))
  }

  private func operators(_ graph: Graph, before passes: [any GraphPass] = []) throws -> [String] {
    let result = try (passes + [RecognizeGroupNormalization(), RemoveDeadCode()]).run(on: graph)
    try result.checkTypes()
    var random = SplitMix64(seed: 3)
    let type = try #require(graph[graph.inputs[0]].type)
    let x = try random.tensor(type.shape!.map { $0.size ?? 4 }, in: -2...2).converted(to: type.elementType)
    let expected = try ReferenceEvaluator(graph, precision: .double).run([graph.inputs[0]: x])
    for (found, wanted) in zip(try ReferenceEvaluator(result, precision: .double).run([graph.inputs[0]: x]), expected) {
      #expect(found.shape == wanted.shape)
      #expect(try relativeError(found, wanted) < 1e-12)
    }
    return result.nodes.map(\.opType)
  }

  @Test(arguments: [
    Form(), Form(scale: nil), Form(shift: nil), Form(scale: nil, shift: nil), Form(scale: [1, 6, 1, 1]),
    Form(back: [2, 6, 3, 4]), Form(split: [2, 2, 36]), Form(split: [0, 6, -1]), Form(split: [0, 1, -1]),
    Form(split: [0, 3, 2, -1]), Form(shape: [2, 6, 5], scale: [6, 1], shift: [6, 1]), Form(shape: ["N", 6, "H", "W"]),
    Form(shape: ["N", 6, "H", "W"], scale: nil, shift: nil), Form(type: .float32),
  ])
  func becomesOneNode(form: Form) throws {
    #expect(try operators(graph(form)) == ["GroupNormalization"])
  }

  /// Scale and shift have become one node before.
  @Test func withAScaleAndShift() throws {
    let graph = try graph(Form(type: .float32))
    #expect(try operators(graph, before: [MergeScaleShifts()]) == ["GroupNormalization"])
  }

  @Test func arithmeticBehind() throws {
    #expect(try operators(graph(Form(scale: [4], shift: nil))) == ["GroupNormalization", "Mul"])
    #expect(try operators(graph(Form(scale: [2, 6, 1, 1], shift: nil))) == ["GroupNormalization", "Mul"])
    #expect(try operators(graph(Form(showsNormal: true))) == ["GroupNormalization", "Mul", "Add"])
  }

  @Test(arguments: [
    Form(instanceScale: 2), Form(instanceShift: 1), Form(showsInstances: true),
    Form(back: [2, 6, 4, 3]),
    Form(shape: [3, 2, 3, 4], split: [2, 3, -1], back: [3, 2, 3, 4], scale: nil, shift: nil),
    Form(shape: [2, 6, 2, 3, 4], scale: nil, shift: nil),
    Form(shape: [2, 4, 3, 4], split: [0, 3, -1], back: [2, 4, 3, 4], scale: nil, shift: nil),
  ])
  func staysAsItIs(form: Form) throws {
    let graph = try graph(form)
    let before = try RemoveDeadCode().run(on: graph).graph
    #expect(try operators(graph) == before.nodes.map(\.opType))
  }
}
