import InfoldSystem
import InfoldTensor

/// The operators that nodes may mean: ONNX's own, and those that an app brings.
///
/// An app passes `.standard.adding(BlurPool.self)` to `Model(path:operators:)`, and nodes with the domain and name of
/// `BlurPool` mean it. A function that the model itself defines under that domain and name comes first.
public struct OperatorRegistry: Sendable {
  /// The newest version of ONNX's own operator set that `standard` knows.
  public static let newestOpset = 28

  private var operators: [String: [String: any Operator.Type]] = [:]
  /// What can be done about an operator of this domain and name that the registry does not have; `nil` where nothing is known.
  package var advice: @Sendable (_ domain: String, _ name: String) -> String? = { _, _ in nil }

  /// A registry of these operators.
  public init(_ operators: [any Operator.Type]) {
    for type in operators { register(type) }
  }

  /// A registry of these operators, and of advice on others.
  package init(
    _ operators: [any Operator.Type], advice: @escaping @Sendable (_ domain: String, _ name: String) -> String?
  ) {
    self.init(operators)
    self.advice = advice
  }

  /// Adds an operator; one of the same domain and name is replaced, also one of ONNX's own.
  /// - Precondition: It has a name, and at least one version; versions are at least 1 and ascend.
  public mutating func register(_ type: any Operator.Type) {
    precondition(!type.name.isEmpty, "\(type) has no name")
    precondition(
      !type.versions.isEmpty && zip([0] + type.versions, type.versions).allSatisfy(<),
      "the versions of \(type) are \(type.versions); they must be at least 1 and ascend")
    operators[normalizedDomain(type.domain), default: [:]][type.name] = type
  }

  /// The same registry with these operators besides.
  /// - Precondition: As `register(_:)`.
  public func adding(_ types: any Operator.Type...) -> OperatorRegistry {
    var registry = self
    for type in types { registry.register(type) }
    return registry
  }

  /// Every operator, by domain and name.
  public var all: [any Operator.Type] {
    operators.sorted { $0.key < $1.key }.flatMap { $0.value.sorted { $0.key < $1.key }.map(\.value) }
  }

  /// Finds the operator of a node and reads its attributes.
  /// - Parameters:
  ///   - inputs: For each input, whether it is there.
  ///   - outputs: For each output, whether it is there.
  /// - Returns: An opaque kind for what is not supported.
  /// - Throws: `InfoldError` with `.invalidModel` for a node that breaks the operator's definition.
  func resolve(
    _ opType: String, domain: String, opsetVersion: Int, attributes: AttributeList, inputs: [Bool], outputs: [Bool]
  ) throws(InfoldError) -> Node.Kind {
    let domain = normalizedDomain(domain)
    if domain.isEmpty, opsetVersion > Self.newestOpset {
      return .opaque(
        reason: InfoldError(
          .unsupported, "the model uses opset \(opsetVersion); the newest that Infold knows is \(Self.newestOpset)"))
    }
    guard let type = operators[domain]?[opType] else {
      let name = domain.isEmpty ? opType : domain + "." + opType
      return .opaque(
        reason: InfoldError(
          .unsupported, "the operator \(String(printable: name)) is not supported", hint: advice(domain, opType)))
    }
    if let deprecation = type.deprecation, opsetVersion >= deprecation.opset {
      return .opaque(
        reason: InfoldError(
          .unsupported, "\(opType) was withdrawn with opset \(deprecation.opset)",
          hint: "export the model with \(deprecation.successor)"))
    }
    guard let version = type.versions.last(where: { $0 <= opsetVersion }) else {
      throw InfoldError(
        .invalidModel, "the operator exists since opset \(type.versions[0]); the model imports opset \(opsetVersion)")
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
      throw InfoldError(.invalidModel, "the operator takes \(wanted); \(given) \(given == 1 ? "is" : "are") given")
    }
  }
}
