import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport
import Testing

/// One use of an operator, and the expected results in some of the operator's versions.
struct VersionCase: Sendable, CustomTestStringConvertible {
  let name: String
  let versions: [Int]
  let attributes: AttributeList
  let inputs: [Numbers?]
  let outputs: [Numbers]

  init(
    _ name: String, _ versions: [Int], _ attributes: AttributeList, _ inputs: [Numbers?], gives outputs: Numbers...
  ) {
    self.name = name
    self.versions = versions
    self.attributes = attributes
    self.inputs = inputs
    self.outputs = outputs
  }

  init(_ name: String, _ versions: [Int], _ inputs: [Numbers?], gives output: Numbers) {
    self.init(name, versions, [:], inputs, gives: output)
  }

  /// Every case.
  static let all =
    elementWise + trigonometry + kinds + windows + normalizations + groupNormalizations + reductions + matrices + shapes
    + resizing + chosen + sampling + quantization + recurrent + attention + signals + bits

  var testDescription: String {
    "\(name) \(versions) \(attributes.entries.map(\.name).joined(separator: " "))"
  }

  /// Describes what is wrong with the results; `nil` if they are correct.
  func failure(version: Int, attributes: AttributeList) throws -> String? {
    let results = try evaluate(
      name, opset: version, attributes: attributes, inputs.map { try $0?.tensor() }, outputs: outputs.count)
    for (index, output) in outputs.enumerated() {
      if let difference = try output.difference(from: results[index]) { return "output \(index): \(difference)" }
    }
    return nil
  }

  /// Whether the results differ, or there are none, without the attribute `name`.
  func depends(on name: String, version: Int) -> Bool {
    var rest = attributes
    rest[name] = nil
    do {
      return try failure(version: version, attributes: rest) != nil
    } catch {
      return true
    }
  }

  /// The attributes that the operator reads, given these.
  func attributesRead(by type: any Operator.Type, version: Int) throws -> Set<String> {
    var reader = AttributeReader(attributes, version: version, outputs: outputs.map { _ in true })
    _ = try type.init(&reader)
    return reader.namesRead
  }

  /// The input that provides the elements of the outputs, if it is not the first.
  static let dataInputs = ["OneHot": 2]

  /// Whether the shape rule accepts elements of `type` in the first input, or in all inputs of the first one's type; after a condition
  /// input, in the others.
  func takes(_ type: ElementType, version: Int) throws -> Bool {
    let conditional = inputs[0]?.type == .bool && inputs.contains { $0?.type == .float32 }
    let alike = inputs.indices.filter { (inputs[$0]?.type == inputs[0]?.type) != conditional }
    let data = Self.dataInputs[name].map { [[$0]] } ?? (conditional ? [alike] : [[0], alike])
    return try data.contains { places in
      let types = inputs.enumerated().map { index, numbers in
        numbers.map { TensorType(places.contains(index) ? type : $0.type, Shape($0.shape)) }
      }
      let code = try errorCode {
        _ = try infer(name, opset: version, attributes: attributes, types, outputs: outputs.count)
      }
      return code == nil
    }
  }
}
