/// What the shapes count for that a model declares of what its nodes make. Declared sizes of inputs, and all element types, bind in
/// either case.
public enum DeclaredShapes: String, Sendable, Hashable, CaseIterable {
  /// The operators count. What is declared otherwise is a `ModelWarning`, and a symbol that stands for two sizes is taken as two.
  case advisory
  /// What is declared must be true; what contradicts it is an error.
  case binding
}
