import InfoldSystem
import InfoldTensor

/// The operators that nodes may use: ONNX's own, and those that an app adds.
///
/// For example, an app passes `.standard.adding(BlurPool.self)` to `Model(path:operators:)`. Nodes
/// with the domain and name of `BlurPool` then use that operator. A model-local function with the
/// same domain and name takes precedence.
public struct OperatorRegistry: Sendable {
  /// The newest ONNX opset that `standard` supports.
  public static let newestOpset = 28

  private var operators: [String: [String: any Operator.Type]] = [:]
  /// A function that returns a hint about an operator missing from the registry, or `nil`.
  package var advice: @Sendable (_ domain: String, _ name: String) -> String? = { _, _ in nil }

  /// Creates a registry of these operators.
  public init(_ operators: [any Operator.Type]) {
    for type in operators { register(type) }
  }

  /// Creates a registry of these operators, with hints about others.
  package init(
    _ operators: [any Operator.Type], advice: @escaping @Sendable (_ domain: String, _ name: String) -> String?
  ) {
    self.init(operators)
    self.advice = advice
  }

  /// Adds an operator. It replaces one with the same domain and name, even if that is ONNX's own.
  /// - Precondition: It has a name and at least one version; versions are at least 1 and ascending.
  public mutating func register(_ type: any Operator.Type) {
    precondition(!type.name.isEmpty, "the operator \(type) has no name")
    precondition(
      !type.versions.isEmpty && zip([0] + type.versions, type.versions).allSatisfy(<),
      "the versions of \(type) are \(type.versions) but must be at least 1 and ascending")
    operators[normalizedDomain(type.domain), default: [:]][type.name] = type
  }

  /// Returns a copy of the registry with additional operators.
  /// - Precondition: As for `register(_:)`.
  public func adding(_ types: any Operator.Type...) -> OperatorRegistry {
    var registry = self
    for type in types { registry.register(type) }
    return registry
  }

  /// All operators, sorted by domain and name.
  public var all: [any Operator.Type] {
    operators.sorted { $0.key < $1.key }.flatMap { $0.value.sorted { $0.key < $1.key }.map(\.value) }
  }

  /// Finds the operator of a node and reads its attributes.
  /// - Parameters:
  ///   - inputs: Whether each input is present.
  ///   - outputs: Whether each output is present.
  /// - Returns: The kind of the node, which is opaque if the operator is not supported.
  /// - Throws: `InfoldError.Code.invalidModel` if the node violates the operator's definition.
  func resolve(
    _ opType: String, domain: String, opsetVersion: Int, attributes: AttributeList, inputs: [Bool], outputs: [Bool]
  ) throws(InfoldError) -> Node.Kind {
    let domain = normalizedDomain(domain)
    if domain.isEmpty, opsetVersion > Self.newestOpset {
      return .opaque(
        reason: InfoldError(
          .unsupported, "unsupported opset \(opsetVersion); the newest supported opset is \(Self.newestOpset)"))
    }
    guard let type = operators[domain]?[opType] else {
      let name = domain.isEmpty ? opType : domain + "." + opType
      return .opaque(
        reason: InfoldError(
          .unsupported, "unsupported operator \(String(printable: name))", hint: advice(domain, opType)))
    }
    if let deprecation = type.deprecation, opsetVersion >= deprecation.opset {
      return .opaque(
        reason: InfoldError(
          .unsupported, "deprecated operator: \(opType) was removed in opset \(deprecation.opset)",
          hint: "export the model with \(deprecation.successor)"))
    }
    guard let version = type.versions.last(where: { $0 <= opsetVersion }) else {
      throw InfoldError(
        .invalidModel,
        "the operator requires opset \(type.versions[0]) or later; the model imports opset \(opsetVersion)")
    }
    let arity = type.arity(since: version)
    try check(inputs, against: arity.inputs, "input")
    try check(outputs, against: arity.outputs, "output")
    var reader = AttributeReader(attributes, version: version, outputs: outputs)
    do {
      let node = try type.init(&reader)
      try reader.finish()
      return .typed(node)
    } catch  where error.code == .unsupported {
      return .opaque(reason: error)
    }
  }

  private func check(_ present: [Bool], against range: ClosedRange<Int>, _ what: String) throws(InfoldError) {
    guard range.contains(present.count), !present.prefix(range.lowerBound).contains(false) else {
      let given = present.filter { $0 }.count
      let wanted =
        if range.upperBound == Arity.any {
          "at least " + counted(range.lowerBound, what)
        } else if range.count == 1 {
          counted(range.lowerBound, what)
        } else {
          "\(range.lowerBound) to \(range.upperBound) \(what)s"
        }
      throw InfoldError(.invalidModel, "the operator takes \(wanted); the node has \(given)")
    }
  }
}
