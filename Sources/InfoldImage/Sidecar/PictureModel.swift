import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// The properties of its pictures and scores that a model determines.
package struct PictureModel: Sendable {
  /// The inputs of the model.
  package let inputs: [ValueInfo]
  /// The outputs of the model.
  package let outputs: [ValueInfo]
  /// Whether the output contains probabilities, or `nil` if unknown.
  private let scores: Preprocessing.Scores?

  package init(inputs: [ValueInfo]) {
    self.inputs = inputs
    outputs = []
    scores = nil
  }

  package init(_ graph: Graph) {
    inputs = graph.inputs.map(graph.info)
    outputs = graph.outputs.map(graph.info)
    scores = outputs.count == 1 ? Self.scores(graph) : nil
  }

  /// The output contains probabilities if an operator such as Softmax computes it, possibly
  /// followed by nodes that keep all elements.
  private static func scores(_ graph: Graph) -> Preprocessing.Scores {
    var value: ValueID? = graph.outputs.first
    for _ in 0..<8 {
      guard let id = value.flatMap(graph.index.producer) else { break }
      guard let operation = graph[id].typed.map({ type(of: $0) }) else { break }
      if operation.returnsProbabilities { return .probabilities }
      guard operation.keepsElements else { break }
      value = graph[id].inputs.first ?? nil
    }
    return .logits
  }

  /// The input for pictures: the only required one.
  package var input: ValueInfo? {
    let required = inputs.filter { !$0.hasDefault }
    return required.count == 1 ? required[0] : nil
  }

  /// The layout of an input, if the position of the three channels determines it.
  package func layout(of input: ValueInfo) -> Preprocessing.Layout? {
    guard let shape = input.type?.shape, shape.rank == 4 else { return nil }
    let (first, last) = (shape[1].size == Picture.channels, shape[3].size == Picture.channels)
    return first == last ? nil : first ? .nchw : .nhwc
  }

  /// The height and width of an input, if the model fixes them.
  package func size(of input: ValueInfo, _ layout: Preprocessing.Layout) -> [Int]? {
    guard let shape = input.type?.shape, shape.rank == 4 else { return nil }
    let sides = layout == .nchw ? [shape[2], shape[3]] : [shape[1], shape[2]]
    let known = sides.compactMap(\.size)
    return known.count == 2 ? known : nil
  }

  /// The number of classes, if the model fixes it.
  package var classCount: Int? {
    guard outputs.count == 1, let last = outputs[0].type?.shape?.last?.size, last > 1 else { return nil }
    return last
  }

  /// Fills in missing fields from the model.
  package func complete(_ fields: inout PreprocessingFields) {
    fields.input = fields.input ?? input?.name
    if let input = inputs.first(where: { $0.name == fields.input }) {
      fields.layout = fields.layout ?? layout(of: input)
      fields.size = fields.size ?? size(of: input, fields.layout ?? .nchw)
    }
    if outputs.count == 1 { fields.output = fields.output ?? outputs[0].name }
    if fields.output == outputs.first?.name { fields.scores = fields.scores ?? scores }
  }

  /// Fills in missing fields from the model, whose only required input must be a picture.
  /// - Parameter sizeHint: The hint of the error if height and width are dynamic.
  /// - Throws: `InfoldError` with `.invalidArgument` if the model takes no pictures, or if its size
  ///   is unknown.
  package func completePicture(_ fields: inout PreprocessingFields, sizeHint: String) throws(InfoldError) {
    guard let input else {
      throw InfoldError(
        .invalidArgument, "a picture must be the only required input, but the model needs several or none",
        hint: inputs.listed)
    }
    guard input.type?.shape.map({ $0.rank == 4 }) != false else {
      throw InfoldError(
        .invalidArgument, "the input \(input.nameAndType) does not have the four dimensions of a picture")
    }
    complete(&fields)
    guard fields.size != nil else {
      throw InfoldError(
        .invalidArgument, "height and width are dynamic dimensions of the input \(input.nameAndType)",
        hint: sizeHint)
    }
  }

  /// Contradictions between `preprocessing` and the model.
  package func problems(_ preprocessing: Preprocessing) -> [InfoldError] {
    var problems: [InfoldError] = []
    if let input = inputs.first(where: { $0.name == preprocessing.input }) {
      if let type = input.type, type.elementType != .float32 {
        problems.append(
          InfoldError(
            .unsupported,
            "the input \(input.nameAndType) does not accept pictures, which are converted to float32"))
      } else if let shape = input.type?.shape, !shape.admits(preprocessing.inputShape) {
        problems.append(
          InfoldError(
            .invalidArgument,
            "shape mismatch: \"size\" and \"layout\" give \(Shape(preprocessing.inputShape)), but the input "
              + "\(String(quoting: input.name)) has the shape \(shape)"))
      }
    } else {
      problems.append(
        InfoldError(
          .invalidArgument, "\(String(quoting: preprocessing.input)) is not a graph input",
          hint: inputs.listed))
    }
    let names = outputs.map(\.name)
    if let output = preprocessing.output {
      if !names.isEmpty, !names.contains(output) {
        problems.append(
          InfoldError(
            .invalidArgument, "\(String(quoting: output)) is not a graph output",
            hint: "the outputs are " + names.map { String(quoting: $0) }.joined(separator: ", ")))
      }
    } else if names.count > 1 {
      problems.append(
        InfoldError(
          .malformedData, "\"output\" is missing: the model has \(counted(names.count, "output"))",
          hint: "the outputs are " + names.map { String(quoting: $0) }.joined(separator: ", ")))
    }
    return problems
  }
}
