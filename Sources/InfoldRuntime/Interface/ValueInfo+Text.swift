import InfoldGraph
import InfoldSystem
import InfoldTensor

extension ValueInfo {
  /// The name with the type, for messages.
  package var nameAndType: String { String(quoting: name) + (type.map { " (\($0))" } ?? "") }
}

extension [ValueInfo] {
  /// What a message says of a model's inputs.
  package var listed: String {
    isEmpty ? "the model has no inputs" : "its inputs are " + map(\.nameAndType).joined(separator: ", ")
  }
}
