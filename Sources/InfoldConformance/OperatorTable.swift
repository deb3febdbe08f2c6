import InfoldGraph
import InfoldOperators

/// A table of the operators in a registry, with their versions, element types, and results of the
/// test cases that use them.
public struct OperatorTable: Sendable, Hashable {
  /// The results of the test cases that use an operator.
  public struct Tally: Sendable, Hashable {
    /// The number of cases that pass.
    public var passed = 0
    /// The number of passing cases in which kernels compute all nodes with the operator that remain
    /// after graph passes.
    public var byKernels = 0
    /// The number of cases that fail.
    public var failed = 0
    /// The number of cases that may fail for a known reason.
    public var excepted = 0

    /// Creates an empty tally.
    public init() {}
  }

  /// A row of the table.
  public struct Row: Sendable, Hashable {
    /// The name, prefixed with the domain and a period if the domain is not ONNX's own.
    public let name: String
    /// The family of the operator.
    public let family: OperatorFamily
    /// The opset versions that changed the operator, ascending.
    public let versions: [Int]
    /// The deprecation of the operator, or `nil`.
    public let deprecation: Deprecation?
    /// The element types of its data in the newest version.
    public let elementTypes: ElementTypeSet
    /// The cases that use the operator, or `nil` if none were counted.
    public let cases: Tally?
  }

  /// The rows, sorted by domain and name.
  public let rows: [Row]

  /// Creates a table of the operators in `registry`.
  /// - Parameter cases: The results of the cases that use an operator, by name as in `Row.name`, or
  ///   `nil` for a table without cases.
  public init(_ registry: OperatorRegistry = .standard, cases: [String: Tally]? = nil) {
    rows = registry.all.map { type in
      let name = type.domain.isEmpty ? type.name : type.domain + "." + type.name
      return Row(
        name: name, family: type.family, versions: type.versions, deprecation: type.deprecation,
        elementTypes: type.elementTypes(since: type.versions.last!), cases: cases.map { $0[name] ?? Tally() })
    }
  }

  /// The table in Markdown.
  public var markdown: String {
    let hasCases = rows.contains { $0.cases != nil }
    let head =
      ["operator", "opset versions", "element types"]
      + (hasCases ? ["passed", "by kernels", "failed", "excepted", "family"] : [])
    let alignment = ["---", "---", "---"] + (hasCases ? ["--:", "--:", "--:", "--:", "---"] : [])
    return ([head, alignment] + rows.map(\.cells)).map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
  }
}

extension OperatorTable.Row {
  /// The versions and the deprecation, as text.
  public var versionText: String {
    let versions = versions.map(String.init).joined(separator: ", ")
    return deprecation.map { "\(versions); withdrawn with \($0.opset) for \($0.successor)" } ?? versions
  }

  /// The element types as text. `floats`, `numbers` and `all` stand for the sets of
  /// `ElementTypeSet`.
  public var elementTypeText: String {
    switch elementTypes {
    case .all: return "all"
    case .numeric: return "numbers"
    default:
      let floats = ElementTypeSet.floatingPoint
      guard floats.types.allSatisfy(elementTypes.contains) else { return elementTypes.description }
      let others = elementTypes.types.filter { !floats.contains($0) }
      return (["floats"] + others.map { "\($0)" }).joined(separator: ", ")
    }
  }

  fileprivate var cells: [String] {
    let others =
      cases.map { [$0.passed, $0.byKernels, $0.failed, $0.excepted].map(String.init) + [family.rawValue] } ?? []
    return [name, versionText, elementTypeText] + others
  }
}
