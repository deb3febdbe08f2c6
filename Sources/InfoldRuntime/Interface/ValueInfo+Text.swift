import InfoldGraph
import InfoldSystem
import InfoldTensor

extension ValueInfo {
  /// The name with the type, for messages.
  package var nameAndType: String { String(quoting: name) + (type.map { " (\($0))" } ?? "") }
}

extension [ValueInfo] {
  /// A list of a model's inputs, for messages.
  package var listed: String {
    isEmpty ? "the model has no inputs" : "the model's inputs are " + map(\.nameAndType).joined(separator: ", ")
  }
}
