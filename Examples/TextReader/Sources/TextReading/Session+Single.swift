import Infold

extension Session {
  /// Runs a model that has one input and one output.
  func run(_ input: Tensor) throws(InfoldError) -> Tensor {
    guard inputs.count == 1, outputs.count == 1 else {
      throw InfoldError(
        .unsupported, "the model has \(inputs.count) inputs and \(outputs.count) outputs, and not one each")
    }
    return try run([inputs[0].name: input])[outputs[0].name]!
  }
}
