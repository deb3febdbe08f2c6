import InfoldOperators

/// The cases of supported operators that Infold does not pass, each with the reason.
enum Exceptions {
  private typealias Reasons = [String: String]

  private static let random =
    "the training form of Dropout needs NumPy's random generator to reproduce the recorded numbers"
  private static let strings = "it uses strings, which Infold does not support"
  private static let float8 = "it uses float8, which Infold does not support"
  private static let narrow = "it uses 2-bit numbers or 4-bit floats, which Infold does not support"
  private static let truncated = "its bfloat16 numbers were truncated, but the standard rounds to nearest"

  private static let steps =
    "its numbers were recorded with different half-precision steps, and differ in the last place"

  private static let noise = "its expected zeros contain the rounding errors of a single-precision transform"

  private static let halves = "a quotient halfway between two integers rounds to the other side in float64"

  private static let corners =
    "its corners are aligned to a fractional length, but the standard's text uses the actual length"

  private static let inBothSets =
    cases("test_identity_opt", "its value is an optional, not a tensor")
    + cases("test_identity_sequence", "its value is a sequence, not a tensor")
    + cases("test_if_opt", "its value is an optional, not a tensor")
    + cases("test_if_seq", "its value is a sequence, not a tensor")
    + cases(
      "test_training_dropout test_training_dropout_default test_training_dropout_default_mask test_training_dropout_mask",
      random)
    + cases(
      "test_resize_downsample_scales_cubic_align_corners test_resize_downsample_scales_linear_align_corners", corners)

  private static let reasons: [CaseSet: Reasons] = [
    .debian: table(
      inBothSets
        + cases(
          "test_castlike_BFLOAT16_to_FLOAT test_castlike_BFLOAT16_to_FLOAT_expanded",
          "its file contains one element for an input that is declared as [3, 4]")
        + cases(
          "test_cast_FLOAT_to_BFLOAT16 test_castlike_FLOAT_to_BFLOAT16 test_castlike_FLOAT_to_BFLOAT16_expanded",
          truncated)
        + cases(
          """
          test_cast_FLOAT_to_STRING test_cast_STRING_to_FLOAT
          test_castlike_FLOAT_to_STRING test_castlike_STRING_to_FLOAT
          test_castlike_FLOAT_to_STRING_expanded test_castlike_STRING_to_FLOAT_expanded
          """, strings)),
    .pypi: table(
      inBothSets + cases("test_equal_string test_equal_string_broadcast", strings) + cases(float8Cases, float8)
        + cases(narrowCases, narrow)
        + cases(
          """
          test_attention_3d_causal_bf16 test_attention_3d_causal_bf16_expanded
          test_attention_4d_attn_mask_causal_bf16 test_attention_4d_attn_mask_causal_bf16_expanded
          test_attention_4d_causal_bf16 test_attention_4d_causal_bf16_expanded test_attention_4d_causal_padded_kv_bf16
          test_attention_4d_causal_padded_kv_bf16_expanded test_attention_4d_padded_kv_bf16
          test_attention_4d_padded_kv_bf16_expanded
          """, steps) + cases("test_dft_inverse test_dft_inverse_opset19", noise)),
  ]

  /// The cases that fail only in a session.
  private static let reasonsInSession: [CaseSet: Reasons] = [
    .pypi: table(cases("test_attention_4d_causal_fp16_expanded", steps))
  ]

  /// The cases that fail only in double precision.
  private static let reasonsInDouble: [CaseSet: Reasons] = [
    .debian: table(cases("test_dynamicquantizelinear test_dynamicquantizelinear_expanded", halves)),
    .pypi: table(cases("test_dynamicquantizelinear test_dynamicquantizelinear_expanded", halves)),
  ]

  /// Returns the reason why a case is excepted, or `nil` if it must pass.
  static func reason(_ operatorCase: OperatorCase, _ configuration: Configuration) -> String? {
    let (set, name) = (operatorCase.set, operatorCase.name)
    return reasons[set]?[name] ?? (configuration == .inDouble ? reasonsInDouble : reasonsInSession)[set]?[name]
  }

  /// Returns the names of the cases of a set that are excepted in any configuration.
  static func names(_ set: CaseSet) -> Set<String> {
    Set([reasons, reasonsInSession, reasonsInDouble].flatMap { $0[set]?.keys.map { $0 } ?? [] })
  }

  private static func cases(_ names: String, _ reason: String) -> [(String, String)] {
    names.split(whereSeparator: \.isWhitespace).map { (String($0), reason) }
  }

  private static func table(_ cases: [(String, String)]) -> Reasons {
    Reasons(uniqueKeysWithValues: cases)
  }
}
