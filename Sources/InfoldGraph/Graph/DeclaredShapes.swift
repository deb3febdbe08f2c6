/// What the types and shapes count for that a model declares of what its nodes make, and of its constants. What is declared of inputs
/// binds in either case.
public enum DeclaredShapes: String, Sendable, Hashable, CaseIterable {
  /// The operators count. What is declared otherwise is a `ModelWarning`, and a symbol that stands for two sizes is taken as two.
  case advisory
  /// What is declared must be true; what contradicts it is an error.
  case binding
}
