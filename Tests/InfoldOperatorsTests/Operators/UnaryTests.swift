import Foundation
import InfoldGraph
import InfoldOperators
import InfoldSystem
import InfoldTensor
import TestSupport
import Testing

/// Functions of one floating-point number, compared with their formulas.
@Suite struct UnaryTests {
  struct Function: Sendable, CustomTestStringConvertible {
    let name: String
    let opsets: [Int]
    var attributes: AttributeList = [:]
    let formula: @Sendable (Double) -> Double
    var testDescription: String { name }
  }

  static let functions = [
    Function(name: "Acos", opsets: [7, 22]) { acos($0) },
    Function(name: "Acosh", opsets: [9, 22]) { acosh($0) },
    Function(name: "Asin", opsets: [7, 22]) { asin($0) },
    Function(name: "Asinh", opsets: [9, 22]) { asinh($0) },
    Function(name: "Atan", opsets: [7, 22]) { atan($0) },
    Function(name: "Atanh", opsets: [9, 22]) { atanh($0) },
    Function(name: "Ceil", opsets: [1, 6, 13]) { ceil($0) },
    Function(name: "Celu", opsets: [12, 28]) { $0 < 0 ? exp($0) - 1 : $0 },
    Function(name: "Celu", opsets: [12, 28], attributes: ["alpha": .float(2)]) { $0 < 0 ? 2 * expm1($0 / 2) : $0 },
    Function(name: "Cos", opsets: [7, 22]) { cos($0) },
    Function(name: "Cosh", opsets: [9, 22]) { cosh($0) },
    Function(name: "Elu", opsets: [1, 6, 22]) { $0 < 0 ? exp($0) - 1 : $0 },
    Function(name: "Elu", opsets: [1, 6, 22], attributes: ["alpha": .float(2)]) { $0 < 0 ? 2 * exp($0) - 2 : $0 },
    Function(name: "Erf", opsets: [9, 13]) { erf($0) },
    Function(name: "Exp", opsets: [1, 6, 13]) { exp($0) },
    Function(name: "Floor", opsets: [1, 6, 13]) { floor($0) },
    Function(name: "Gelu", opsets: [20]) { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) },
    Function(name: "Gelu", opsets: [20], attributes: ["approximate": .string(Array("none".utf8))]) {
      0.5 * $0 * (1 + erf($0 / 2.0.squareRoot()))
    },
    Function(name: "Gelu", opsets: [20], attributes: ["approximate": .string(Array("tanh".utf8))]) {
      0.5 * $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * pow($0, 3))))
    },
    Function(name: "HardSigmoid", opsets: [1, 6, 22]) { max(0, min(1, Double(Float(0.2)) * $0 + 0.5)) },
    Function(name: "HardSigmoid", opsets: [1, 6, 22], attributes: ["alpha": .float(0.5), "beta": .float(0.25)]) {
      max(0, min(1, 0.5 * $0 + 0.25))
    },
    Function(name: "HardSwish", opsets: [14, 22]) { $0 * max(0, min(1, $0 / 6 + 0.5)) },
    Function(name: "LeakyRelu", opsets: [1, 6, 16]) { $0 < 0 ? Double(Float(0.01)) * $0 : $0 },
    Function(name: "LeakyRelu", opsets: [1, 6, 16], attributes: ["alpha": .float(-2)]) { $0 < 0 ? -2 * $0 : $0 },
    Function(name: "Log", opsets: [1, 6, 13]) { log($0) },
    Function(name: "Mish", opsets: [18, 22]) { $0 * tanh(log1p(exp($0))) },
    Function(name: "Reciprocal", opsets: [1, 6, 13]) { 1 / $0 },
    Function(name: "Round", opsets: [11, 22]) { rint($0) },
    Function(name: "Selu", opsets: [1]) {
      Double(Float(1.0507)) * ($0 > 0 ? $0 : Double(Float(1.6732)) * expm1($0))
    },
    Function(name: "Selu", opsets: [6, 22]) {
      1.05070102214813232421875 * ($0 > 0 ? $0 : 1.67326319217681884765625 * expm1($0))
    },
    Function(name: "Selu", opsets: [1, 6, 22], attributes: ["alpha": .float(0.5), "gamma": .float(3)]) {
      3 * ($0 > 0 ? $0 : 0.5 * expm1($0))
    },
    Function(name: "Sigmoid", opsets: [1, 6, 13]) { 1 / (1 + exp(-$0)) },
    Function(name: "Sin", opsets: [7, 22]) { sin($0) },
    Function(name: "Sinh", opsets: [9, 22]) { sinh($0) },
    Function(name: "Softplus", opsets: [1, 22]) { $0 > 30 ? $0 : log1p(exp($0)) },
    Function(name: "Softsign", opsets: [1, 22]) { $0 / (1 + abs($0)) },
    Function(name: "Sqrt", opsets: [1, 6, 13]) { sqrt($0) },
    Function(name: "Swish", opsets: [24]) { $0 / (1 + exp(-$0)) },
    Function(name: "Swish", opsets: [24], attributes: ["alpha": .float(-0.5)]) { $0 / (1 + exp(0.5 * $0)) },
    Function(name: "Tan", opsets: [7, 22]) { tan($0) },
    Function(name: "Tanh", opsets: [1, 6, 13]) { tanh($0) },
  ]

  private func expect(_ function: Function, of x: Double, is y: Double, _ wanted: Double, within tolerance: Double) {
    #expect(
      y == wanted || y.isNaN && wanted.isNaN || abs(y - wanted) <= tolerance * max(1, abs(wanted)),
      "\(function.name)(\(x)) is \(y), not \(wanted)")
  }

  @Test(arguments: functions) func followsItsFormula(function: Function) throws {
    let x = [-200, -30, -4.5, -2.5, -1, -0.25, 0, 0.25, 0.5, 1, 2.5, 4.75, 30, 200]
    for opset in function.opsets {
      let exact = try evaluate(
        function.name, opset: opset, attributes: function.attributes, [Tensor(shape: [x.count], x)])
      for (x, y) in zip(x, try #require(try exact[0]?.elements(as: Double.self))) {
        expect(function, of: x, is: y, function.formula(x), within: 1e-14)
      }
      let rounded = try evaluate(
        function.name, opset: opset, attributes: function.attributes, [Tensor(shape: [x.count], x.map(Float.init))])
      for (x, y) in zip(x, try #require(try rounded[0]?.elements(as: Float.self))) {
        expect(function, of: x, is: Double(y), Double(Float(function.formula(x))), within: 1e-6)
      }
    }
  }

  @Test(arguments: functions) func keepsShapeTypeAndNaN(function: Function) throws {
    for type in ElementTypeSet.floatingPoint.types {
      let y = try evaluate(
        function.name, opset: function.opsets.last!, attributes: function.attributes,
        [Tensor(zeros: [2, 0, 3], of: type)])
      #expect(try y[0] == Tensor(zeros: [2, 0, 3], of: type))
    }
    let y = try evaluate(
      function.name, opset: function.opsets[0], attributes: function.attributes, [Tensor(scalar: Float.nan)])
    #expect(try y[0]?.elements(as: Float.self)[0].isNaN == true)
  }

  @Test(arguments: functions) func refusesIntegersAndUnknownAttributes(function: Function) throws {
    let error = #expect(throws: InfoldError.self) {
      try evaluate(function.name, opset: function.opsets.last!, [Tensor(scalar: Int32(1))])
    }
    #expect(error?.code == .unsupported)
    #expect(throws: InfoldError.self) {
      try evaluate(
        function.name, opset: function.opsets.last!, attributes: ["none": .int(1)], [Tensor(scalar: Float(1))])
    }
  }

  @Test func refusesAnotherApproximation() throws {
    let code = try errorCode {
      _ = try evaluate(
        "Gelu", opset: 20, attributes: ["approximate": .string(Array("sigmoid".utf8))], [Tensor(scalar: Float(1))])
    }
    #expect(code == .invalidModel)
  }

  @Test(arguments: ["Elu", "Ceil", "Selu", "HardSigmoid"]) func readsConsumedInputsInOpset1Only(name: String) throws {
    let x = try Tensor(scalar: Float(1))
    _ = try evaluate(name, opset: 1, attributes: ["consumed_inputs": .ints([0])], [x])
    let code = try errorCode { _ = try evaluate(name, opset: 6, attributes: ["consumed_inputs": .ints([0])], [x]) }
    #expect(code == .invalidModel)
  }
}
