import InfoldGraph
import InfoldSystem

/// The activation of a fused operator: an ONNX operator with attributes.
struct FusedActivation: Sendable {
  private let opType: String
  private let attributes: AttributeList
  /// The bounds of Clip.
  private let bounds: [Float]

  /// Creates an activation from positional parameters, all of which are required.
  /// - Throws: `InfoldError.Code.unsupported` for other activations; `.invalidModel` for a wrong
  ///   number of parameters.
  init(_ name: String, parameters: [Float]) throws(InfoldError) {
    let known: [String: [String]] = [
      Relu.name: [], Tanh.name: [], Sigmoid.name: [], HardSwish.name: [], LeakyRelu.name: ["alpha"],
      HardSigmoid.name: ["alpha", "beta"], Clip.name: ["min", "max"],
    ]
    guard let names = known[name] else {
      throw InfoldError(.unsupported, "unsupported activation \(String(quoting: name))")
    }
    guard names.count == parameters.count else {
      throw InfoldError(
        .invalidModel, "\(name) takes \(counted(names.count, "parameter")); the node has \(parameters.count)")
    }
    opType = name
    bounds = name == Clip.name ? parameters : []
    var attributes: AttributeList = [:]
    if bounds.isEmpty {
      for (name, number) in zip(names, parameters) { attributes[name] = .float(number) }
    }
    self.attributes = attributes
  }

  /// Creates an activation from named attributes, all of which are optional.
  /// - Throws: `InfoldError.Code.unsupported` for other activations.
  init(_ name: String, attributes: AttributeList) throws(InfoldError) {
    let known = [
      Relu.name, Tanh.name, Sigmoid.name, LeakyRelu.name, HardSigmoid.name, Elu.name, Selu.name, Softplus.name,
      Softsign.name, ThresholdedRelu.name,
    ]
    guard known.contains(name) else {
      throw InfoldError(.unsupported, "unsupported activation \(String(quoting: name))")
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
