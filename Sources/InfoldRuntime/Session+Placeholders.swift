import InfoldSystem
import InfoldTensor

extension Session {
  /// Returns zeros for the inputs. They count toward the session's memory limit. All names are
  /// checked before anything is allocated.
  ///
  /// - Parameter shapes: The shape of each input by name. Inputs with a fixed shape or a default
  ///   value may be omitted.
  /// - Throws: `InfoldError.Code.invalidArgument` if a name is not a graph input, a shape is
  ///   missing, or the model does not declare the element type of an input;
  ///   `InfoldError.Code.limitExceeded` if the zeros need too much memory.
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
          .invalidArgument, "missing shape: the input \(String(quoting: input.name)) has dynamic dimensions",
          hint: input.type.map { "the model expects \($0)" })
      }
      guard let type = input.type else {
        throw InfoldError(
          .invalidArgument, "the model does not declare the element type of the input \(String(quoting: input.name))",
          hint: "pass tensors instead of shapes")
      }
      tensors[input.name] = try Tensor(zeros: sizes, of: type.elementType)
    }
    return tensors
  }
}
