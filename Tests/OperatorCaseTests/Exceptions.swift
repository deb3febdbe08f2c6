/// The cases of operators that Infold has, and that it does not pass, each with the reason.
enum Exceptions {
  static let reasons: [String: String] = {
    let random = "the training form of Dropout needs NumPy's random generator to give the recorded numbers"
    return [
      "test_identity_opt": "its value is an optional, not a tensor",
      "test_identity_sequence": "its value is a sequence, not a tensor",
      "test_training_dropout": random,
      "test_training_dropout_default": random,
      "test_training_dropout_default_mask": random,
      "test_training_dropout_mask": random,
    ]
  }()

  /// Whether a case is unsupported only because Infold does not have one of its operators.
  static func isMissingOperator(_ reason: String) -> Bool {
    reason.contains("the model cannot be run: the operator ")
  }
}
