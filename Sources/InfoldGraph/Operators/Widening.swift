/// What an operator does where numbers of float16 and bfloat16 are kept in float32: where it is given float32 in the place of both, and
/// its shape rule accepts that.
public enum Widening: Sendable, Hashable {
  /// Something else than with the narrow type, or it is not known: it is to have the type that the model gives it.
  case none
  /// What it does with the narrow type, but for the rounding of the results.
  case sameFunction
  /// It converts the elements of its first input to the type of its output, and so rounds them where that is a narrow one.
  case conversion
}
