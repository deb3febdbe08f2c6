import InfoldGraph
import InfoldOperators

/// The operators of a registry, as a table: versions, element types, and what became of cases that use them.
public struct OperatorTable: Sendable, Hashable {
  /// The cases that use an operator.
  public struct Tally: Sendable, Hashable {
    /// Those that pass.
    public var passed = 0
    /// Those that pass in which kernels compute the operator wherever it is left when graph passes are through.
    public var byKernels = 0
    /// Those that fail.
    public var failed = 0
    /// Those that need not pass, for a reason that is known.
    public var excepted = 0

    /// No cases.
    public init() {}
  }

  /// An operator.
  public struct Row: Sendable, Hashable {
    /// The name, behind the domain and a point where it is not ONNX's own.
    public let name: String
    /// What it does.
    public let family: OperatorFamily
    /// The opset versions that changed it, ascending.
    public let versions: [Int]
    /// The opset that withdrew it.
    public let deprecation: Deprecation?
    /// The element types of its data in the newest version.
    public let elementTypes: ElementTypeSet
    /// The cases that use it; `nil` where none were counted.
    public let cases: Tally?
  }

  /// The operators, by domain and name.
  public let rows: [Row]

  /// The operators of `registry`.
  /// - Parameter cases: The cases that use an operator, by its name as in `Row.name`; `nil` for a table without cases.
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
  /// The versions, and what ended them, as text.
  public var versionText: String {
    let versions = versions.map(String.init).joined(separator: ", ")
    return deprecation.map { "\(versions); withdrawn with \($0.opset) for \($0.successor)" } ?? versions
  }

  /// The element types as text, `floats`, `numbers` and `all` standing for the sets of `ElementTypeSet`.
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
