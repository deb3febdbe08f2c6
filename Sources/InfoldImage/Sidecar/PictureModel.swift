import InfoldGraph
import InfoldOperators
import InfoldRuntime
import InfoldSystem
import InfoldTensor

/// What a model says itself of the pictures that it takes, and of what it makes of them.
package struct PictureModel: Sendable {
  /// Its inputs.
  package let inputs: [ValueInfo]
  /// Its outputs.
  package let outputs: [ValueInfo]
  /// Whether the output holds probabilities; `nil` where that is not known.
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

  /// Probabilities come from an operator that gives such, which nodes may follow that keep the numbers.
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

  /// The input that a picture can be: the only one that must be given.
  package var input: ValueInfo? {
    let required = inputs.filter { !$0.hasDefault }
    return required.count == 1 ? required[0] : nil
  }

  /// The order of the dimensions of an input, where the place of the three channels tells it.
  package func layout(of input: ValueInfo) -> Preprocessing.Layout? {
    guard let shape = input.type?.shape, shape.rank == 4 else { return nil }
    let (first, last) = (shape[1].size == Picture.channels, shape[3].size == Picture.channels)
    return first == last ? nil : first ? .nchw : .nhwc
  }

  /// Height and width of an input, where the model fixes them.
  package func size(of input: ValueInfo, _ layout: Preprocessing.Layout) -> [Int]? {
    guard let shape = input.type?.shape, shape.rank == 4 else { return nil }
    let sides = layout == .nchw ? [shape[2], shape[3]] : [shape[1], shape[2]]
    let known = sides.compactMap(\.size)
    return known.count == 2 ? known : nil
  }

  /// The number of classes, where the model says it.
  package var classCount: Int? {
    guard outputs.count == 1, let last = outputs[0].type?.shape?.last?.size, last > 1 else { return nil }
    return last
  }

  /// Fills in what the model says itself.
  package func complete(_ fields: inout PreprocessingFields) {
    fields.input = fields.input ?? input?.name
    if let input = inputs.first(where: { $0.name == fields.input }) {
      fields.layout = fields.layout ?? layout(of: input)
      fields.size = fields.size ?? size(of: input, fields.layout ?? .nchw)
    }
    if outputs.count == 1 { fields.output = fields.output ?? outputs[0].name }
    if fields.output == outputs.first?.name { fields.scores = fields.scores ?? scores }
  }

  /// Fills in what the model says of a picture, which must be its only input.
  /// - Parameter sizeHint: How to say the height and width that the model leaves open.
  /// - Throws: `InfoldError` with `.invalidArgument` for a model that takes no pictures, and for one of which too little is known.
  package func completePicture(_ fields: inout PreprocessingFields, sizeHint: String) throws(InfoldError) {
    guard let input else {
      throw InfoldError(
        .invalidArgument, "a picture can be the only input of a model, and this one needs several or none",
        hint: inputs.listed)
    }
    guard input.type?.shape.map({ $0.rank == 4 }) != false else {
      throw InfoldError(.invalidArgument, "the input \(input.nameAndType) has not the four dimensions of a picture")
    }
    complete(&fields)
    guard fields.size != nil else {
      throw InfoldError(
        .invalidArgument, "the model leaves open the height and width of the input \(input.nameAndType)",
        hint: sizeHint)
    }
  }

  /// What contradicts the model.
  package func problems(_ preprocessing: Preprocessing) -> [InfoldError] {
    var problems: [InfoldError] = []
    if let input = inputs.first(where: { $0.name == preprocessing.input }) {
      if let type = input.type, type.elementType != .float32 {
        problems.append(
          InfoldError(
            .unsupported,
            "the input \(input.nameAndType) takes no pictures, which become float32"))
      } else if let shape = input.type?.shape, !shape.admits(preprocessing.inputShape) {
        problems.append(
          InfoldError(
            .invalidArgument,
            "\"size\" and \"layout\" make a picture \(Shape(preprocessing.inputShape)), and the input "
              + "\(String(quoting: input.name)) takes \(shape)"))
      }
    } else {
      problems.append(
        InfoldError(
          .invalidArgument, "the model does not have the input \(String(quoting: preprocessing.input))",
          hint: inputs.listed))
    }
    let names = outputs.map(\.name)
    if let output = preprocessing.output {
      if !names.isEmpty, !names.contains(output) {
        problems.append(
          InfoldError(
            .invalidArgument, "the model does not have the output \(String(quoting: output))",
            hint: "its outputs are " + names.map { String(quoting: $0) }.joined(separator: ", ")))
      }
    } else if names.count > 1 {
      problems.append(
        InfoldError(
          .malformedData, "\"output\" is missing: the model has \(counted(names.count, "output"))",
          hint: "they are " + names.map { String(quoting: $0) }.joined(separator: ", ")))
    }
    return problems
  }
}
