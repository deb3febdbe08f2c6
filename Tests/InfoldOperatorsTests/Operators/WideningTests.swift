import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Results of operators with float32 in place of float16 and bfloat16.
@Suite struct WideningTests {
  /// Operators that must have the types of the model. All others give the same with float32, or convert.
  private static let others = [
    // The quotient is rounded to the type of the scale.
    "QuantizeLinear",
    // The number of results depends on how its inputs are rounded.
    "Range",
    // They read no numbers of narrow types, or an attribute determines the type of their results.
    "BitwiseNot", "BlackmanWindow", "HammingWindow", "HannWindow", "MelWeightMatrix",
    "Constant", "ConstantOfShape", "ConvInteger", "DynamicQuantizeLinear", "MatMulInteger", "Not", "QLinearConv",
    "QLinearMatMul",
    // They have bodies.
    "If", "Loop",
  ]

  @Test func everyOperatorIsAsked() {
    let standard = OperatorRegistry.standard.ownOperators
    let conversions = standard.filter { $0.widening == .conversion }.map { $0.name }
    #expect(conversions == ["Cast", "CastLike"])
    let none = standard.filter { $0.widening == .none }.map { $0.name }
    #expect(Set(none).subtracting(Self.others) == [])
    #expect(Set(Self.others).subtracting(none).subtracting(["DynamicQuantizeLinear"]) == [])
  }

  /// The results for float32 inputs that the narrow type can represent, rounded, equal the results for the narrow type.
  @Test(arguments: [ElementType.float16, .bfloat16]) func sameFunctions(type: ElementType) throws {
    var compared: Set<String> = []
    for versionCase in VersionCase.all {
      let operatorType = try #require(OperatorRegistry.standard.ownOperators.first { $0.name == versionCase.name })
      guard operatorType.widening == .sameFunction else { continue }
      let inputs = try versionCase.inputs.map { try $0?.tensor() }
      let floats = inputs.indices.filter { inputs[$0]?.elementType == .float32 }
      // All inputs of narrow types, or one of them.
      for places in [floats] + floats.map({ [$0] }) where !places.isEmpty {
        for version in versionCase.versions {
          if try isTheSame(versionCase, version, inputs, narrow: places, type) { compared.insert(versionCase.name) }
        }
      }
    }
    #expect(compared.count > 100, "\(compared.count)")
  }

  /// - Returns: Whether the operator accepts the types.
  private func isTheSame(
    _ versionCase: VersionCase, _ version: Int, _ inputs: [Tensor?], narrow places: [Int], _ type: ElementType
  ) throws -> Bool {
    var narrow = inputs, wide = inputs
    for place in places {
      narrow[place] = try inputs[place]?.converted(to: type)
      wide[place] = try narrow[place]?.converted(to: .float32)
    }
    func results(_ inputs: [Tensor?]) -> [Tensor?]? {
      try? evaluate(
        versionCase.name, opset: version, attributes: versionCase.attributes, inputs,
        outputs: versionCase.outputs.count)
    }
    guard let expected = results(narrow), let given = results(wide) else { return false }
    for (index, (expected, given)) in zip(expected, given).enumerated() {
      // A result whose type the shape rule takes from the model, for example from an attribute, remains narrow.
      guard let expected, let given, given.elementType == .float32 || expected.elementType != type else { continue }
      let rounded = expected.elementType == type ? try given.converted(to: type) : given
      #expect(
        try difference(rounded, expected) == nil,
        "output \(index) of \(versionCase.testDescription) in opset \(version), narrow \(places)")
    }
    return true
  }

  /// The first difference of two tensors; NaN equals NaN.
  private func difference(_ a: Tensor, _ b: Tensor) throws -> Int? {
    guard a.shape == b.shape, a.elementType == b.elementType else { return 0 }
    return zip(try a.numbers(), try b.numbers()).enumerated().first { $1.0 != $1.1 && !($1.0.isNaN && $1.1.isNaN) }?
      .offset
  }
}
