/// How much a graph trusts the types and shapes that the model declares for constants and for node
/// outputs. Declarations of graph inputs are always binding.
public enum DeclaredShapes: String, Sendable, Hashable, CaseIterable {
  /// Inferred types take precedence. A declaration that contradicts them becomes a `ModelWarning`,
  /// and a symbol that would have two sizes is split in two.
  case advisory
  /// Declarations must be correct. A contradiction is an error.
  case binding
}
