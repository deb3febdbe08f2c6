import InfoldSystem
import InfoldTensor

extension Session {
  /// Zeros for the inputs, which count in the session's memory limit. Nothing is allocated for a name that is no input.
  /// - Parameter shapes: The shape of each input by its name; those whose shape the model fixes, or that have a default, may be left
  ///   out.
  /// - Throws: `InfoldError` with `.invalidArgument` for a name that is no input, a shape that is missing, and an input of which the
  ///   model does not say which elements it has; `.limitExceeded`.
  func placeholders(_ shapes: [String: [Int]]) throws(InfoldError) -> [String: Tensor] {
    try interface.inFile { () throws(InfoldError) in
      try interface.requireInputs(shapes.keys)
      return try factory.budget.charging { () throws(InfoldError) in try zeros(shapes) }
    }
  }

  private func zeros(_ shapes: [String: [Int]]) throws(InfoldError) -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for input in inputs where !input.hasDefault || shapes[input.name] != nil {
      guard let sizes = shapes[input.name] ?? input.type?.shape?.sizes else {
        throw InfoldError(
          .invalidArgument, "the shape of the input \(String(quoting: input.name)) is left open, and missing",
          hint: input.type.map { "the model wants \($0)" })
      }
      guard let type = input.type else {
        throw InfoldError(
          .invalidArgument, "the model does not say which elements the input \(String(quoting: input.name)) has",
          hint: "give tensors")
      }
      tensors[input.name] = try Tensor(zeros: sizes, of: type.elementType)
    }
    return tensors
  }
}
