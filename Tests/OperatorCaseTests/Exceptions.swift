/// The cases of operators that Infold has, and that it does not pass, each with the reason.
enum Exceptions {
  private static let reasons: [String: String] = {
    let random = "the training form of Dropout needs NumPy's random generator to give the recorded numbers"
    let strings = "it casts strings, and Infold holds numbers"
    let truncated = "its bfloat16 numbers were cut off, and the standard rounds them to nearest"
    let condition = "its condition is an input, and Infold runs an If whose condition is known ahead"
    return [
      "test_cast_FLOAT_to_BFLOAT16": truncated,
      "test_cast_FLOAT_to_STRING": strings,
      "test_cast_STRING_to_FLOAT": strings,
      "test_castlike_FLOAT_to_BFLOAT16_expanded": truncated,
      "test_castlike_FLOAT_to_STRING_expanded": strings,
      "test_castlike_STRING_to_FLOAT_expanded": strings,
      "test_identity_opt": "its value is an optional, not a tensor",
      "test_identity_sequence": "its value is a sequence, not a tensor",
      "test_if": condition,
      "test_if_opt": condition,
      "test_if_seq": condition,
      "test_training_dropout": random,
      "test_training_dropout_default": random,
      "test_training_dropout_default_mask": random,
      "test_training_dropout_mask": random,
    ]
  }()

  /// The cases that fail in a session only.
  private static let reasonsInSession = [
    "test_castlike_BFLOAT16_to_FLOAT_expanded": "its file holds one element for an input that is declared as [3, 4]"
  ]

  /// Why a case is excepted; `nil` when it must pass.
  static func reason(_ name: String, _ configuration: Configuration) -> String? {
    reasons[name] ?? (configuration == .inDouble ? nil : reasonsInSession[name])
  }

  /// Whether a case is unsupported only because Infold does not have one of its operators.
  static func isMissingOperator(_ reason: String) -> Bool {
    reason.contains("the model cannot be run: the operator ")
  }
}
