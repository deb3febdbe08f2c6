/// How an operator behaves when float32 replaces float16 and bfloat16 in its inputs, provided that
/// its shape rule accepts float32.
public enum Widening: Sendable, Hashable {
  /// Differently than with the narrow type, or unknown: it must keep the type that the model
  /// declares.
  case none
  /// The same function, except for the rounding of the results.
  case sameFunction
  /// A conversion of the first input to the type of the output. It rounds if that type is narrow.
  case conversion
}
