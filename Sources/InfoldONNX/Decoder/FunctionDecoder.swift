import COnnx
import InfoldGraph
import InfoldSystem

/// Decodes the body of a model-local function for one call. References to attributes are replaced
/// by their values.
struct FunctionDecoder {
  /// The maximum depth of nested calls.
  static let maximumDepth = 64

  /// The context of the calling node.
  let context: DecodingContext

  /// Returns the body for a call with `attributes`.
  /// - Throws: `InfoldError` with `.invalidModel` if the function violates the standard, is
  ///   recursive, or is called with unknown attributes; `.limitExceeded`.
  func body(of function: ModelFunctions.Function, _ attributes: AttributeList) throws(InfoldError) -> Graph {
    let message = function.message.pointee
    guard !calls(function.name) else {
      throw InfoldError(.invalidModel, "recursive function: \(String(quoting: function.name.name)) calls itself")
    }
    let depth = (context.call?.depth ?? 0) + 1
    guard depth <= Self.maximumDepth else {
      throw InfoldError(.limitExceeded, "function calls are nested more than \(Self.maximumDepth) deep")
    }
    try context.functions.budget.charge(function)
    return try describing("the function \(String(quoting: function.name.name))") { () throws(InfoldError) in
      var inner = context
      inner.opsetVersions = try opsetImports(
        messages(message.opset_import, message.n_opset_import), of: "function"
      ).versions
      inner.call = FunctionCall(name: function.name, attributes: [:], caller: context.call)
      inner.call = FunctionCall(
        name: function.name, attributes: try bindings(message, attributes, inner), caller: context.call)
      return try GraphDecoder.decode(function: message, inner)
    }
  }

  private func calls(_ name: FunctionName) -> Bool {
    sequence(first: context.call) { $0?.caller }.prefix { $0 != nil }.contains { $0?.name == name }
  }

  /// The value of every attribute of the function, or `nil` for an attribute that the call omits
  /// and that has no default.
  private func bindings(
    _ function: Onnx__FunctionProto, _ given: AttributeList, _ context: DecodingContext
  ) throws(InfoldError) -> [String: Attribute?] {
    var bindings: [String: Attribute?] = [:]
    for name in elements(function.attribute, function.n_attribute).map(\.text) {
      bindings.updateValue(given[name], forKey: name)
    }
    let defaults = try AttributeDecoder(context: context).decode(
      messages(function.attribute_proto, function.n_attribute_proto))
    for entry in defaults.entries { bindings.updateValue(given[entry.name] ?? entry.value, forKey: entry.name) }
    for entry in given.entries {
      guard bindings[entry.name] != nil else {
        throw InfoldError(.invalidModel, "has no attribute \(String(quoting: entry.name))")
      }
      guard ([entry.name: entry.value] as AttributeList).capturedNames.isEmpty else {
        throw InfoldError(
          .unsupported,
          "the attribute \(String(quoting: entry.name)) is a graph that captures values from outside the function")
      }
    }
    return bindings
  }
}

/// The call of a function whose body is being decoded.
final class FunctionCall {
  let name: FunctionName
  /// The enclosing call, or `nil` for a call in the model's graph.
  let caller: FunctionCall?
  private let attributes: [String: Attribute?]

  init(name: FunctionName, attributes: [String: Attribute?], caller: FunctionCall?) {
    self.name = name
    self.attributes = attributes
    self.caller = caller
  }

  /// The nesting depth of calls, including this one.
  var depth: Int { (caller?.depth ?? 0) + 1 }

  /// The attribute with this name, or `nil` if the call omits it.
  /// - Throws: `InfoldError` with `.invalidModel` if the function has no such attribute.
  func attribute(_ name: String) throws(InfoldError) -> Attribute? {
    guard let attribute = attributes[name] else {
      throw InfoldError(.invalidModel, "the function has no attribute \(String(quoting: name))")
    }
    return attribute
  }
}

extension GraphDecoder {
  /// Decodes the body of a function.
  /// - Throws: `InfoldError`, with the node if there is one.
  fileprivate static func decode(
    function: Onnx__FunctionProto, _ context: DecodingContext
  ) throws(InfoldError) -> Graph {
    var decoder = GraphDecoder(name: function.name.text, context, isSubgraph: false)
    var inputs: [ValueID] = []
    var seen: Set<ValueID> = []
    for name in elements(function.input, function.n_input).map(\.text) {
      let id = decoder.value(named: name)
      guard !name.isEmpty, seen.insert(id).inserted else {
        throw InfoldError(.invalidModel, "the input \(String(quoting: name)) is unnamed or has a duplicate name")
      }
      inputs.append(id)
    }
    decoder.graph.inputs = inputs
    try decoder.decodeNodes(messages(function.node, function.n_node))
    decoder.graph.outputs = elements(function.output, function.n_output).map { decoder.value(named: $0.text) }
    try decoder.graph.sort()
    return decoder.graph
  }
}
