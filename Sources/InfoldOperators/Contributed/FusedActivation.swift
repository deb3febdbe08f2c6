import InfoldGraph
import InfoldSystem

/// The activation that a fused operator names: an operator of ONNX with attributes.
struct FusedActivation: Sendable {
  private let opType: String
  private let attributes: AttributeList
  /// The bounds of Clip.
  private let bounds: [Float]

  /// An activation with the names of its attributes, of which as many must be given.
  /// - Throws: `InfoldError` with `.unsupported` for another activation, `.invalidModel` for other numbers of attributes.
  init(_ name: String, parameters: [Float]) throws(InfoldError) {
    let known: [String: [String]] = [
      Relu.name: [], Tanh.name: [], Sigmoid.name: [], HardSwish.name: [], LeakyRelu.name: ["alpha"],
      HardSigmoid.name: ["alpha", "beta"], Clip.name: ["min", "max"],
    ]
    guard let names = known[name] else {
      throw InfoldError(.unsupported, "the activation \(String(quoting: name)) is not supported")
    }
    guard names.count == parameters.count else {
      throw InfoldError(
        .invalidModel, "\(name) takes \(counted(names.count, "parameter")); \(parameters.count) are given")
    }
    opType = name
    bounds = name == Clip.name ? parameters : []
    var attributes: AttributeList = [:]
    if bounds.isEmpty {
      for (name, number) in zip(names, parameters) { attributes[name] = .float(number) }
    }
    self.attributes = attributes
  }

  /// An activation with attributes of its own, as many as are given.
  /// - Throws: `InfoldError` with `.unsupported` for another activation.
  init(_ name: String, attributes: AttributeList) throws(InfoldError) {
    let known = [
      Relu.name, Tanh.name, Sigmoid.name, LeakyRelu.name, HardSigmoid.name, Elu.name, Selu.name, Softplus.name,
      Softsign.name, ThresholdedRelu.name,
    ]
    guard known.contains(name) else {
      throw InfoldError(.unsupported, "the activation \(String(quoting: name)) is not supported")
    }
    opType = name
    bounds = []
    self.attributes = attributes
  }

  /// Adds the activation of a value.
  func apply(to id: ValueID, _ network: inout Composition) throws(InfoldError) -> ValueID {
    var inputs = [id]
    for bound in bounds { inputs.append(try network.number(Double(bound), like: id)) }
    return try network.add(opType, inputs, attributes)
  }
}
