import Foundation
import InfoldGraph
import TestSupport
import Testing

/// Activation functions, against their formulas.
@Suite struct ActivationTests {
  struct Activation: Sendable, CustomTestStringConvertible {
    let name: String
    let opsets: [Int]
    var attributes: AttributeList = [:]
    let formula: @Sendable (Double) -> Double
    var testDescription: String { name }
  }

  static let activations = [
    Activation(name: "LeakyRelu", opsets: [1, 6, 16]) { $0 < 0 ? Double(Float(0.01)) * $0 : $0 },
    Activation(name: "LeakyRelu", opsets: [1, 6, 16], attributes: ["alpha": .float(-2)]) { $0 < 0 ? -2 * $0 : $0 },
    Activation(name: "Sigmoid", opsets: [1, 6, 13]) { 1 / (1 + exp(-$0)) },
  ]

  @Test(arguments: activations) func followsItsFormula(activation: Activation) throws {
    let x = [-200, -30, -2.5, -1, -0.25, 0, 0.25, 1, 2.5, 30, 200]
    for opset in activation.opsets {
      let exact = try evaluate(
        activation.name, opset: opset, attributes: activation.attributes, [Tensor(shape: [x.count], x)])
      for (x, y) in zip(x, try #require(try exact[0]?.elements(as: Double.self))) {
        let wanted = activation.formula(x)
        #expect(abs(y - wanted) <= 1e-14 * max(1, abs(wanted)), "\(activation.name)(\(x)) is \(y), not \(wanted)")
      }
      let rounded = try evaluate(
        activation.name, opset: opset, attributes: activation.attributes, [Tensor(shape: [x.count], x.map(Float.init))])
      for (x, y) in zip(x, try #require(try rounded[0]?.elements(as: Float.self))) {
        let wanted = activation.formula(x)
        #expect(
          abs(Double(y) - wanted) <= 1e-6 * max(1, abs(wanted)), "\(activation.name)(\(x)) is \(y), not \(wanted)")
      }
    }
  }

  @Test(arguments: activations) func keepsShapeTypeAndNaN(activation: Activation) throws {
    for type in ElementTypeSet.floatingPoint.types {
      let y = try evaluate(
        activation.name, opset: activation.opsets.last!, attributes: activation.attributes,
        [Tensor(zeros: [2, 0, 3], of: type)])
      #expect(try y[0] == Tensor(zeros: [2, 0, 3], of: type))
    }
    let y = try evaluate(
      activation.name, opset: activation.opsets[0], attributes: activation.attributes, [Tensor(scalar: Float.nan)])
    #expect(try y[0]?.elements(as: Float.self)[0].isNaN == true)
  }

  @Test(arguments: activations) func refusesIntegersAndUnknownAttributes(activation: Activation) throws {
    let error = #expect(throws: InfoldError.self) {
      try evaluate(activation.name, opset: activation.opsets.last!, [Tensor(scalar: Int32(1))])
    }
    #expect(error?.code == .unsupported)
    #expect(throws: InfoldError.self) {
      try evaluate(
        activation.name, opset: activation.opsets.last!, attributes: ["none": .int(1)], [Tensor(scalar: Float(1))])
    }
  }
}
